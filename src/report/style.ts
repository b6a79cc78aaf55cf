/** The page's look: system fonts, light and dark by the reader's scheme, from 390 pixels up, and on paper. */
export const style = `
:root{color-scheme:light dark;--surface:#fff;--raised:#f6f8fa;--ink:#1f2328;--quiet:#57606a;--line:#d8dee4;--link:#0b63c4;--good:#1a7f37;--good-tint:#dafbe1;--bad:#b4231f;--bad-tint:#ffebe9;--hit:#0b63c4;--miss:#d1242f;--band:#dcebfb}
@media (prefers-color-scheme:dark){:root{--surface:#0d1117;--raised:#161b22;--ink:#e6edf3;--quiet:#9aa6b2;--line:#2d333b;--link:#6cb2ff;--good:#4ac26b;--good-tint:#0f2d1a;--bad:#ff8a7d;--bad-tint:#3a1513;--hit:#1f6feb;--miss:#d1383d;--band:#14304f}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--surface);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;print-color-adjust:exact;-webkit-print-color-adjust:exact}
main,header,nav,footer{max-width:1080px;margin:0 auto;padding:0 24px}
header{padding-top:48px}
h1,h2,h3,h4{line-height:1.2;margin:0;text-wrap:balance;overflow-wrap:anywhere}
h1{font-size:clamp(1.9rem,5vw,2.9rem);letter-spacing:-.025em}
h2{font-size:1.5rem;letter-spacing:-.015em;margin-bottom:8px}
h3{font-size:1.05rem;margin:24px 0 8px}
h4{font-size:.95rem;margin:16px 0 8px}
p{margin:0 0 12px;max-width:72ch;overflow-wrap:anywhere}
a{color:var(--link)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:4px}
section{padding:36px 0 12px;border-top:1px solid var(--line);margin-top:28px}
main>section:first-child{border-top:0;margin-top:0}
.eyebrow{margin:0 0 4px;color:var(--quiet);font-size:.8rem;font-weight:600;letter-spacing:.09em;text-transform:uppercase}
.quiet{color:var(--quiet);font-size:.9rem}
.lead{font-size:1.2rem;line-height:1.45;text-wrap:pretty}
.n{display:inline-block;min-width:1.8em;padding:0 .5em;border-radius:1em;background:var(--raised);border:1px solid var(--line);color:var(--quiet);font-size:.78rem;font-weight:600;text-align:center;font-variant-numeric:tabular-nums}
.path{overflow-wrap:anywhere}
.hero{display:grid;grid-template-columns:auto 1fr;gap:12px 44px;align-items:center;margin:28px 0}
.hero>div{min-width:0}
.figure{margin:0}
.figure strong{display:block;font-size:clamp(3.6rem,10vw,5.6rem);line-height:1;letter-spacing:-.045em;font-weight:700;font-variant-numeric:tabular-nums;white-space:nowrap}
.figure span{color:var(--quiet);font-weight:600}
.scale{position:relative;height:10px;border-radius:5px;background:var(--raised);border:1px solid var(--line);margin:4px 0 8px;max-width:560px}
.scale i{position:absolute;top:-1px;bottom:-1px;border-radius:5px;background:var(--link);opacity:.38}
.scale b{position:absolute;top:-6px;bottom:-6px;width:4px;margin-left:-2px;border-radius:2px;background:var(--link)}
.stats{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:0 0 20px}
.stats>div{padding:12px 16px;border:1px solid var(--line);border-radius:12px;background:var(--raised)}
.stats dt{color:var(--quiet);font-size:.82rem;font-weight:600}
.stats dd{margin:0;font-size:1.45rem;font-weight:650;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.stats dd.quiet{font-size:.8rem;font-weight:400;letter-spacing:0}
nav ul{display:flex;flex-wrap:wrap;gap:6px 8px;list-style:none;margin:8px 0 0;padding:0}
nav a{display:block;padding:5px 12px;border:1px solid var(--line);border-radius:1em;text-decoration:none;font-size:.88rem;color:var(--ink)}
nav a:hover{background:var(--raised);border-color:var(--link)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));gap:16px;align-items:start}
.charts>svg{display:block;width:100%;max-width:520px;height:auto;border:1px solid var(--line);border-radius:12px;overflow:hidden}
.beside{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1.2fr);gap:20px;align-items:start}
.matrix-beside{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,420px),1fr));gap:8px 40px;align-items:start}
.matrix-beside h3{margin-top:6px}
.matrix-beside>*{min-width:0}
.sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,340px),1fr));gap:8px 28px}
.scroll{overflow-x:auto;max-width:100%;padding:2px}
table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:6px 10px;text-align:left;border-bottom:1px solid var(--line);vertical-align:middle}
th{font-weight:600;overflow-wrap:break-word}
thead th{color:var(--quiet);font-size:.82rem}
.number{text-align:right}
td.bar{min-width:84px;white-space:nowrap}
td.bar span{display:block;line-height:1.25}
td.bar i{display:block;height:5px;border-radius:3px;background:var(--link);min-width:2px}
.matrix table{border-collapse:separate;border-spacing:3px;font-size:.92rem}
.matrix th,.matrix td{border:0;padding:0}
.matrix tbody th{text-align:right;padding-right:10px;white-space:nowrap;max-width:180px;overflow:hidden;text-overflow:ellipsis}
.matrix thead th{vertical-align:bottom}
.matrix thead span{display:block;max-width:76px;padding:0 3px 4px;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;text-align:center}
.matrix tbody td{min-width:46px;height:42px;text-align:center;border-radius:8px;background:var(--raised)}
.matrix td.hit{background:color-mix(in srgb,var(--hit) calc(var(--share)*.6),var(--raised))}
.matrix td.miss{background:color-mix(in srgb,var(--miss) calc(var(--share)*.5 + 10%),var(--raised))}
.matrix td a{display:grid;place-items:center;height:42px;border-radius:8px;color:var(--ink);font-weight:600;text-decoration:none}
.matrix td a:hover{box-shadow:inset 0 0 0 2px var(--ink)}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(104px,1fr));gap:10px;list-style:none;margin:12px 0;padding:0}
.tiles li{min-width:0}
.tile{display:block;height:100%;margin:0;padding:4px 4px 6px;border:2px solid;border-radius:12px;color:var(--ink);font-size:.8rem;line-height:1.3;text-decoration:none;overflow:hidden}
.tile.right{border-color:var(--good);background:var(--good-tint)}
.tile.wrong{border-color:var(--bad);background:var(--bad-tint)}
a.tile:hover{box-shadow:0 2px 10px rgb(0 0 0/.2)}
.tile b,.tile .is{display:block;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.tile.right b{color:var(--good)}
.tile.wrong b{color:var(--bad)}
.tile .says{padding:4px 3px 0;display:block}
.tile .is{padding:0 3px}
@media (prefers-color-scheme:light){.tile.right b{color:#116329}}
.thumb,.gone{display:block;width:100%;aspect-ratio:1;border-radius:7px;background:var(--raised)}
.gone{display:grid;place-items:center;padding:6px;color:var(--quiet);font-size:.72rem;text-align:center;overflow-wrap:anywhere}
.maps{grid-template-columns:repeat(auto-fill,minmax(190px,1fr))}
.maps img{display:block;width:100%;border-radius:7px}
.maps figcaption{padding:4px;overflow-wrap:anywhere}
.row{display:flex;flex-wrap:wrap;gap:8px;margin:4px 0}
.row>*{width:84px}
.findings{padding-left:1.2em}
.group{padding:0 0 8px}
details{border:1px solid var(--line);border-radius:12px;margin:10px 0;padding:0 16px;background:var(--surface)}
summary{cursor:pointer;padding:11px 0;font-weight:600;overflow-wrap:anywhere}
.facts{margin:8px 0 16px}
.facts>div{display:grid;grid-template-columns:minmax(130px,230px) minmax(0,1fr);gap:2px 16px;padding:5px 0;border-bottom:1px solid var(--line);font-size:.9rem}
.facts dt{color:var(--quiet);overflow-wrap:anywhere}
.facts dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.command{padding:14px 16px;border:1px solid var(--line);border-radius:12px;background:var(--raised);white-space:pre-wrap;overflow-wrap:anywhere;font:.88rem/1.5 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
.sprites{position:absolute}
footer{padding-top:28px;padding-bottom:48px;color:var(--quiet);font-size:.85rem}
dialog{width:min(840px,calc(100vw - 24px));max-height:calc(100dvh - 40px);padding:0;border:1px solid var(--line);border-radius:16px;background:var(--surface);color:var(--ink);box-shadow:0 24px 80px rgb(0 0 0/.4)}
dialog::backdrop{background:rgb(0 0 0/.55)}
dialog>form{position:sticky;top:0;z-index:1;display:flex;gap:10px;align-items:center;padding:12px 12px 12px 22px;background:var(--surface);border-bottom:1px solid var(--line)}
dialog h2{flex:1;margin:0;font-size:1.1rem;min-width:0}
dialog button{font:inherit;font-size:.9rem;padding:6px 14px;border:1px solid var(--line);border-radius:9px;background:var(--raised);color:var(--ink);cursor:pointer}
dialog>div{padding:6px 22px 22px}
.look{display:grid;grid-template-columns:minmax(120px,260px) minmax(0,1fr);gap:24px;padding-top:16px}
.top{list-style:none;margin:12px 0;padding:0}
.top li{margin:0 0 8px}
.top i{display:block;height:7px;border-radius:4px;background:var(--link);min-width:2px}
.top span{display:flex;justify-content:space-between;gap:12px;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
@media (max-width:720px){main,header,nav,footer{padding-left:16px;padding-right:16px}header{padding-top:28px}.hero,.beside,.look{grid-template-columns:minmax(0,1fr)}.look>svg{max-width:220px}.facts>div{grid-template-columns:minmax(0,1fr)}.tiles{grid-template-columns:repeat(auto-fill,minmax(92px,1fr))}.matrix tbody th{max-width:96px}.stats{grid-template-columns:1fr 1fr}dialog>div{padding:4px 14px 16px}}
@media print{nav,dialog{display:none}body{font-size:10.5pt}main,header,footer{max-width:none;padding-left:0;padding-right:0}header{padding-top:0}section{padding-top:16px;margin-top:12px}.tile,.stats>div,.charts>svg,tr,.group h3{break-inside:avoid}h2,h3{break-after:avoid}.scroll{overflow:visible}.tiles{grid-template-columns:repeat(7,1fr)}.maps{grid-template-columns:repeat(4,1fr)}.beside{grid-template-columns:minmax(0,1fr) max-content}details:not([open]){display:none}a{text-decoration:none}}
`;

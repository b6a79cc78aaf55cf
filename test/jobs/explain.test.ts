import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { random } from "../../src/core/random.ts";
import { Explainer, type Explanation, explain, explainFiles, finish, train } from "../../src/index.ts";

let folder: string;
let out: string;
const side = 224;

/** A shape in one quarter of a plain picture; quarters are numbered row by row. */
async function draw(shape: "disc" | "bars", quarter: number, hue: number): Promise<Uint8Array> {
  const [x, y] = [quarter % 2 ? 150 : 20, quarter > 1 ? 150 : 20];
  const body =
    shape === "disc"
      ? `<circle cx="${x + 27}" cy="${y + 27}" r="27" fill="hsl(${hue} 90% 55%)"/>`
      : [0, 20, 40]
          .map((dy) => `<rect x="${x}" y="${y + dy}" width="54" height="10" fill="hsl(${hue} 90% 55%)"/>`)
          .join("");
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}"><rect width="100%" height="100%" fill="#777"/>${body}</svg>`;
  return sharp(Buffer.from(svg)).png().toBuffer();
}

/** Mean heat by quarter. */
function quarters({ heat, width, height }: Explanation): number[] {
  const sums = [0, 0, 0, 0];
  for (const [i, value] of heat.entries()) {
    const [x, y] = [i % width, Math.floor(i / width)];
    sums[(x < width / 2 ? 0 : 1) + (y < height / 2 ? 0 : 2)]! += value;
  }
  return sums.map((sum) => (4 * sum) / heat.length);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tsugiki-explain-"));
  const data = join(folder, "shapes");
  out = join(folder, "run");
  const rng = random(3);
  for (const shape of ["disc", "bars"] as const) {
    mkdirSync(join(data, shape), { recursive: true });
    for (let i = 0; i < 16; i++)
      writeFileSync(join(data, shape, `${i}.png`), await draw(shape, i % 4, rng.int(360)));
  }
  await finish(train({ data, out, size: 192, cache: join(folder, "cache") }));
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each(["gradcam", "occlusion"] as const)("%s: heat is highest where the object is", async (method) => {
  const explainer = await Explainer.load(out);
  try {
    // Occlusion asks 82 times.
    for (const quarter of method === "gradcam" ? [0, 1, 2, 3] : [1]) {
      // What speaks for bars may also be that no disc is seen anywhere, and then hiding the bars hides nothing.
      const shape = method === "gradcam" ? "bars" : "disc";
      const found = await explainer.explain(await draw(shape, quarter, 40), {
        method,
        label: shape,
        side: 112,
      });
      expect(found).toMatchObject({ method, label: shape, width: 112, height: 112 });
      const heat = quarters(found);
      expect(heat.indexOf(Math.max(...heat)), `${shape} in ${quarter}: ${heat}`).toBe(quarter);
      expect(Math.max(...found.heat)).toBe(1);
      const { format, width } = await sharp(found.overlay).metadata();
      expect([format, width]).toEqual(["png", 112]);
    }
  } finally {
    await explainer.close();
  }
});

test("each picture gets a file of its own, a bad one is reported, and an unknown class is refused", async () => {
  const [a, b] = [join(folder, "a"), join(folder, "b")];
  for (const each of [a, b]) {
    mkdirSync(each);
    writeFileSync(join(each, "x.png"), await draw("disc", 0, 10));
  }
  const bad = join(a, "bad.jpg");
  writeFileSync(bad, "no picture");
  const into = join(folder, "maps");
  const answers = [];
  const pictures = [join(a, "x.png"), bad, join(b, "x.png")];
  for await (const answer of explainFiles({ model: out, pictures, out: into })) answers.push(answer);
  expect(answers.map(({ type, file }) => [type, file])).toEqual([
    ["explained", pictures[0]],
    ["failed", bad],
    ["explained", pictures[2]],
  ]);
  expect(readdirSync(into)).toEqual(["x-2.heat.png", "x.heat.png"]);
  await expect(explain({ model: out, picture: pictures[0]!, label: "disk" })).rejects.toThrow(
    /has no class 'disk'\. Closest: 'disc'\./,
  );
});

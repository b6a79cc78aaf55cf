// All that the page says, in two tables of one shape; html.ts writes the English one into the page, translate() the other.

const en = {
  what: "Picture classifier",
  private: "Your pictures stay on this device. Nothing is sent anywhere.",
  stage: "Picture",
  drop: "Drop a picture here",
  orElse: "or paste one, choose a file, or use the camera",
  choose: "Choose a picture",
  paste: "Paste",
  camera: "Camera",
  take: "Take picture",
  stopCamera: "Stop camera",
  turnCamera: "Other camera",
  live: "Live",
  answer: "Answer",
  knows: "It tells apart",
  knowsSeveral: "It looks for",
  looking: "Looking …",
  noneOfThese: "None of these",
  noneWhy: "This picture is unlike those the model learnt from. If it had to choose:",
  noLabel: "None of its labels",
  heat: "Where did it look?",
  heatBack: "Show the picture",
  heatStop: "Stop",
  heatCool: "changes nothing",
  heatHot: "matters most",
  heatNone: "No part matters by itself: whichever is hidden, the answer stays.",
  about: "About this model",
  labels: "Labels",
  base: "Built on",
  licence: "Licence of the base",
  size: "Size of the model",
  sees: "What it sees",
  seesMiddle: "The middle square of a picture",
  seesAll: "The whole picture",
  unstated: "not stated",
  runsOn: "Runs on",
  webgpu: "The graphics card (WebGPU)",
  wasm: "The processor (WebAssembly)",
  install: "Install this page",
  offline: "Works without a network from now on.",
  made: "Made with Tsugiki. Runs in this page on ONNX Runtime.",
  licences: "Licences",
  unservedTitle: "This page has to come from a web server",
  unserved:
    "Opened as a file, a browser lets it read neither its model nor its scripts. Run one of these in its folder and open the address that it names:",
  outdatedTitle: "This page could not start",
  outdated: "A part of it did not arrive, or this browser is too old. Load it again, or use a newer browser.",
  noScript: "This page runs its model by JavaScript, which is switched off here.",
  cameraRefused:
    "The camera was refused. Allow it for this page in the browser's address bar, and try again.",
  cameraNone: "No camera was found on this device.",
  cameraBusy: "The camera could not be started. Another program may be using it.",
  cameraInsecure: "Browsers give the camera only to pages from https:// or from localhost.",
  pasteNothing: "There is no picture on the clipboard. Copy one, and paste again.",
  pasteRefused: "The clipboard was refused. Press Ctrl V (on a Mac ⌘ V) instead.",
  dropNothing: "No file came with it. Save the picture first, then drop the file.",
  strip: "This picture is too long and narrow to be looked at.",
  /** @param {string} share */
  loading: (share) => `Loading the model: ${share}`,
  /** @param {number} count */
  more: (count) => (count === 1 ? "1 more label" : `${count} more labels`),
  /** @param {string} share */
  heatProgress: (share) => `Hiding the picture part by part: ${share}`,
  /** @param {string} label */
  heatWhy: (label) => `How much “${label}” loses where a grey square hides the picture.`,
  /** @param {string} label */
  heatShown: (label) => `The heat map of “${label}” is shown.`,
  /** @param {string} name */
  notPicture: (name) =>
    `${name} is no picture that this browser can read. JPEG, PNG, WebP, AVIF and GIF can be read.`,
  /** @param {string} why */
  modelFailed: (why) =>
    `The model could not be loaded (${why}). Load the page again; if this stays, its folder is not whole.`,
  /** @param {string} why */
  cardFailed: (why) => `The processor (WebAssembly), since the graphics card failed: ${why}`,
  /** @param {string} why */
  answerFailed: (why) => `The model could not answer (${why}). Try a smaller picture.`,
  /** @param {string} label @param {string} share */
  said: (label, share) => `${label}, ${share}`,
  pastedName: "What was pasted",
};

/** @typedef {typeof en} Texts */

/** @type {Texts} */
const ja = {
  what: "画像分類",
  private: "画像はこの端末の外に出ません。どこにも送信されません。",
  stage: "画像",
  drop: "ここに画像をドロップ",
  orElse: "貼り付け、ファイルの選択、カメラも使えます",
  choose: "画像を選ぶ",
  paste: "貼り付け",
  camera: "カメラ",
  take: "撮影",
  stopCamera: "カメラを止める",
  turnCamera: "カメラ切り替え",
  live: "ライブ",
  answer: "結果",
  knows: "見分けられるもの",
  knowsSeveral: "見つけられるもの",
  looking: "判定中…",
  noneOfThese: "どれでもない",
  noneWhy: "学習した画像とは異なるようです。あえて選ぶなら：",
  noLabel: "該当するラベルなし",
  heat: "どこを見た？",
  heatBack: "画像に戻す",
  heatStop: "中止",
  heatCool: "影響なし",
  heatHot: "影響大",
  heatNone: "単独で効いている部分はありません。どこを隠しても結果は変わりません。",
  about: "このモデルについて",
  labels: "ラベル",
  base: "元のモデル",
  licence: "元のモデルのライセンス",
  size: "モデルのサイズ",
  sees: "見ている範囲",
  seesMiddle: "画像中央の正方形",
  seesAll: "画像全体",
  unstated: "記載なし",
  runsOn: "計算に使うもの",
  webgpu: "GPU（WebGPU）",
  wasm: "CPU（WebAssembly）",
  install: "このページをインストール",
  offline: "これからはオフラインでも使えます。",
  made: "Tsugiki で作成。ONNX Runtime によりこのページ内で動作します。",
  licences: "ライセンス",
  unservedTitle: "このページはウェブサーバーから開いてください",
  unserved:
    "ファイルとして直接開くと、ブラウザーはモデルもスクリプトも読み込めません。このフォルダーで次のどちらかを実行し、表示されたアドレスを開いてください。",
  outdatedTitle: "ページを開始できませんでした",
  outdated:
    "一部のファイルが届かなかったか、ブラウザーが古いようです。再読み込みするか、新しいブラウザーをお使いください。",
  noScript: "このページは JavaScript でモデルを動かします。JavaScript を有効にしてください。",
  cameraRefused:
    "カメラが許可されていません。アドレスバーからこのページにカメラを許可して、もう一度お試しください。",
  cameraNone: "この端末にカメラが見つかりません。",
  cameraBusy: "カメラを開始できませんでした。ほかのアプリが使用中かもしれません。",
  cameraInsecure: "カメラを使えるのは https:// または localhost のページだけです。",
  pasteNothing: "クリップボードに画像がありません。画像をコピーしてから貼り付けてください。",
  pasteRefused: "クリップボードが許可されていません。Ctrl V（Mac では ⌘ V）で貼り付けてください。",
  dropNothing: "ファイルが含まれていません。画像を保存してから、そのファイルをドロップしてください。",
  strip: "この画像は細長すぎて判定できません。",
  loading: (share) => `モデルを読み込み中 ${share}`,
  more: (count) => `ほか ${count} ラベル`,
  heatProgress: (share) => `画像を少しずつ隠しています ${share}`,
  heatWhy: (label) => `灰色の四角で隠したとき「${label}」の確率がどれだけ下がるか。`,
  heatShown: (label) => `「${label}」のヒートマップを表示しました。`,
  notPicture: (name) =>
    `${name} は、このブラウザーで読める画像ではありません。JPEG、PNG、WebP、AVIF、GIF が使えます。`,
  modelFailed: (why) =>
    `モデルを読み込めませんでした（${why}）。再読み込みしても直らない場合は、フォルダーのファイルが欠けています。`,
  cardFailed: (why) => `CPU（WebAssembly）。GPU では正しく動きませんでした：${why}`,
  answerFailed: (why) => `判定できませんでした（${why}）。もっと小さい画像でお試しください。`,
  said: (label, share) => `${label}、${share}`,
  pastedName: "貼り付けた内容",
};

/** @typedef {"en" | "ja"} Language */

/** @type {Readonly<Record<Language, Texts>>} */
export const tables = { en, ja };

/**
 * The first of the reader's languages that there is a table for; English where there is none.
 * @param {readonly string[]} wanted
 * @returns {Language}
 */
export function languageOf(wanted) {
  for (const tag of wanted) {
    const language = tag.toLowerCase().split("-")[0];
    if (language === "en" || language === "ja") return language;
  }
  return "en";
}

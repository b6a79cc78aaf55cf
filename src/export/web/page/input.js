/// <reference lib="dom" />
// The ways that a picture comes in as a file: dropped, pasted, chosen.

/**
 * @typedef {"dropNothing" | "pasteNothing" | "pasteRefused"} InputProblem
 *
 * @typedef {object} Receiver
 * @property {(picture: Blob, name: string | undefined) => void} picture
 * @property {(problem: InputProblem) => void} problem
 * @property {(over: boolean) => void} hover whether a file is held above the page
 */

/** @param {FileList | undefined} files */
function chosen(files) {
  const all = [...(files ?? [])];
  return all.find(({ type }) => type.startsWith("image/")) ?? all[0];
}

/**
 * @param {HTMLInputElement} input
 * @param {HTMLButtonElement} pasteButton
 * @param {Receiver} receiver
 */
export function listen(input, pasteButton, receiver) {
  input.addEventListener("change", () => {
    const file = chosen(input.files ?? undefined);
    if (file) receiver.picture(file, file.name);
    // The same file, chosen again, is a choice too.
    input.value = "";
  });
  document.addEventListener("paste", ({ clipboardData }) => {
    const file = chosen(clipboardData?.files);
    if (file) receiver.picture(file, file.name);
    else receiver.problem("pasteNothing");
  });
  listenToDrops(receiver);
  if (!navigator.clipboard?.read) return;
  pasteButton.hidden = false;
  pasteButton.addEventListener("click", () => void readClipboard(receiver));
}

/** @param {Receiver} receiver */
function listenToDrops(receiver) {
  // The whole page takes drops: a picture let go beside the frame would otherwise replace the page.
  let depth = 0;
  document.addEventListener("dragenter", () => receiver.hover(++depth > 0));
  document.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    receiver.hover(depth > 0);
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    receiver.hover(false);
    const file = chosen(event.dataTransfer?.files);
    if (file) receiver.picture(file, file.name);
    else receiver.problem("dropNothing");
  });
}

/** @param {Receiver} receiver */
async function readClipboard(receiver) {
  try {
    for (const item of await navigator.clipboard.read()) {
      const type = item.types.find((each) => each.startsWith("image/"));
      if (type) {
        receiver.picture(await item.getType(type), undefined);
        return;
      }
    }
    receiver.problem("pasteNothing");
  } catch {
    receiver.problem("pasteRefused");
  }
}

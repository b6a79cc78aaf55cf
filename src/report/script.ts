/**
 * The page's one script. Links to pictures work without it: they jump to where the pictures stand, further down. With it
 * they open in a dialog. Texts from outside reach the page by textContent alone.
 */
export const script = `
(() => {
  const dialog = document.querySelector("dialog");
  if (!dialog || !dialog.showModal) return;
  const title = dialog.querySelector("h2");
  const body = dialog.querySelector("div");
  const back = dialog.querySelector("[data-back]");
  let before = [];
  const make = (tag, text, className) => {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const percent = (p) => (100 * p).toFixed(1) + " %";
  const copy = (node) => {
    const made = node.cloneNode(true);
    made.removeAttribute("id");
    for (const each of made.querySelectorAll("[id]")) each.removeAttribute("id");
    return made;
  };
  const group = (id) => {
    const found = document.getElementById(id);
    if (!found) return undefined;
    const heading = found.querySelector(found.tagName === "DETAILS" ? "summary" : "h3");
    const nodes = [...found.children].filter((each) => each !== heading).map(copy);
    return { title: heading ? heading.firstChild.textContent.trim() : "", nodes };
  };
  const picture = (tile) => {
    const { file, truth, predicted, right, top } = JSON.parse(tile.dataset.picture);
    const look = make("div", undefined, "look");
    const about = make("div");
    const verdict = right ? "Right: " + truth : "Wrong: taken for " + predicted + ", is " + truth;
    const list = make("ul", undefined, "top");
    for (const [name, p] of top) {
      const row = make("li");
      const words = make("span");
      words.append(make("b", name), make("span", percent(p)));
      const bar = make("i");
      bar.style.width = 100 * Math.min(1, p) + "%";
      row.append(words, bar);
      list.append(row);
    }
    about.append(make("p", verdict, "lead"), list, make("p", file, "quiet path"));
    look.append(tile.firstElementChild.cloneNode(true), about);
    return { title: right ? predicted : truth, nodes: [look] };
  };
  const fill = (content) => {
    title.textContent = content.title;
    body.replaceChildren(...content.nodes);
    back.hidden = before.length === 0;
    dialog.scrollTop = 0;
  };
  let shown;
  document.addEventListener("click", (event) => {
    if (event.target === dialog) return dialog.close();
    if (event.target === back) {
      event.preventDefault();
      shown = before.pop();
      fill(shown);
      (back.hidden ? back.nextElementSibling : back).focus();
      return;
    }
    const link = event.target.closest("a[data-opens],a[data-picture]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const content = link.dataset.opens ? group(link.dataset.opens) : picture(link);
    if (!content) return;
    event.preventDefault();
    before = dialog.open ? [...before, shown] : [];
    shown = content;
    fill(content);
    if (!dialog.open) dialog.showModal();
    else back.focus();
  });
})();
`;

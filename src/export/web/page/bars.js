/// <reference lib="dom" />
// Labels with bars and percentages.

/** @typedef {{ label: string, probability: number }} Ranked */

/**
 * Labels by their probability, the best first.
 * @param {readonly string[]} labels
 * @param {Float32Array} probabilities
 * @returns {Ranked[]}
 */
export function ranked(labels, probabilities) {
  return labels
    .map((label, i) => ({ label, probability: probabilities[i] ?? 0 }))
    .sort((a, b) => b.probability - a.probability);
}

/**
 * Shares in the reader's language. What is neither nothing nor everything is not rounded to it.
 * @param {string} language
 */
export function shares(language) {
  const format = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
  /** @param {number} share */
  return (share) => {
    if (share > 0 && share < 0.001) return `< ${format.format(0.001)}`;
    if (share < 1 && share > 0.999) return `> ${format.format(0.999)}`;
    return format.format(share);
  };
}

/**
 * Rows are filled anew, not made anew: under a live camera bars grow and shrink in place.
 * @param {HTMLOListElement} list
 * @param {readonly Ranked[]} rows
 * @param {(row: Ranked) => boolean} holds whether the row is an answer
 * @param {(share: number) => string} share
 */
export function fill(list, rows, holds, share) {
  while (list.children.length > rows.length) list.lastElementChild?.remove();
  for (const [i, row] of rows.entries()) {
    const item = list.children[i] ?? list.appendChild(blank());
    const [name, value, bar] = item.querySelectorAll("span, b, i");
    if (!name || !value || !(bar instanceof HTMLElement)) continue;
    name.textContent = row.label;
    value.textContent = share(row.probability);
    bar.style.setProperty("--share", String(row.probability));
    item.classList.toggle("holds", holds(row));
    if (item instanceof HTMLElement) {
      item.dataset.label = row.label;
      item.dataset.probability = String(row.probability);
    }
  }
}

function blank() {
  const item = document.createElement("li");
  const bar = document.createElement("i");
  bar.ariaHidden = "true";
  item.append(document.createElement("span"), document.createElement("b"), bar);
  return item;
}

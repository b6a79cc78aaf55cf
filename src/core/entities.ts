const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A text with what HTML takes for its own written as entities; `own` finds it, by default wherever it stands. */
export function withEntities(text: string, own = /[&<>"']/g): string {
  return text.replace(own, (character) => entities[character] ?? character);
}

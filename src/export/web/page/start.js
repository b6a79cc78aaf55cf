// Runs before all else and as a plain script: modules are what a browser refuses to a page that was opened as a file.
(() => {
  /** @param {string} id */
  const show = (id) => {
    const ja = navigator.language.toLowerCase().startsWith("ja");
    for (const each of document.querySelectorAll(`#${id} [lang]`))
      each.toggleAttribute("hidden", each.getAttribute("lang") !== (ja ? "ja" : "en"));
    document.getElementById(id)?.removeAttribute("hidden");
    for (const each of document.querySelectorAll("main, footer")) each.setAttribute("hidden", "");
  };
  const opened = location.protocol === "file:" ? "unserved" : "outdated";
  const begin = () => {
    if (opened === "unserved" || !("noModule" in HTMLScriptElement.prototype)) show(opened);
  };
  // Errors of scripts that did not load do not bubble: they are caught on the way down.
  addEventListener("error", ({ target }) => target instanceof HTMLScriptElement && show(opened), true);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();

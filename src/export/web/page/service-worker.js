/// <reference lib="dom" />
// Keeps the folder, so that the page works without a network; of the two engines, the one that the page has named. What
// there is stands above these lines since the folder was made: a version, which is a hash of all of it, and the sha256 of
// each file.
(() => {
  /**
   * @typedef {Event & { waitUntil: (work: Promise<unknown>) => void }} LifeEvent
   * @typedef {Event & { request: Request, respondWith: (answer: Promise<Response>) => void }} FetchEvent
   * @typedef {{ version: string, files: Record<string, string> }} Contents
   */
  const contents = /** @type {Contents} */ (Reflect.get(self, "contents"));
  const build = new URL(location.href).searchParams.get("build");
  const files = Object.entries(contents.files).filter(
    ([path]) => !path.startsWith("onnxruntime/") || path.startsWith(`onnxruntime/${build}.`),
  );
  const scope = new URL("./", location.href).href;
  // Several pages may share an origin, and with it the caches.
  const prefix = `tsugiki ${scope} `;
  const cacheName = `${prefix}${contents.version} ${build}`;
  const kept = new Set(files.map(([path]) => new URL(path, scope).href));

  /** @param {Response} response */
  const plain = (response) =>
    // A redirected answer cannot be given to a visit.
    response.redirected ? new Response(response.body, { headers: response.headers }) : response;

  const keepAll = async () => {
    const cache = await caches.open(cacheName);
    await Promise.all(
      files.map(async ([path, integrity]) => {
        const url = new URL(path, scope).href;
        if (await cache.match(url)) return;
        // Asked for anew and held to its hash: files of two versions never mix.
        const response = await fetch(url, { cache: "no-cache", integrity });
        if (!response.ok) throw new Error(`${path}: HTTP ${response.status}`);
        await cache.put(url, plain(response));
      }),
    );
    await Reflect.get(self, "skipWaiting").call(self);
  };

  const dropOthers = async () => {
    const names = await caches.keys();
    const old = names.filter((name) => name.startsWith(prefix) && name !== cacheName);
    await Promise.all(old.map((name) => caches.delete(name)));
    await Reflect.get(self, "clients").claim();
  };

  /** @param {Request} request */
  const answer = async (request) => {
    const url = new URL(request.url);
    url.search = "";
    const path = url.href === `${scope}index.html` ? scope : url.href;
    const cache = await caches.open(cacheName);
    return (kept.has(path) && (await cache.match(path))) || fetch(request);
  };

  self.addEventListener("install", (event) => /** @type {LifeEvent} */ (event).waitUntil(keepAll()));
  self.addEventListener("activate", (event) => /** @type {LifeEvent} */ (event).waitUntil(dropOthers()));
  self.addEventListener("fetch", (event) => {
    const { request, respondWith } = /** @type {FetchEvent} */ (event);
    if (request.method === "GET" && request.url.startsWith(scope)) respondWith.call(event, answer(request));
  });
})();

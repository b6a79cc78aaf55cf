/// <reference lib="dom" />
// The page: what comes in is decoded, looked at by the model and shown.

import { Camera, CameraError } from "./camera.js";
import { build } from "./engine.js";
import { listen } from "./input.js";
import { Model, readFacts } from "./model.js";
import { decode, pixelsOf, reduced, StripError, shownOf } from "./pixels.js";
import { languageOf, tables } from "./texts.js";
import { element, View } from "./view.js";

/**
 * @import { Facts } from "../facts.ts"
 * @import { Heat } from "./heat.js"
 * @import { Answer } from "./model-worker.js"
 * @import { Picture, Sides, Source } from "./pixels.js"
 */

const language = languageOf(navigator.languages);
const texts = tables[language];
const view = new View(texts, language);
view.translate();

const video = element("#video", HTMLVideoElement);
const camera = new Camera(video);
/** The still picture, what the model says of it, and its heat once that was asked for. @type {{ picture: Picture, answer: Answer, heat?: Heat } | undefined} */
let current;
/** Grows with each picture: answers about an earlier one come too late. */
let turn = 0;
/** @type {AbortController | undefined} */
let heatUnderway;

/** @param {unknown} error */
const reason = (error) => (error instanceof Error ? error.message : String(error));

/** Facts and model, once both are there; pictures may come before. @returns {Promise<{ facts: Facts, model: Model }>} */
async function load() {
  view.loading(0);
  const facts = await readFacts();
  view.about(facts);
  const model = await Model.load(
    facts,
    (share) => view.loading(share),
    (engine) => view.engine(engine),
  );
  return { facts, model };
}

const loading = load();
loading.finally(() => view.loaded()).then(keep, (error) => view.error(texts.modelFailed(reason(error))));

/** The service worker comes last: what it keeps is in the browser's own cache by then. */
async function keep() {
  document.documentElement.dataset.ready = "true";
  if (!navigator.serviceWorker) return;
  // Some browsers refuse it, in private windows for one; the page works without.
  const registered = await navigator.serviceWorker
    .register(`service-worker.js?build=${build}`)
    .catch(() => undefined);
  if (!registered) return;
  await navigator.serviceWorker.ready;
  view.offline();
}

/**
 * Looks at what is drawn of `source`, and shows the answer where it is still wanted.
 * @param {Source} source
 * @param {Sides} sides
 * @param {number} mine
 * @param {boolean} live
 */
async function look(source, sides, mine, live) {
  const { facts, model } = await loading;
  const picture = pixelsOf(source, sides, facts.side);
  const answer = await model.classify(picture);
  if (mine !== turn) return;
  if (!live) current = { picture, answer };
  view.answer(facts, answer, live);
}

/** @param {unknown} error */
const complain = (error) =>
  view.error(error instanceof StripError ? texts.strip : texts.answerFailed(reason(error)));

/**
 * @param {Blob} blob
 * @param {string | undefined} name
 */
async function take(blob, name) {
  const bitmap = await decode(blob).catch(() => undefined);
  if (!bitmap) {
    view.error(texts.notPicture(name ? `“${name}”` : texts.pastedName));
    return;
  }
  endCamera();
  await still(bitmap, bitmap, name);
  bitmap.close();
}

/**
 * One picture that stays.
 * @param {Source} source
 * @param {Sides} sides
 * @param {string | undefined} name
 */
async function still(source, sides, name) {
  const mine = ++turn;
  current = undefined;
  endHeat();
  view.error(undefined);
  view.picture(shownOf(source, sides), name);
  view.looking();
  // Where the model did not load, that was said already.
  if (!(await loading.then(() => true).catch(() => false))) return view.nothing();
  try {
    await look(source, sides, mine, false);
  } catch (error) {
    if (mine !== turn) return;
    view.nothing();
    complain(error);
  }
}

async function startCamera() {
  endHeat();
  view.error(undefined);
  const mine = ++turn;
  try {
    await camera.start(async () => {
      try {
        const sides = { width: video.videoWidth, height: video.videoHeight };
        await look(video, sides, mine, true);
      } catch (error) {
        await stopCamera();
        complain(error);
      }
    });
    if (!camera.runs) return;
    view.camera(true, await camera.hasOther());
    element("#take", HTMLElement).focus();
  } catch (error) {
    await stopCamera();
    view.error(texts[error instanceof CameraError ? error.problem : "cameraBusy"]);
  }
}

function endCamera() {
  if (camera.runs) turn++;
  camera.stop();
  view.camera(false);
}

/** What was there before the camera comes back. */
async function stopCamera() {
  endCamera();
  element("#camera", HTMLElement).focus();
  if (current) view.answer((await loading).facts, current.answer, false);
}

/** The camera's picture as it is now stays. */
async function freeze() {
  const sides = { width: video.videoWidth, height: video.videoHeight };
  const frame = shownOf(video, sides);
  endCamera();
  element("#camera", HTMLElement).focus();
  await still(frame, frame, undefined);
}

function endHeat() {
  heatUnderway?.abort();
  heatUnderway = undefined;
  view.heatOff();
}

/** Heat is worked out once a picture, then shown and hidden. */
async function toggleHeat() {
  const shown = current;
  if (!shown) return;
  if (!element("#legend", HTMLElement).hidden) return view.heatOff();
  const { facts, model } = await loading;
  const { probabilities } = shown.answer;
  const best = probabilities.indexOf(Math.max(...probabilities));
  if (!shown.heat) {
    const control = new AbortController();
    heatUnderway = control;
    view.heatProgress(0);
    // Who stops it by the keyboard must not lose their place.
    element("#look-stop", HTMLElement).focus();
    try {
      const small = reduced(shown.picture, facts.side);
      const progress = (/** @type {number} */ share) => control === heatUnderway && view.heatProgress(share);
      shown.heat = await model.heat(small, best, progress, control.signal);
    } catch (error) {
      if (!control.signal.aborted) {
        endHeat();
        complain(error);
      }
      return;
    }
    if (control !== heatUnderway) return;
    heatUnderway = undefined;
  }
  view.heat(shown.heat, facts.labels[best] ?? "");
  element("#look", HTMLElement).focus();
}

/**
 * @param {string} id
 * @param {() => unknown} act
 */
const onClick = (id, act) => element(id, HTMLButtonElement).addEventListener("click", act);

listen(element("#file", HTMLInputElement), element("#paste", HTMLButtonElement), {
  picture: (blob, name) => void take(blob, name),
  problem: (problem) => view.error(texts[problem]),
  hover: (over) => view.hover(over),
});
onClick("#camera", startCamera);
onClick("#take", freeze);
onClick("#stop", stopCamera);
onClick("#turn", () => {
  camera.turn();
  return startCamera();
});
onClick("#look", toggleHeat);
onClick("#look-stop", () => {
  endHeat();
  element("#look", HTMLElement).focus();
});

/** The browser's offer to install the page, kept for the button. @type {(Event & { prompt?: () => Promise<unknown> }) | undefined} */
let offer;
addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  offer = event;
  element("#install", HTMLElement).hidden = false;
});
onClick("#install", async () => {
  element("#install", HTMLElement).hidden = true;
  await offer?.prompt?.();
});

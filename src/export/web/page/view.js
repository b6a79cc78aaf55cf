/// <reference lib="dom" />
// What the page shows. It knows the document and no model.

import { fill, ranked, shares } from "./bars.js";
import { isHot, paint } from "./heat-paint.js";

/**
 * @import { Facts } from "../facts.ts"
 * @import { Engine } from "./engine.js"
 * @import { Heat } from "./heat.js"
 * @import { Answer } from "./model-worker.js"
 * @import { Language, Texts } from "./texts.js"
 */

/** So many labels stand in sight; the others fold. */
const most = 5;
/** Letters from which on a headline is set smaller. */
const long = 28;
/** From here on one of several labels holds. */
const half = 0.5;
/** Milliseconds between two sentences spoken under a live camera. */
const quiet = 2500;

/**
 * @template {Element} T
 * @param {string} selector
 * @param {new () => T} type
 * @returns {T}
 */
export function element(selector, type) {
  const found = document.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`the page has no ${selector}`);
  return found;
}

/** @param {string} selector */
const html = (selector) => element(selector, HTMLElement);

/**
 * @param {string} name
 * @param {string} value
 */
function fact(name, value) {
  const row = document.createElement("div");
  row.append(document.createElement("dt"), document.createElement("dd"));
  for (const [i, text] of [name, value].entries()) row.children[i]?.append(text);
  return row;
}

export class View {
  #texts;
  #language;
  #share;
  #shown = element("#shown", HTMLCanvasElement);
  #map = element("#heat-map", HTMLCanvasElement);
  #spoken = { text: "", at: 0 };

  /**
   * @param {Texts} texts
   * @param {Language} language
   */
  constructor(texts, language) {
    this.#texts = texts;
    this.#language = language;
    this.#share = shares(language);
  }

  /** Puts the page, which is written in English, into the reader's language. */
  translate() {
    document.documentElement.lang = this.#language;
    /** @param {string | undefined} key */
    const text = (key) => {
      const found = Object.entries(this.#texts).find(([name]) => name === key)?.[1];
      return typeof found === "string" ? found : "";
    };
    for (const each of document.querySelectorAll("[data-text]"))
      if (each instanceof HTMLElement) each.textContent = text(each.dataset.text);
    for (const each of document.querySelectorAll("[data-label]"))
      if (each instanceof HTMLElement) each.ariaLabel = text(each.dataset.label);
  }

  /** @param {Facts} facts */
  about(facts) {
    const { labels, bases, bytes, sees } = facts;
    const texts = this.#texts;
    const megabytes = new Intl.NumberFormat(this.#language, {
      style: "unit",
      unit: "megabyte",
      maximumSignificantDigits: 3,
    });
    /** @type {[name: string, value: string][]} */
    const rows = [
      [texts.labels, labels.join(", ")],
      [texts.base, bases.map(({ name }) => name).join(", ")],
      [texts.licence, bases.map(({ licence }) => licence ?? texts.unstated).join(", ")],
      [texts.sees, sees === "middle" ? texts.seesMiddle : texts.seesAll],
      [texts.size, megabytes.format(bytes.model / 1e6)],
    ];
    html("#facts").replaceChildren(...rows.map(([name, value]) => fact(name, value)));
  }

  /** Which engine answers from now on. @param {Engine} engine */
  engine({ provider, problem }) {
    const texts = this.#texts;
    document.querySelector("#engine")?.remove();
    const row = fact(texts.runsOn, problem ? texts.cardFailed(problem) : texts[provider]);
    row.id = "engine";
    html("#facts").append(row);
  }

  /** @param {number} share */
  loading(share) {
    html("#loading-text").textContent = this.#texts.loading(this.#share(Math.round(share * 100) / 100));
    element("#loading-bar", HTMLProgressElement).value = share;
  }

  /** The model is loaded, or never will be. */
  loaded() {
    html("#loading").hidden = true;
  }

  /** @param {string | undefined} text nothing takes an error away */
  error(text) {
    const line = html("#error");
    line.hidden = text === undefined;
    line.textContent = text ?? "";
  }

  /** @param {boolean} over */
  hover(over) {
    html("#frame").classList.toggle("over", over);
  }

  /**
   * @param {HTMLCanvasElement} picture
   * @param {string | undefined} name
   */
  picture(picture, name) {
    this.#shown.width = picture.width;
    this.#shown.height = picture.height;
    this.#shown.getContext("2d")?.drawImage(picture, 0, 0);
    this.#shown.ariaLabel = name ?? this.#texts.stage;
    this.#see("shown");
  }

  /**
   * The camera's picture takes the frame, or leaves it to what was there before.
   * @param {boolean} live
   * @param {boolean} hasOther
   */
  camera(live, hasOther = false) {
    for (const id of ["#take", "#stop", "#live"]) html(id).hidden = !live;
    html("#turn").hidden = !live || !hasOther;
    for (const id of ["#camera", "#ways"]) html(id).hidden = live;
    const empty = this.#shown.ariaLabel === null;
    this.#see(live ? "video" : empty ? "empty" : "shown");
    this.nothing();
  }

  /** @param {"empty" | "shown" | "video" | "heat-map"} id */
  #see(id) {
    for (const each of ["empty", "shown", "video", "heat-map"]) html(`#${each}`).hidden = each !== id;
  }

  /** @param {"waiting" | "looking" | "result"} id */
  #part(id) {
    for (const each of ["waiting", "looking", "result"]) html(`#${each}`).hidden = each !== id;
  }

  looking() {
    this.#part("looking");
  }

  /** There is no answer. */
  nothing() {
    this.#part("waiting");
  }

  /**
   * @param {Facts} facts
   * @param {Answer} answer
   * @param {boolean} live one of many: not every change is spoken
   */
  answer({ labels, task }, { probabilities, unknown }, live) {
    const texts = this.#texts;
    const all = ranked(labels, probabilities);
    const best = all[0] ?? { label: "", probability: 0 };
    /** @param {{ probability: number, label: string }} row */
    const holds = (row) => !unknown && (task === "one" ? row === best : row.probability >= half);
    const held = all.filter(holds);
    const words = held.map(({ label }) => label).join(", ");
    const headline = words || (unknown ? texts.noneOfThese : texts.noLabel);
    const sure = task === "one" && !unknown ? this.#share(best.probability) : "";
    html("#headline strong").textContent = headline;
    html("#headline span").textContent = sure;
    html("#headline").classList.toggle("none", held.length === 0);
    html("#headline").classList.toggle("long", headline.length > long);
    html("#why").hidden = !unknown;
    fill(element("#bars", HTMLOListElement), all.slice(0, most), holds, this.#share);
    const rest = element("#rest", HTMLDetailsElement);
    rest.hidden = all.length <= most;
    html("#rest summary").textContent = texts.more(all.length - most);
    fill(element("#rest ol", HTMLOListElement), all.slice(most), holds, this.#share);
    this.heatOff();
    html(".look").hidden = live;
    this.#part("result");
    this.#say(sure ? texts.said(headline, sure) : headline, headline, live);
  }

  /**
   * @param {string} text
   * @param {string} gist of which a live camera speaks only what changed
   * @param {boolean} live
   */
  #say(text, gist, live) {
    const now = performance.now();
    if (live && (gist === this.#spoken.text || now - this.#spoken.at < quiet)) return;
    this.#spoken = { text: gist, at: now };
    html("#said").textContent = text;
  }

  /** @param {number} share */
  heatProgress(share) {
    html("#look").hidden = true;
    html("#look-stop").hidden = false;
    html("#look-progress").hidden = false;
    html("#look-text").textContent = this.#texts.heatProgress(this.#share(Math.round(share * 100) / 100));
    element("#look-progress progress", HTMLProgressElement).value = share;
  }

  /**
   * @param {Heat} heat
   * @param {string} label
   */
  heat(heat, label) {
    this.heatOff();
    const text = html("#legend p");
    html("#legend").hidden = false;
    const hot = isHot(heat);
    html("#legend").classList.toggle("cold", !hot);
    text.textContent = hot ? this.#texts.heatWhy(label) : this.#texts.heatNone;
    html("#said").textContent = hot ? this.#texts.heatShown(label) : this.#texts.heatNone;
    if (!hot) return;
    paint(this.#map, this.#shown, heat);
    this.#map.ariaLabel = this.#texts.heatShown(label);
    this.#see("heat-map");
    html("#look span").textContent = this.#texts.heatBack;
  }

  /** The picture itself again, and no sign of heat under way. */
  heatOff() {
    for (const id of ["#look-stop", "#look-progress", "#legend"]) html(id).hidden = true;
    html("#look").hidden = false;
    html("#look span").textContent = this.#texts.heat;
    if (!this.#map.hidden) this.#see("shown");
  }

  offline() {
    html("#offline").hidden = false;
  }
}

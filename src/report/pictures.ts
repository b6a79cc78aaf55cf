import { derivedOrder } from "../core/random.ts";
import type { ReportAnswer, ReportData } from "./data.ts";
import { type Html, html } from "./html.ts";
import { percent } from "./words.ts";

/** Pictures that a report shows in one place or another, at most. */
export const shownPictures = 320;

/** Tiles of the two grids. */
export const gridTiles = 48;
export const mistakeTiles = 24;

/** Wrong answers, the surest first; equals by their file's name. */
export function surestMistakes(answers: readonly ReportAnswer[]): readonly ReportAnswer[] {
  return answers
    .filter(({ right }) => !right)
    .sort((a, b) => b.certainty - a.certainty || (a.file < b.file ? -1 : 1));
}

/** `count` answers drawn without looking at them: a fair look at what the classifier does. */
export function fairSample(answers: readonly ReportAnswer[], count: number): readonly ReportAnswer[] {
  const order = derivedOrder(answers.length, sampleSeed);
  return [...order.subarray(0, count)].sort((a, b) => a - b).map((i) => answers[i]!);
}

const sampleSeed = 20_26;

/**
 * Which pictures are shown at all: those that changed sides, the surest mistakes, the fair sample, further mistakes up to
 * three quarters, and then right ones, each class in its turn.
 */
export function chooseShown(
  answers: readonly ReportAnswer[],
  first: readonly ReportAnswer[] = [],
  limit = shownPictures,
): readonly ReportAnswer[] {
  const mistakes = surestMistakes(answers);
  const chosen = new Set([
    ...first.slice(0, limit / 4),
    ...mistakes.slice(0, mistakeTiles),
    ...fairSample(answers, gridTiles),
    ...mistakes.slice(0, Math.floor(0.75 * limit)),
  ]);
  for (const answer of inTurn(answers.filter(({ right }) => right))) {
    if (chosen.size >= limit) break;
    chosen.add(answer);
  }
  return [...chosen].slice(0, limit);
}

/** Of which pictures to ask where the classifier looked: half of them the surest mistakes, the others drawn, each class in its turn. */
export function chooseExplained(answers: readonly ReportAnswer[], count: number): readonly ReportAnswer[] {
  const chosen = new Set(surestMistakes(answers).slice(0, Math.ceil(count / 2)));
  for (const answer of inTurn(fairSample(answers, 4 * count))) {
    if (chosen.size >= count) break;
    chosen.add(answer);
  }
  return [...chosen];
}

/** The first of every class, the second of every class … */
function inTurn(answers: readonly ReportAnswer[]): readonly ReportAnswer[] {
  const seen = new Map<string, number>();
  const ranked = answers.map((answer) => {
    const rank = seen.get(answer.truth) ?? 0;
    seen.set(answer.truth, rank + 1);
    return { answer, rank };
  });
  return ranked.sort((a, b) => a.rank - b.rank).map(({ answer }) => answer);
}

/** Side of a thumbnail on the page, in CSS pixels. */
const side = 96;

/**
 * Pictures and where they stand. Each is in the page once, and shown by reference wherever it is wanted, which works
 * without a script and in print.
 */
export class Album {
  readonly #answers: readonly ReportAnswer[];
  readonly #place = new Map<string, number>();
  readonly #data: ReadonlyMap<string, string>;
  readonly #groups: Groups;

  constructor({
    answers,
    thumbnails,
    evaluation,
  }: Pick<ReportData, "answers" | "thumbnails" | "evaluation">) {
    this.#answers = answers;
    this.#data = thumbnails;
    for (const file of thumbnails.keys()) this.#place.set(file, this.#place.size);
    this.#groups = groupsOf(
      answers,
      evaluation !== null && "task" in evaluation ? [] : (evaluation?.classes ?? []),
    );
  }

  get groups(): Groups {
    return this.#groups;
  }

  get answers(): readonly ReportAnswer[] {
    return this.#answers;
  }

  has(file: string): boolean {
    return this.#place.has(file);
  }

  /** The pictures themselves, drawn by nobody until a tile refers to them. */
  sprites(): Html {
    const images = [...this.#data]
      .filter(([, uri]) => isPicture(uri))
      .map(
        ([file, uri]) =>
          html`<image id="p${this.#place.get(file)}" width="${side}" height="${side}" href="${uri}"/>`,
      );
    return html`<svg class="sprites" aria-hidden="true" width="0" height="0"><defs>${images}</defs></svg>`;
  }

  /** One picture, or its file's name where there is none. */
  picture(file: string): Html {
    const place = this.#place.get(file);
    if (place === undefined) return html`<span class="gone">${shortName(file)}</span>`;
    return html`<svg class="thumb" viewBox="0 0 ${side} ${side}" aria-hidden="true"><use href="#p${place}"/></svg>`;
  }

  /** A picture with its answer beneath, green where right and red where wrong; it opens what is known of it. */
  tile(answer: ReportAnswer): Html {
    const { file, truth, predicted, right, certainty, top } = answer;
    const said = `${predicted} ${percent(certainty)}`;
    const label = right ? `${said}, right. ${file}` : `${said}, wrong: it is ${truth}. ${file}`;
    const known = JSON.stringify({ file, truth, predicted, right, top });
    return html`<li><a class="tile ${right ? "right" : "wrong"}" href="#${this.#groups.idOf(answer)}" data-picture="${known}" aria-label="${label}" title="${label}">${this.picture(file)}<span class="says"><b>${right ? "✓" : "✗"} ${predicted}</b> ${percent(certainty)}</span>${right ? undefined : html`<span class="is">is ${truth}</span>`}</a></li>`;
  }

  tiles(answers: readonly ReportAnswer[]): Html {
    return html`<ul class="tiles">${answers.map((answer) => this.tile(answer))}</ul>`;
  }
}

/** Only what the page lets in: a data: URI of a bitmap. */
export function isPicture(uri: string): boolean {
  return /^data:image\/(?:png|jpeg|webp);base64,[A-Za-z0-9+/]+=*$/.test(uri);
}

/** Answers by truth and prediction, and the page's names for them. */
export interface Groups {
  readonly classes: readonly string[];
  /** Of single classes: by "truth-predicted"; of several labels at once by "right" and "wrong". */
  readonly cells: ReadonlyMap<string, readonly ReportAnswer[]>;
  idOf(answer: ReportAnswer): string;
}

function groupsOf(answers: readonly ReportAnswer[], classes: readonly string[]): Groups {
  const index = new Map(classes.map((name, i) => [name, i]));
  const idOf = ({ truth, predicted, right }: ReportAnswer): string => {
    const [row, column] = [index.get(truth), index.get(predicted)];
    if (row === undefined || column === undefined) return right ? "cell-right" : "cell-wrong";
    return `cell-${row}-${column}`;
  };
  const cells = new Map<string, ReportAnswer[]>();
  for (const answer of answers) {
    const id = idOf(answer);
    const cell = cells.get(id);
    if (cell === undefined) cells.set(id, [answer]);
    else cell.push(answer);
  }
  return { classes, cells, idOf };
}

/** The end of a path, which tells files apart. */
function shortName(file: string): string {
  const name = file.split("/").at(-1) ?? file;
  return name.length > 28 ? `…${name.slice(-27)}` : name;
}

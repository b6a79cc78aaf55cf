import { type Colours, coloursFor } from "./view/colour.ts";
import { Progress, type ProgressOptions } from "./view/progress.ts";
import { plainLines } from "./view/width.ts";

/** The part of an output stream that printing needs. */
interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

interface Outputs {
  readonly stdout: Output;
  readonly stderr: Output;
}

/** Takes a bar that may stand there off the terminal's line, so that what follows begins at its left. */
export function clearLine(stream: Output): void {
  if (stream.isTTY) stream.write("\r\x1b[K");
}

/** Where a command prints: results to stdout; progress, notes and errors to stderr. */
export class Terminal {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly colours: Colours;
  readonly width: number;
  readonly #out: Output;
  readonly #notes: Output;
  #progress: Progress | undefined;
  #label: string | undefined;

  constructor(
    { json = false, quiet = false }: { readonly json?: boolean; readonly quiet?: boolean },
    { stdout, stderr }: Outputs = process,
  ) {
    this.json = json;
    this.quiet = quiet;
    this.#out = stdout;
    this.#notes = stderr;
    this.colours = coloursFor(json ? stderr : stdout, process.env);
    this.width = stdout.columns || 100;
  }

  /** A line of the result, for people. Under --json nothing but JSON goes to stdout. */
  say(text: string): void {
    if (!this.json) this.#print(this.#out, text);
  }

  /** One JSON value on one line, under --json. */
  emit(value: unknown): void {
    if (this.json) this.#print(this.#out, JSON.stringify(value));
  }

  /** Something to know that is not the result; it may hold names of files, so nothing in it moves the cursor. */
  note(text: string): void {
    this.#note(plainLines(text));
  }

  warn(text: string): void {
    this.#note(`${this.colours.yellow("Note:")} ${plainLines(text)}`);
  }

  /** Moves the bar of this label; another label begins another bar. */
  progress(label: string, done: number, total: number, options: Partial<ProgressOptions> = {}): void {
    if (this.#label !== label) {
      this.#progress?.clear();
      this.#progress = new Progress({ stream: this.#notes, quiet: this.quiet, label, ...options });
      this.#label = label;
    }
    this.#progress?.update(done, total);
  }

  #note(text: string): void {
    if (!this.quiet) this.#print(this.#notes, text);
  }

  /** The bar steps aside for a line; it knows its rate on, and its next move draws it again. */
  #print(stream: Output, text: string): void {
    this.#progress?.clear();
    stream.write(`${text}\n`);
  }
}

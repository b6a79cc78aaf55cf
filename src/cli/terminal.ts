import { type Colours, coloursFor } from "./view/colour.ts";
import { Progress, type ProgressOptions } from "./view/progress.ts";

/** Where a command prints: results to stdout; progress, notes and errors to stderr. */
export class Terminal {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly colours: Colours;
  readonly width: number;
  #progress: Progress | undefined;
  #label: string | undefined;

  constructor({ json = false, quiet = false }: { readonly json?: boolean; readonly quiet?: boolean }) {
    this.json = json;
    this.quiet = quiet;
    this.colours = coloursFor(json ? process.stderr : process.stdout, process.env);
    this.width = process.stdout.columns || 100;
  }

  /** A line of the result, for people. Under --json nothing but JSON goes to stdout. */
  say(text: string): void {
    this.done();
    if (!this.json) process.stdout.write(`${text}\n`);
  }

  /** One JSON value on one line, under --json. */
  emit(value: unknown): void {
    this.done();
    if (this.json) process.stdout.write(`${JSON.stringify(value)}\n`);
  }

  /** Something to know that is not the result. */
  note(text: string): void {
    this.done();
    if (!this.quiet) process.stderr.write(`${text}\n`);
  }

  warn(text: string): void {
    this.note(`${this.colours.yellow("Note:")} ${text}`);
  }

  /** Moves the bar of this label; another label begins another bar. */
  progress(label: string, done: number, total: number, options: Partial<ProgressOptions> = {}): void {
    if (this.#label !== label) {
      this.done();
      this.#progress = new Progress({ stream: process.stderr, quiet: this.quiet, label, ...options });
      this.#label = label;
    }
    this.#progress?.update(done, total);
  }

  /** Takes the bar away. */
  done(): void {
    this.#progress?.clear();
    if (this.#label === undefined) return;
    this.#progress = undefined;
    this.#label = undefined;
  }
}

import { floats, uint8 } from "../core/tensor.ts";
import type { Pixels } from "../data/sample.ts";
import type { Session } from "../runtime/session.ts";
import { pixelsInput } from "../surgery/preprocess.ts";
import { type ClassifierRecord, embeddingOutput } from "./classifier.ts";
import { ClassifierError } from "./errors.ts";
import { type ClassifyOptions, checkTop, type Prediction, predictionOf } from "./prediction.ts";
import { ruleOf } from "./prediction-set.ts";

/** A trained classifier in an engine: what it is the same in, wherever its pictures are decoded. */
export class LoadedClassifier {
  /** Where it came from, for messages. */
  readonly file: string;
  readonly record: ClassifierRecord;
  readonly #session: Session;
  readonly #underway = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  protected constructor(file: string, record: ClassifierRecord, session: Session) {
    this.file = file;
    this.record = record;
    this.#session = session;
  }

  get classes(): readonly string[] {
    return this.record.labels;
  }

  /** Whether a picture may have several labels at once, or none. */
  get multiLabel(): boolean {
    return this.record.task === "multi-label";
  }

  /** Throws ClassifierError unless it can tell what is none of its classes. */
  ensureUnknown(): void {
    if (this.record.unknown !== undefined) return;
    throw new ClassifierError(
      {
        what: `${this.file} cannot tell what is none of its classes.`,
        why: "It was trained by an earlier version, or with too few validation pictures for a threshold.",
        next: "Train again; run.json says under `unknown` how many validation pictures it takes.",
      },
      { file: this.file },
    );
  }

  /** Throws what `pixels` throws, UsageError for options that mean nothing, ClassifierError once it is closed. */
  protected async classify(pixels: () => Promise<Pixels>, options: ClassifyOptions): Promise<Prediction> {
    if (options.top !== undefined) checkTop(options.top);
    if (options.coverage !== undefined) ruleOf(this.record, options.coverage, this.file);
    return this.#run(pixels, (answer) => predictionOf(answer, this.record, this.file, options));
  }

  /** The feature vector alone. Throws what `pixels` throws, ClassifierError once it is closed. */
  protected async embedding(pixels: () => Promise<Pixels>): Promise<Float32Array> {
    return this.#run(pixels, (answer) => floats(answer[embeddingOutput]!), [embeddingOutput]);
  }

  async #run<T>(
    pixels: () => Promise<Pixels>,
    read: (answer: Awaited<ReturnType<Session["run"]>>) => T,
    fetch?: readonly string[],
  ): Promise<T> {
    this.#refuseClosed();
    const result = pixels().then(async ({ width, height, data }) => {
      const feeds = { [pixelsInput]: uint8(data, [1, height, width, 3]) };
      return read(await this.#session.run(feeds, fetch));
    });
    this.#underway.add(result);
    return result.finally(() => this.#underway.delete(result));
  }

  /** Waits for the predictions under way and frees the engine. Closing twice does no harm. */
  async close(): Promise<void> {
    this.#closed ??= Promise.allSettled(this.#underway).then(() => this.#session.release());
    await this.#closed;
  }

  #refuseClosed(): void {
    if (this.#closed === undefined) return;
    throw new ClassifierError(
      { what: `The classifier ${this.file} is closed.`, next: "Load it again." },
      { file: this.file },
    );
  }
}

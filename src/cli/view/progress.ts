import { duration, integer, rate } from "../../core/words.ts";
import { displayWidth, plain, shorten } from "./width.ts";

/** The part of a terminal stream that a progress line needs; process.stderr is one. */
interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface ProgressOptions {
  readonly stream: ProgressStream;
  /** Nothing is drawn. */
  readonly quiet?: boolean;
  /** Stands before the bar. */
  readonly label?: string;
  /** What is counted: "pictures" by default. */
  readonly unit?: string;
  /** Left out where it is not known: then there is no bar and no time left. */
  readonly total?: number;
  /** Milliseconds; Date.now by default. */
  readonly clock?: () => number;
}

/** Milliseconds: short work shows nothing, a line is redrawn ten times a second, the rate is that of the last 5 s. */
const [showAfter, redrawEvery, rateWindow] = [1000, 100, 5000];
const [widestBar, narrowestBar] = [24, 8];

/** A progress line, drawn in place: `[####----]  53 %  1,024/1,920 pictures  312/s  3 s left`. Needs no timer. */
export class Progress {
  private readonly options: ProgressOptions;
  private readonly clock: () => number;
  private readonly started: number;
  private readonly shown: boolean;
  private total: number | undefined;
  private drawnAt = Number.NEGATIVE_INFINITY;
  private visible = false;
  /** [milliseconds, done] at each moment of the window, oldest first; one a redraw, so it stays short. */
  private readonly moments: [number, number][];

  constructor(options: ProgressOptions) {
    this.options = options;
    this.clock = options.clock ?? Date.now;
    this.started = this.clock();
    this.shown = options.stream.isTTY === true && options.quiet !== true;
    this.total = options.total;
    this.moments = [[this.started, 0]];
  }

  /** Says how much is done by now; `total` where it became known or changed. */
  update(done: number, total = this.total): void {
    if (!this.shown) return;
    this.total = total;
    const now = this.clock();
    if (now - this.drawnAt < redrawEvery && done !== total) return;
    this.drawnAt = now;
    this.moments.push([now, done]);
    // The one moment older than the window is its left edge.
    while (this.moments.length > 2 && now - this.moments[1]![0] >= rateWindow) this.moments.shift();
    if (now - this.started < showAfter) return;
    // Some pseudo-terminals say 0 columns. The last one stays free: writing there would wrap.
    const width = Math.max(1, (this.options.stream.columns || 80) - 1);
    this.options.stream.write(`\r${this.line(done, width)}\x1b[K`);
    this.visible = true;
  }

  /** Takes the line off the screen: before other output, and at the end. The next update draws it again. */
  clear(): void {
    if (this.visible) this.options.stream.write("\r\x1b[K");
    this.visible = false;
    this.drawnAt = Number.NEGATIVE_INFINITY;
  }

  private perSecond(): number {
    const [from, to] = [this.moments[0]!, this.moments.at(-1)!];
    return to[0] > from[0] ? (1000 * (to[1] - from[1])) / (to[0] - from[0]) : 0;
  }

  /** What fits in `width` columns: the bar shrinks first and goes, then the rate goes, then the text is cut. */
  private line(done: number, width: number): string {
    const { label, unit = "pictures" } = this.options;
    const { total } = this;
    const speed = this.perSecond();
    const heading = label === undefined ? [] : [plain(label)];
    const speedText = speed > 0 ? [rate(speed)] : [];
    if (total === undefined) {
      const parts = [...heading, `${integer(done)} ${unit}`, ...speedText];
      return shorten(parts.join("  "), width);
    }
    const share = total > 0 ? Math.min(1, Math.max(0, done / total)) : 1;
    const counts = [
      `${String(Math.floor(share * 100)).padStart(2)} %`,
      `${integer(done)}/${integer(total)} ${unit}`,
    ];
    const left = speed > 0 && done < total ? [`${duration(Math.ceil((total - done) / speed))} left`] : [];
    const text = [...counts, ...speedText, ...left].join("  ");
    const room = width - displayWidth([...heading, "[]", text].join("  "));
    if (room >= narrowestBar) {
      return [...heading, bar(share, Math.min(widestBar, room)), text].join("  ");
    }
    const full = [...heading, text].join("  ");
    const brief = [...heading, ...counts].join("  ");
    return displayWidth(full) <= width ? full : shorten(brief, width);
  }
}

function bar(share: number, width: number): string {
  const filled = Math.floor(share * width);
  return `[${"#".repeat(filled)}${"-".repeat(width - filled)}]`;
}

import { integer, percentage } from "../core/words.ts";
import type { DoneEvent, RunEvent } from "../index.ts";
import type { Terminal } from "./terminal.ts";
import { chosenText, epochLine, keptText, resumeText, rollbackText, stageLines } from "./view/training.ts";

/** An event of training on the screen: a bar that moves, a note or a warning. */
export function showTraining(event: Exclude<RunEvent, DoneEvent>, terminal: Terminal): void {
  switch (event.type) {
    case "opened": {
      const { data, classes, bases, ignored } = event;
      const kinds = `${integer(classes.length)} ${data.multiLabel ? "labels, several at once" : "classes"}`;
      terminal.note(`${data.path}: ${integer(data.pictures)} pictures of ${kinds} (${data.layout})`);
      if (data.multiLabel)
        terminal.note("Shares told while training are of pictures whose labels are all right.");
      for (const base of bases) {
        terminal.note(
          `Base: ${base.name}, ${base.size} x ${base.size} pixels (--fit ${base.fit}: ${fitWords[base.fit]}), ` +
            `cut at '${base.cut}', ${integer(base.width)} features; normalised as ${base.preprocessSource} says`,
        );
      }
      if (ignored.length > 0)
        terminal.note(`Passed over, hidden or no pictures: ${integer(ignored.length)} (run.json lists them)`);
      break;
    }
    case "features":
      terminal.progress(featuresLabel(event), event.done, event.total);
      break;
    case "skipped":
      terminal.warn(`skipped ${event.file}: ${event.reason}`);
      break;
    case "split": {
      const { train: fitted, val, test, twins, parted } = event;
      const together =
        parted > 0 ? `, ${integer(parted)} of them parted by the data's own split` : " and stay together";
      const note = twins > 0 ? `; ${integer(twins)} have a twin${together}` : "";
      terminal.note(
        `Split: ${integer(fitted)} to train, ${integer(val)} to validate, ${integer(test)} to test${note}`,
      );
      break;
    }
    case "warning":
      terminal.warn(event.message);
      break;
    case "solve":
      terminal.progress("Head", event.step, event.steps, { unit: "strengths of regularisation" });
      break;
    case "epoch":
      if (event.stage === undefined) terminal.progress("Head", event.epoch, event.epochs, { unit: "epochs" });
      else terminal.note(epochLine(event));
      break;
    case "stage":
      for (const line of stageLines(event)) terminal.note(line);
      break;
    case "baseline":
      terminal.progress("To compare: the head on bare pixels", event.done, event.total);
      break;
    case "views":
      terminal.progress("Frozen part", event.done, event.total, { unit: "views" });
      break;
    case "step":
      terminal.progress(`Epoch ${event.epoch}/${event.epochs}`, event.step, event.steps, {
        unit: `steps  loss ${event.loss.toFixed(3)}  ${percentage(event.accuracy)}`,
      });
      break;
    case "rollback":
      terminal.warn(rollbackText(event));
      break;
    case "resume": {
      const text = resumeText(event);
      if (event.from === "checkpoint") terminal.note(text);
      else terminal.warn(text);
      break;
    }
    case "kept":
      terminal.note(keptText(event));
      break;
    case "chosen": {
      const text = chosenText(event);
      if (text !== undefined) terminal.note(text);
      break;
    }
    case "inspecting":
      terminal.progress("Looking the data over", event.done, event.total);
      break;
    case "heads":
      terminal.progress("Heads to ask", event.done, event.total, { unit: "heads" });
      break;
    case "evaluated":
      break;
    default:
      event satisfies never;
  }
}

function featuresLabel({ base }: Extract<RunEvent, { type: "features" }>): string {
  return base ? `Features ${base.place}/${base.of}, ${base.name}` : "Features";
}

const fitWords: Readonly<Record<string, string>> = {
  cover: "the middle square is seen",
  squash: "pictures are stretched to a square",
  contain: "pictures are framed to a square",
};

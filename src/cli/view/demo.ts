import { count, decimal, duration, percentage } from "../../core/words.ts";
import type { DemoFigure, DemoResult, DrawnEvent } from "../../index.ts";
import type { Colours } from "./colour.ts";
import { table } from "./table.ts";
import { plain } from "./width.ts";

const uses = { train: "train", val: "choose", test: "test" } as const;

/** The sets with their licences, and where the pictures are. */
export function drawnView(
  { sets, pictures, folder, sheet, licences, reused }: DrawnEvent,
  { bold }: Colours,
): string {
  const columns = [
    { title: "Drawn by", maxWidth: 48 },
    { title: "Licence" },
    { title: "Pictures" },
    { title: "To" },
  ];
  const rows = sets.map(({ title, author, licence, pictures: own, part }) => [
    `${title}, ${author}`,
    licence.title,
    own,
    uses[part],
  ]);
  return [
    `${bold("Rock, paper, scissors")} from emoji: hands in six colours of skin, ${count(pictures, "picture")}`,
    "",
    table(columns, rows),
    "",
    `Pictures  ${plain(folder)}${reused ? "  (drawn before)" : ""}`,
    `Sheet     ${plain(sheet)}`,
    `Licences  ${plain(licences)}`,
    "",
  ].join("\n");
}

/** What fine-tuning brought on the vendor never seen, what was written, one prediction and what to type next. */
export function demoView(result: DemoResult, { bold, dim, green, red }: Colours): string {
  const { before, after, grid, model, prediction, seconds, out } = result;
  const { file, label, probability, truth, top } = prediction;
  const tested = result.drawn.sets.find(({ part }) => part === "test");
  const verdict = label === truth ? green("right") : red(`wrong: it is ${plain(truth)}`);
  const rest = top
    .slice(1)
    .map((other) => `${plain(other.label)} ${percentage(other.probability)}`)
    .join(", ");
  return [
    "",
    `On ${tested?.title ?? "the test part"}, whose hands it never saw:`,
    "",
    `  Before fine-tuning  ${figureText(before)}   the head alone, on what the base knew`,
    `  After               ${bold(figureText(after))}   the base trained with it`,
    `  ${changeText(before, after)}`,
    "",
    `Grid     ${plain(grid)}  green with a tick: right, red with a cross: wrong`,
    `Picture  ${plain(file)}  ${bold(plain(label))} ${percentage(probability)} ${dim(rest)}  ${verdict}`,
    `Model    ${plain(model)}  (${duration(seconds)} for everything)`,
    `Try it:  tsugiki predict ${plain(out)} some-picture.jpg`,
    "",
    `${bold("Next:    tsugiki train my-photos")}`,
    "         with a folder a class: my-photos/rose/1.jpg, my-photos/tulip/2.png; a dozen pictures of each will do to begin",
  ].join("\n");
}

function figureText({ accuracy, n, interval }: DemoFigure): string {
  const [low, high] = interval.map((bound) => decimal(100 * bound, 1));
  return `${percentage(accuracy).padStart(7)}  ${Math.round(accuracy * n)} of ${n} right (95 % interval ${low} to ${high} %)`;
}

/** Whether fine-tuning helped, said either way, and how sure that is. */
export function changeText(before: DemoFigure, after: DemoFigure): string {
  const points = decimal(100 * Math.abs(after.accuracy - before.accuracy), 1);
  if (after.accuracy <= before.accuracy) {
    const how = after.accuracy === before.accuracy ? "it changed nothing" : `it lost ${points} points`;
    return `Fine-tuning did not help here: ${how}.`;
  }
  const apart = after.interval[0] > before.interval[1];
  const sure = apart ? "" : "; the intervals overlap, so chance may have a part in it";
  return `Fine-tuning brought ${points} points${sure}.`;
}

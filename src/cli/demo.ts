import type { Command } from "commander";
import { decimal } from "../core/words.ts";
import { type DemoEvent, type DemoOptions, demo } from "../index.ts";
import { examples, type OutputOptions, whole, withOutput } from "./options.ts";
import { showTraining } from "./show-training.ts";
import { Terminal } from "./terminal.ts";
import { demoView, drawnView } from "./view/demo.ts";
import { stageLines } from "./view/training.ts";

type Flags = OutputOptions & Pick<DemoOptions, "out" | "seed" | "cache">;

/** `tsugiki demo` */
export function demoCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("demo")
    .summary("the first minute: learn rock, paper, scissors from drawn hands")
    .description(
      "Draws rock, paper and scissors from the hands of freely licensed emoji sets, trains on some vendors' hands, and " +
        "measures on those of a vendor that it never saw, before and after fine-tuning. Needs no network and no data.",
    )
    .option("--out <folder>", "for the pictures, the sheets and the run (default: runs/demo)")
    .option("--seed <number>", "of the pictures and of training (default: 0)", whole)
    .option(
      "--cache <folder>",
      "where computed features are kept (default: $TSUGIKI_CACHE or the user's cache)",
    );
  withOutput(command)
    .addHelpText("after", examples(["tsugiki demo", "tsugiki demo --seed 7 --out runs/demo-7 --json"]))
    .action(async (flags: Flags) => {
      const terminal = new Terminal(flags);
      const notes: string[] = [];
      for await (const event of demo({ ...flags, signal })) show(event, terminal, notes);
    });
}

function show(event: DemoEvent, terminal: Terminal, notes: string[]): void {
  switch (event.type) {
    case "drawing":
      terminal.progress("Drawing", event.done, event.total);
      break;
    case "drawn":
      terminal.say(drawnView(event, terminal.colours));
      break;
    case "warning":
      notes.push(event.message);
      break;
    // The pictures were described a moment ago; a demo is begun anew, never resumed.
    case "opened":
    case "resume":
    case "kept":
      break;
    case "done": {
      const { result } = event;
      terminal.say(demoView(result, terminal.colours));
      terminal.emit({ ...result, notes, seconds: Number(decimal(result.seconds, 3)) });
      break;
    }
    // How views are kept is for those who set it.
    case "stage":
      terminal.note(stageLines(event)[0] ?? "");
      break;
    default:
      showTraining(event, terminal);
  }
}

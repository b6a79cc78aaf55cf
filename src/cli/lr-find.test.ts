import { Command } from "commander";
import { expect, test } from "vitest";
import { lrFindCommand, nextCommand } from "./lr-find.ts";

test("the command to go on with repeats the options that were given, but for lr-find's own", () => {
  const program = new Command();
  lrFindCommand(program, new AbortController().signal);
  const command = program.commands[0]!;
  const typed = "--unfreeze 0.2 --augment flip --steps 30 --strict --out there --head linear";
  command.parseOptions(typed.split(" "));
  const suggestion = { rate: 5e-4, valley: 1e-4, steepest: 1e-4, fall: undefined, highest: 1e-3, scatter: 0 };
  expect(nextCommand("my photos", command, { strategy: "finetune", suggestion })).toBe(
    "tsugiki train 'my photos' --strategy finetune --head linear --strict --unfreeze 0.2 --augment flip --learning-rate 5e-4",
  );
});

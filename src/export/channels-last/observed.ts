import { freshName } from "../../surgery/join.ts";
import type { Program } from "./program.ts";
import { renamed } from "./tidy.ts";

/** The program with these of its values for its outputs, under names that every format allows. */
export function observedProgram(program: Program, values: readonly string[]): Program {
  const taken = new Set([...program.values.keys(), ...program.constants.keys()]);
  const names = new Map(values.map((value, i) => [value, freshName(taken, `observed_${i}`)]));
  const named = (name: string): string => names.get(name) ?? name;
  return {
    ...program,
    outputs: values.map(named),
    values: new Map([...program.values].map(([name, value]) => [named(name), value])),
    steps: program.steps.map((step) => ({ ...renamed(step, named), output: named(step.output) })),
  };
}

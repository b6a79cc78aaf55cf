import type { DataFinding } from "./finding.ts";

/** What folders of pictures of nothing in particular are called: "none", "Others", "BACKGROUND_Google", "none of these". */
const usual = /^(none|others?|background)(?![a-z])/i;

/**
 * Classes that hold strangers by their names: pictures of none of the others. None where strangers could not be told apart
 * from classes: of two classes one would be left.
 */
export function strangerClasses(classes: readonly string[]): string[] {
  const named = classes.filter((name) => usual.test(name));
  return classes.length > 2 ? named : [];
}

/** Folders that are, by their names, probably no class. */
export function strangerFindings(names: readonly string[]): DataFinding[] {
  return names.map((name) => ({
    kind: "not-a-class",
    files: [],
    classes: [name],
    reason: `${name} is what folders are called whose pictures are none of the other classes`,
    action: `if they are, train with --outliers ${/^[\w-]+$/.test(name) ? name : `"${name}"`}: they then measure what is turned away`,
    score: 1,
    drop: [],
  }));
}

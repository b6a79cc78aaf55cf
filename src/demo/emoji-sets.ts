import type { Part } from "../data/sample.ts";

/** What a hand shows in janken (rock, paper, scissors): the classes of the demo. */
export const gestures = ["rock", "paper", "scissors"] as const;

export type Gesture = (typeof gestures)[number];

/** The yellow of cartoons, and the five skin tones of Unicode (the Fitzpatrick modifiers, UTS #51). */
export const tones = ["yellow", "light", "medium-light", "medium", "medium-dark", "dark"] as const;

export type Tone = (typeof tones)[number];

/** The emoji that show a gesture, by the names that Iconify derives from Unicode's. */
export const emojiOf: Readonly<Record<Gesture, readonly string[]>> = {
  rock: ["raised-fist", "oncoming-fist"],
  paper: ["raised-hand", "hand-with-fingers-splayed", "raised-back-of-hand"],
  scissors: ["victory-hand"],
};

export interface EmojiSet {
  /** Behind `@iconify-json/`. */
  readonly name: "twemoji" | "fluent-emoji-flat" | "emojione" | "openmoji" | "noto-v1";
  /** A vendor's drawings are all in one part: the test is on a hand that was never seen. */
  readonly part: Part;
  /** What stands behind a skin tone in an emoji's name. */
  readonly toneSuffix: string;
}

/** Three vendors to train on, a fourth to choose on, a fifth to test on. */
export const emojiSets: readonly EmojiSet[] = [
  { name: "twemoji", part: "train", toneSuffix: "-skin-tone" },
  { name: "fluent-emoji-flat", part: "train", toneSuffix: "" },
  { name: "emojione", part: "train", toneSuffix: "-skin-tone" },
  { name: "openmoji", part: "val", toneSuffix: "-skin-tone" },
  { name: "noto-v1", part: "test", toneSuffix: "-skin-tone" },
];

/** "raised-fist-medium-dark-skin-tone"; yellow is the emoji without a tone. */
export function iconName(emoji: string, tone: Tone, { toneSuffix }: EmojiSet): string {
  return tone === "yellow" ? emoji : `${emoji}-${tone}${toneSuffix}`;
}

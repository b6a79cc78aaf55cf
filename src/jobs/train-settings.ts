import type { TrainSettings } from "../train/run.ts";
import { type HeadChoices, headSettings } from "../train/settings.ts";
import { type NetworkOptions, networkOf } from "./network-settings.ts";

/** How to train, as a user says it: everything may be left out. */
export interface TrainChoices extends HeadChoices, NetworkOptions {}

/** Fills in the defaults and checks everything, before hours of work rest on it. Throws UsageError. */
export function settingsOf(choices: TrainChoices): TrainSettings {
  return headSettings(choices, networkOf(choices));
}

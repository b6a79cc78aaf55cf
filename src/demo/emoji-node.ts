import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { reason } from "../core/errors.ts";
import { type EmojiSet, emojiOf, type Gesture, gestures, iconName, type Tone, tones } from "./emoji-sets.ts";
import { EmojiSetError } from "./errors.ts";

/** One hand as a vendor drew it. */
export interface Drawing {
  readonly gesture: Gesture;
  readonly emoji: string;
  readonly tone: Tone;
  /** What stands inside an `<svg>` whose view is from 0, 0 to width, height. */
  readonly body: string;
  readonly width: number;
  readonly height: number;
}

/** A set's drawings, and whose they are. */
export interface Vendor {
  readonly set: EmojiSet;
  /** "@iconify-json/twemoji" */
  readonly package: string;
  readonly version: string;
  /** "Twitter Emoji" */
  readonly title: string;
  readonly author: { readonly name: string; readonly url: string };
  readonly licence: { readonly title: string; readonly url: string };
  readonly drawings: readonly Drawing[];
}

interface Icons {
  readonly icons: Readonly<Record<string, { body: string; width?: number; height?: number }>>;
  readonly width?: number;
  readonly height?: number;
}

interface Info {
  readonly name: string;
  readonly author: { readonly name: string; readonly url: string };
  readonly license: { readonly title: string; readonly url: string };
}

const require = createRequire(import.meta.url);

/** Where the packages lie; their names are written out, so that a search for one finds its use. */
const manifests: Readonly<Record<EmojiSet["name"], () => string>> = {
  twemoji: () => require.resolve("@iconify-json/twemoji/package.json"),
  "fluent-emoji-flat": () => require.resolve("@iconify-json/fluent-emoji-flat/package.json"),
  emojione: () => require.resolve("@iconify-json/emojione/package.json"),
  openmoji: () => require.resolve("@iconify-json/openmoji/package.json"),
  "noto-v1": () => require.resolve("@iconify-json/noto-v1/package.json"),
};

/** Pixels of a side that Iconify means where a set names none. */
const usualSide = 16;

/** Every hand of a set, in the order of gestures, emoji and tones. Throws EmojiSetError for what its package lacks. */
export async function readVendor(set: EmojiSet, manifestFile = manifests[set.name]): Promise<Vendor> {
  const name = `@iconify-json/${set.name}`;
  const read = <T>(file: string): Promise<T> => readJson<T>(name, () => join(dirname(manifestFile()), file));
  const [icons, info, manifest] = await Promise.all([
    read<Icons>("icons.json"),
    read<Info>("info.json"),
    read<{ readonly version: string }>("package.json"),
  ]);
  const drawings = gestures.flatMap((gesture) =>
    emojiOf[gesture].flatMap((emoji) =>
      tones.map((tone) => ({ gesture, emoji, tone, ...drawn(icons, iconName(emoji, tone, set), name) })),
    ),
  );
  const author = { name: info.author.name, url: info.author.url };
  const licence = { title: info.license.title, url: info.license.url };
  return { set, package: name, version: manifest.version, title: info.name, author, licence, drawings };
}

/** The packages are pinned: what they hold is checked where a hand could be missing, not field by field. */
async function readJson<T>(name: string, file: () => string): Promise<T> {
  try {
    return JSON.parse(await readFile(file(), "utf8")) as T;
  } catch (cause) {
    throw new EmojiSetError(
      {
        what: `The drawings of ${name} cannot be read:`,
        why: `${reason(cause).split("\n", 1)[0]}.`,
        next: "They come with Tsugiki: install it again (in a clone, npm ci).",
      },
      { package: name },
      { cause },
    );
  }
}

function drawn(
  { icons, width = usualSide, height = usualSide }: Icons,
  icon: string,
  name: string,
): Pick<Drawing, "body" | "width" | "height"> {
  const found = icons[icon];
  // A body that refers to ids or files could meet those of the picture around it; no hand of these sets does.
  const why =
    found === undefined ? "there is none of this name" : /\b(id|href)=/.test(found.body) ? "it has ids" : "";
  if (found === undefined || why !== "") {
    throw new EmojiSetError(
      {
        what: `${name} has no drawing '${icon}' that the demo can use:`,
        why: `${why}.`,
        next: "Install the version that Tsugiki names (in a clone, npm ci).",
      },
      { package: name },
    );
  }
  return { body: found.body, width: found.width ?? width, height: found.height ?? height };
}

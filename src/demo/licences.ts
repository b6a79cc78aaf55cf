import type { Vendor } from "./emoji-node.ts";

/** What stands beside the pictures, for whoever copies them: whose drawings they are, and what was done to them. */
export function licencesText(vendors: readonly Vendor[]): string {
  const sets = vendors.map(({ title, author, licence, set, package: name, version }) =>
    [
      title,
      `  pictures  ${set.part}/*/${set.name}-*.jpg`,
      `  author    ${author.name}, ${author.url}`,
      `  licence   ${licence.title}, ${licence.url}`,
      `  package   ${name} ${version}`,
    ].join("\n"),
  );
  return [
    "Whose drawings these pictures show",
    "",
    "Each shows one hand of an emoji set. Changed: turned, scaled, some mirrored, and put on a background that Tsugiki drew.",
    "The backgrounds add no conditions. A picture is under the licence of its hand: those of a share-alike licence (BY-SA),",
    "and what is made from them, are passed on under the same one.",
    "",
    ...sets.flatMap((text) => [text, ""]),
  ].join("\n");
}

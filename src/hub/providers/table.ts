import type { Remote } from "../handle.ts";
import type { Described, Provider, World } from "../provider.ts";
import { describeNamed, describeTfhub } from "./catalogue.ts";
import { describeUrl } from "./url.ts";
import { describeZoo } from "./zoo.ts";

/** A provider for each kind of handle. */
const providers: { readonly [Kind in Remote["kind"]]: Provider<Kind> } = {
  name: describeNamed,
  url: describeUrl,
  // Its client is large, and most starts of the program ask nobody.
  hf: async (handle, world) => (await import("./hugging-face.ts")).describeHuggingFace(handle, world),
  hub: async (handle, world) => (await import("./hugging-face.ts")).describeOwn(handle, world),
  zoo: describeZoo,
  tfhub: describeTfhub,
};

/** What a handle stands for, by the provider of its kind. */
export function describe<Kind extends Remote["kind"]>(
  handle: Extract<Remote, { kind: Kind }>,
  world: World,
): Promise<Described> {
  return (providers[handle.kind as Kind] as Provider<Kind>)(handle as never, world);
}

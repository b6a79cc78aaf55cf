import { type Command, Option } from "commander";
import { count } from "../../core/words.ts";
import { describeModel, type ListedModel, listModels, searchModels } from "../../index.ts";
import { examples, number, type OutputOptions, whole, withHub, withOutput } from "../options.ts";
import { Terminal } from "../terminal.ts";
import { foundTable, listedTable, modelView } from "../view/models.ts";

interface HubFlags extends OutputOptions {
  readonly offline?: boolean;
}

/** `tsugiki models list` */
export function listCommand(group: Command): void {
  const command = group
    .command("list")
    .summary("list the catalogue, and what is on this machine")
    .description(
      "Lists pretrained models that can be had by their names, and what else was pulled. Touches no network.",
    )
    .argument("[name]", "part of a name")
    .addOption(
      new Option("--task <task>", "what they do").choices(["image-classification", "image-features"]),
    )
    .option("--max-size <MB>", "no larger than this", (text) => megabytes(text))
    .option("--licence <licence>", '"permissive" (commercial use allowed), or a licence by its name')
    .option("--pulled", "those on this machine alone");
  withOutput(command)
    .addHelpText(
      "after",
      examples([
        "tsugiki models list --task image-classification --max-size 20MB --licence permissive",
        "tsugiki models list mobilenet",
        "tsugiki models list --pulled",
      ]),
    )
    .action(async (named: string | undefined, { maxSize, ...flags }: HubFlags & ListFlags) => {
      const terminal = new Terminal(flags);
      const models = await listModels({ ...flags, named, maxBytes: maxSize });
      terminal.say(models.length > 0 ? listedTable(models) : "None of the catalogue is like that.");
      terminal.say(
        `\n${count(models.length, "model")}. Train on one: tsugiki train photos --base ${first(models)}`,
      );
      terminal.emit({ models });
    });
}

interface ListFlags {
  readonly task?: "image-classification" | "image-features";
  readonly maxSize?: number;
  readonly licence?: string;
  readonly pulled?: boolean;
}

function first([model]: readonly ListedModel[]): string {
  return model?.handle ?? "box";
}

/** "20", "20MB", "1.5GB", in bytes. */
function megabytes(text: string): number {
  const [, digits = text, unit] = /^([\d.]+)\s*(mb|gb|kb)?$/i.exec(text) ?? [];
  const scale = { kb: 1e3, mb: 1e6, gb: 1e9 }[(unit ?? "mb").toLowerCase()]!;
  return number(digits) * scale;
}

/** `tsugiki models search QUERY` */
export function searchCommand(group: Command, signal: AbortSignal): void {
  const command = group
    .command("search")
    .summary("look for models in the catalogue and on Hugging Face")
    .description(
      "Looks for models in the catalogue and, when online, among Hugging Face's repositories with ONNX files; of other zoos it says how a model of theirs gets here.",
    )
    .argument("<query>", "part of a name")
    .option("--limit <number>", "answers from Hugging Face at most", whole, 20);
  withHub(withOutput(command))
    .addHelpText(
      "after",
      examples([
        "tsugiki models search mobilenet",
        "tsugiki models search dinov2 --limit 5 --json",
        "tsugiki models search yolo",
      ]),
    )
    .action(async (query: string, flags: HubFlags & { limit: number }) => {
      const terminal = new Terminal(flags);
      const result = await searchModels({ ...flags, query, signal });
      if (result.catalogue.length > 0) terminal.say(`${listedTable(result.catalogue)}\n`);
      if (result.hub.length > 0) terminal.say(foundTable(result.hub));
      for (const { name, form, howTo } of result.zoos) terminal.say(`${name} has ${form} models. ${howTo}`);
      if (result.catalogue.length + result.hub.length + result.zoos.length === 0)
        terminal.say(`Nothing is called "${query}".`);
      if (result.unanswered !== null) terminal.warn(`Hugging Face was not searched: ${result.unanswered}`);
      terminal.emit(result);
    });
}

/** `tsugiki models info HANDLE` */
export function modelInfoCommand(group: Command, signal: AbortSignal): void {
  const command = group
    .command("info")
    .summary("say what is known of a model, pulled or not")
    .description(
      "Says what is known of a model: files, licence, published accuracy; of one on this machine also its inputs, weights " +
        "and the tensors that may serve as feature vector.",
    )
    .argument("<handle>", "a name of `models list`, hf:org/repo[@revision][:file.onnx], or an address");
  withHub(withOutput(command))
    .addHelpText(
      "after",
      examples([
        "tsugiki models info mobilenetv2_100.ra_in1k",
        "tsugiki models info hf:onnx-community/dinov2-small",
      ]),
    )
    .action(async (handle: string, flags: HubFlags) => {
      const terminal = new Terminal(flags);
      const model = await describeModel({ ...flags, handle, signal });
      terminal.say(modelView(model, terminal.colours));
      terminal.emit(model);
    });
}

import { integer } from "../../core/words.ts";
import type { Colours } from "./colour.ts";
import { table } from "./table.ts";

/** One layer of a network, in the order of the data. */
export interface SummaryRow {
  readonly layer: string;
  readonly type: string;
  /** Sizes or names of the axes; undefined where nothing is known. */
  readonly outputShape: readonly (number | string | undefined)[];
  readonly parameters: number;
  /** Whether training changes the parameters; no matter where there are none. */
  readonly trainable: boolean;
  /** The block that it belongs to, counted from the base's end; left out or null where it has none. */
  readonly block?: number | null;
}

/** A network layer by layer with its totals, as Keras's model.summary() shows it; frozen layers are marked. */
export function summaryView(rows: readonly SummaryRow[], colours: Colours): string {
  const frozen = (row: SummaryRow): boolean => !row.trainable && row.parameters > 0;
  const dim = (text: string, row: number): string => (rows[row]?.trainable ? text : colours.dim(text));
  const layers = table(
    [
      // A layer's path in the network says most at its end.
      { title: "Layer", maxWidth: 40, cut: "start", style: dim },
      { title: "Type", style: dim },
      { title: "Output shape", style: dim },
      { title: "Parameters", align: "right", style: dim },
      { title: "Block", align: "right", style: dim },
      { title: "", style: dim },
    ],
    rows.map((row) => [
      row.layer,
      row.type,
      shape(row.outputShape),
      row.parameters,
      row.block ?? "",
      frozen(row) ? "frozen" : "",
    ]),
  );
  const sum = (of: (row: SummaryRow) => boolean): number =>
    rows.filter(of).reduce((total, row) => total + row.parameters, 0);
  return [
    layers,
    "",
    `Total params: ${integer(sum(() => true))}`,
    `Trainable params: ${integer(sum((row) => row.trainable))}`,
    `Non-trainable (frozen) params: ${integer(sum((row) => !row.trainable))}`,
  ].join("\n");
}

function shape(dims: SummaryRow["outputShape"]): string {
  return `(${dims.map((dim) => dim ?? "?").join(", ")})`;
}

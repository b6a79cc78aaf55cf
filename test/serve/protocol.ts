import { InferenceSession, Tensor } from "onnxruntime-node";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { ask } from "../../recipes/serve-load/ask.ts";
import { random } from "../../src/core/random.ts";
import { picture, run, withServer } from "./patterns.ts";

interface Output {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data?: readonly (number | boolean)[];
  readonly parameters?: { readonly binary_data_size: number };
}

interface Answer {
  readonly model_name: string;
  readonly id?: string;
  readonly outputs: readonly Output[];
  readonly error?: string;
}

/** Three pictures' pixels, 40 high and 56 wide. */
const shape = [3, 40, 56, 3];
const rng = random(7);
const pixels = Uint8Array.from({ length: 3 * 40 * 56 * 3 }, () => rng.int(256));

/** What the model's file says by itself, row by row, on the stock engine. */
async function expected(rows: readonly Uint8Array[], [, height, width]: readonly number[]) {
  const session = await InferenceSession.create(`${run}/model.onnx`);
  const answers: InferenceSession.ReturnType[] = [];
  for (const row of rows)
    answers.push(await session.run({ pixels: new Tensor("uint8", row, [1, height!, width!, 3]) }));
  await session.release();
  const all = (name: string): number[] =>
    answers.flatMap((answer) => Array.from(answer[name]!.data as Float32Array, Number));
  return { probabilities: all("probabilities"), embedding: all("embedding"), unknown: all("unknown") };
}

const rowsOf = (bytes: Uint8Array, rows: number): Uint8Array[] =>
  Array.from({ length: rows }, (_, i) =>
    bytes.slice((i * bytes.length) / rows, ((i + 1) * bytes.length) / rows),
  );

function closeTo(found: readonly number[], wanted: readonly number[], within = 1e-4): void {
  expect(found.length).toBe(wanted.length);
  const scale = Math.max(1, ...wanted.map(Math.abs));
  expect(Math.max(...found.map((value, i) => Math.abs(value - wanted[i]!) / scale))).toBeLessThan(within);
}

export function protocolTests(): void {
  describe("the Open Inference Protocol", () => {
    test("says what the server and its models are, and that they are ready", async () => {
      await withServer({ models: [run] }, async ({ url, models }) => {
        expect(models.map(({ name }) => name)).toEqual(["patterns"]);
        expect((await ask(`${url}/v2`)).json()).toEqual({
          name: "tsugiki",
          version: expect.stringMatching(/^\d+\.\d+\.\d+/),
          extensions: ["binary_tensor_data"],
        });
        expect((await ask(`${url}/v2/health/live`)).json()).toEqual({ live: true });
        expect((await ask(`${url}/v2/health/ready`)).json()).toEqual({ ready: true });
        expect((await ask(`${url}/v2/models/patterns/ready`)).json()).toEqual({
          name: "patterns",
          ready: true,
        });
        expect((await ask(`${url}/v2/models/patterns`)).json()).toMatchObject({
          name: "patterns",
          platform: "onnx_onnxv1",
          inputs: [{ name: "pixels", datatype: "UINT8", shape: [-1, -1, -1, 3] }],
          outputs: [
            { name: "probabilities", datatype: "FP32", shape: [-1, 4] },
            { name: "embedding", datatype: "FP32", shape: [-1, expect.any(Number)] },
            { name: "strangeness", datatype: "FP32", shape: [-1] },
            { name: "unknown", datatype: "BOOL", shape: [-1] },
          ],
          parameters: { labels: ["checks", "dots", "stripes", "波"], multi_label: false },
        });
        for (const path of [
          "/v2/models/none",
          "/v2/models/none/ready",
          "/v2/models/__proto__",
          "/v2/nothing",
        ]) {
          const answer = await ask(url + path);
          expect([path, answer.status, answer.json()]).toEqual([path, 404, { error: expect.any(String) }]);
        }
      });
    });

    test("tensors as flat JSON, nested JSON and bytes give what the file gives on the stock engine", async () => {
      const wanted = await expected(rowsOf(pixels, 3), shape);
      await withServer({ models: [run] }, async ({ url }) => {
        const infer = `${url}/v2/models/patterns/infer`;
        const json = { "content-type": "application/json" };
        const input = { name: "pixels", datatype: "UINT8", shape };
        const nested = rowsOf(pixels, 3).map((row) =>
          rowsOf(row, 40).map((line) => rowsOf(line, 56).map((pixel) => [...pixel])),
        );
        for (const data of [[...pixels], nested]) {
          const body = JSON.stringify({ id: "42", inputs: [{ ...input, data }] });
          const answer = (await ask(infer, { headers: json, body })).json<Answer>();
          expect([answer.model_name, answer.id]).toEqual(["patterns", "42"]);
          expect(answer.outputs.map(({ name }) => name)).toEqual([
            "probabilities",
            "embedding",
            "strangeness",
            "unknown",
          ]);
          const [probabilities, embedding, strangeness, unknown] = answer.outputs;
          expect(probabilities!.shape).toEqual([3, 4]);
          expect(strangeness!.shape).toEqual([3]);
          closeTo(probabilities!.data as number[], wanted.probabilities);
          closeTo(embedding!.data as number[], wanted.embedding);
          expect(unknown).toMatchObject({ datatype: "BOOL", shape: [3], data: wanted.unknown.map(Boolean) });
        }

        const head = JSON.stringify({
          parameters: { binary_data_output: true },
          inputs: [{ ...input, parameters: { binary_data_size: pixels.length } }],
          outputs: [
            { name: "unknown" },
            { name: "probabilities", parameters: { binary_data: false } },
            { name: "embedding" },
          ],
        });
        const { headers, body, status } = await ask(infer, {
          headers: { "inference-header-content-length": Buffer.byteLength(head) },
          body: Buffer.concat([Buffer.from(head), pixels]),
        });
        expect([status, headers["content-type"]]).toEqual([200, "application/octet-stream"]);
        const length = Number(headers["inference-header-content-length"]);
        const { outputs } = JSON.parse(body.subarray(0, length).toString()) as Answer;
        const [unknown, probabilities, embedding] = outputs;
        expect(outputs.map(({ name }) => name)).toEqual(["unknown", "probabilities", "embedding"]);
        closeTo(probabilities!.data as number[], wanted.probabilities);
        expect([unknown!.data, unknown!.parameters]).toEqual([undefined, { binary_data_size: 3 }]);
        const tail = body.subarray(length);
        expect([...tail.subarray(0, 3)]).toEqual(wanted.unknown);
        expect(tail.length).toBe(3 + embedding!.parameters!.binary_data_size);
        closeTo(
          Array.from({ length: wanted.embedding.length }, (_, i) => tail.readFloatLE(3 + i * 4)),
          wanted.embedding,
        );
      });
    });

    test("a photo's pixels are answered as the photo itself", async () => {
      const photo = picture("dots/3.jpg");
      const { data, info } = await sharp(photo).raw().toBuffer({ resolveWithObject: true });
      await withServer({ models: [run] }, async ({ url }) => {
        const head = JSON.stringify({
          inputs: [
            {
              name: "pixels",
              datatype: "UINT8",
              shape: [1, info.height, info.width, 3],
              parameters: { binary_data_size: data.length },
            },
          ],
          outputs: [{ name: "probabilities" }],
        });
        const inferred = await ask(`${url}/v2/models/patterns/infer`, {
          headers: {
            "content-type": "application/octet-stream",
            "inference-header-content-length": head.length,
          },
          body: Buffer.concat([Buffer.from(head), data]),
        });
        const predicted = await ask(`${url}/predict`, {
          headers: { "content-type": "image/jpeg" },
          body: photo,
        });
        const { label, probability } = predicted.json<{ label: string; probability: number }>();
        expect(label).toBe("dots");
        const [first] = inferred.json<Answer>().outputs;
        closeTo([Math.max(...(first!.data as number[]))], [probability]);
      });
    });
  });
}

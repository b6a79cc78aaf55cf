import { expect, test } from "vitest";
import { PictureError } from "../../data/errors.ts";
import { nodeRuntime } from "../../runtime/node.ts";
import { normalisations } from "../../surgery/preprocess.ts";
import { targetOpset } from "../../surgery/upgrade.ts";
import type { Picture } from "../extract.ts";
import { type SquareMemory, Squares } from "./squares.ts";
import { noisePicture, noting } from "./testing/pictures.ts";

const size = 8;
const squareBytes = 3 * size ** 2;

async function open(pictures: readonly Picture[], memory: SquareMemory | undefined) {
  const { decode, decoded } = noting();
  const preprocess = { ...normalisations.unit, size, fit: "cover", layout: "nchw" } as const;
  const options = { preprocess, size, opset: targetOpset, runtime: nodeRuntime(), decode, memory };
  return { squares: await Squares.open(options, pictures), decoded };
}

test("a picture whose file holds another by now is refused", async () => {
  const whole = await noisePicture(1);
  const other = await noisePicture(2);
  const picture = await noisePicture(1, { read: () => other.sample.content.read() });
  expect(picture.hash).toBe(whole.hash);
  const { squares } = await open([picture], { left: 1e6 });
  try {
    await expect(squares.get(0)).rejects.toBeInstanceOf(PictureError);
    await expect(squares.get(0)).rejects.toThrow(
      "1.raw is another picture than before: its file has changed since its features were computed. Run the command again.",
    );
  } finally {
    await squares.close();
  }
});

test("asked for at once, again, and after all that memory holds", async () => {
  const pictures = await Promise.all([1, 2, 3].map((seed) => noisePicture(seed)));
  const memory = { left: 2 * squareBytes };
  const { squares, decoded } = await open(pictures, memory);
  const [one, same] = await Promise.all([squares.get(0), squares.get(0), squares.get(0)]);
  expect(one).toEqual(await pictures[0]!.sample.content.read());
  expect(same).toEqual(one);
  await squares.gather([0, 1, 0, 1]);
  expect(decoded.toSorted()).toEqual(["1.raw", "2.raw"]);
  expect(memory.left).toBe(0);
  await squares.get(2);
  await squares.get(2);
  expect(decoded.filter((id) => id === "3.raw")).toHaveLength(2);
  await squares.close();
  expect(memory.left).toBe(2 * squareBytes);
});

test("memory is that of all who are open together", async () => {
  const memory = { left: 2 * squareBytes };
  const train = await open([await noisePicture(1), await noisePicture(2)], memory);
  const val = await open([await noisePicture(3)], memory);
  await train.squares.gather([0, 1]);
  await val.squares.get(0);
  await val.squares.get(0);
  expect(val.decoded).toHaveLength(2);
  await train.squares.close();
  await val.squares.get(0);
  await val.squares.get(0);
  expect(val.decoded).toHaveLength(3);
  await val.squares.close();
});

test("one that failed is tried again, and takes no memory", async () => {
  const whole = await noisePicture(1);
  let reads = 0;
  const flaky = await noisePicture(1, {
    read: async () => {
      if (reads++ === 0) throw new Error("the network is gone");
      return await whole.sample.content.read();
    },
  });
  const memory = { left: 1e6 };
  const { squares } = await open([flaky], memory);
  await expect(squares.get(0)).rejects.toThrow("the network is gone");
  expect(memory.left).toBe(1e6);
  expect(await squares.get(0)).toEqual(await whole.sample.content.read());
  await squares.close();
});

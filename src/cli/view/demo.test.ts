import { expect, test } from "vitest";
import type { DemoFigure, DemoResult, DrawnEvent } from "../../index.ts";
import { coloursFor } from "./colour.ts";
import { changeText, demoView, drawnView } from "./demo.ts";

const plain = coloursFor({ isTTY: false }, {});
const figure = (accuracy: number, low: number, high: number): DemoFigure => {
  return { n: 180, accuracy, interval: [low, high] };
};

const licence = { title: "Apache 2.0", url: "https://example.org/licence" };
const drawn: Omit<DrawnEvent, "type"> = {
  folder: "runs/demo/pictures",
  sheet: "runs/demo/pictures.png",
  licences: "runs/demo/pictures/LICENSES.txt",
  sets: [
    {
      title: "Noto Emoji (v1)",
      package: "@iconify-json/noto-v1",
      part: "test",
      pictures: 180,
      author: "Google Inc",
      licence,
    },
  ],
  pictures: 924,
  reused: false,
};
const result: DemoResult = {
  out: "runs/demo",
  model: "runs/demo/model.onnx",
  drawn,
  before: figure(0.7, 0.629, 0.762),
  after: figure(0.9, 0.847, 0.936),
  grid: "runs/demo/grid.png",
  prediction: {
    file: "runs/demo/pictures/test/rock/noto-v1-03.jpg",
    truth: "rock",
    label: "paper",
    probability: 0.612,
    top: [
      { label: "paper", probability: 0.612 },
      { label: "rock", probability: 0.3 },
      { label: "scissors", probability: 0.088 },
    ],
  },
  seconds: 21.4,
};

test("what was drawn, from whom and on what terms", () => {
  expect(drawnView({ type: "drawn", ...drawn }, plain)).toMatchInlineSnapshot(`
    "Rock, paper, scissors from emoji: hands in six colours of skin, 924 pictures

    Drawn by                     Licence     Pictures  To
    ---------------------------  ----------  --------  ----
    Noto Emoji (v1), Google Inc  Apache 2.0       180  test

    Pictures  runs/demo/pictures
    Sheet     runs/demo/pictures.png
    Licences  runs/demo/pictures/LICENSES.txt
    "
  `);
});

test("what fine-tuning brought, where everything is, and what to type next", () => {
  expect(demoView(result, plain)).toMatchInlineSnapshot(`
    "
    On Noto Emoji (v1), whose hands it never saw:

      Before fine-tuning   70.0 %  126 of 180 right (95 % interval 62.9 to 76.2 %)   the head alone, on what the base knew
      After                90.0 %  162 of 180 right (95 % interval 84.7 to 93.6 %)   the base trained with it
      Fine-tuning brought 20.0 points.

    Grid     runs/demo/grid.png  green with a tick: right, red with a cross: wrong
    Picture  runs/demo/pictures/test/rock/noto-v1-03.jpg  paper 61.2 % rock 30.0 %, scissors 8.8 %  wrong: it is rock
    Model    runs/demo/model.onnx  (21 s for everything)
    Try it:  tsugiki predict runs/demo some-picture.jpg

    Next:    tsugiki train my-photos
             with a folder a class: my-photos/rose/1.jpg, my-photos/tulip/2.png; a dozen pictures of each will do to begin"
  `);
});

test("fine-tuning that did not help is told so, and a gain within chance as well", () => {
  const before = figure(0.8, 0.736, 0.852);
  expect(changeText(before, figure(0.8, 0.736, 0.852))).toBe(
    "Fine-tuning did not help here: it changed nothing.",
  );
  expect(changeText(before, figure(0.75, 0.682, 0.808))).toBe(
    "Fine-tuning did not help here: it lost 5.0 points.",
  );
  expect(changeText(before, figure(0.85, 0.791, 0.895))).toBe(
    "Fine-tuning brought 5.0 points; the intervals overlap, so chance may have a part in it.",
  );
  expect(changeText(before, figure(0.95, 0.908, 0.973))).toBe("Fine-tuning brought 15.0 points.");
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { HandleError } from "../../src/hub/errors.ts";
import { type Handle, handleText } from "../../src/hub/handle.ts";
import { parseHandle } from "../../src/hub/parse.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";

const cases: readonly (readonly [string, Handle])[] = [
  ["box", { kind: "name", name: "box" }],
  ["mobilenet-v2-1.0-224", { kind: "name", name: "mobilenet-v2-1.0-224" }],
  ["./mobilenet", { kind: "file", path: "./mobilenet" }],
  ["models/v2.onnx", { kind: "file", path: "models/v2.onnx" }],
  ["v2.onnx", { kind: "file", path: "v2.onnx" }],
  ["C:\\models\\v2.onnx", { kind: "file", path: "C:\\models\\v2.onnx" }],
  ["花.onnx", { kind: "file", path: "花.onnx" }],
  ["hf:timm/resnet50", { kind: "hf", repo: "timm/resnet50" }],
  [
    `hf:Xenova/vit@${commit}:onnx/model.onnx`,
    { kind: "hf", repo: "Xenova/vit", revision: commit, file: "onnx/model.onnx" },
  ],
  ["hf:a/b@refs/pr/1", { kind: "hf", repo: "a/b", revision: "refs/pr/1" }],
  ["hf:a/b:model.onnx", { kind: "hf", repo: "a/b", file: "model.onnx" }],
  ["https://huggingface.co/timm/resnet50", { kind: "hf", repo: "timm/resnet50" }],
  ["https://huggingface.co/timm/resnet50?library=timm#usage", { kind: "hf", repo: "timm/resnet50" }],
  ["https://hf.co/a/b/tree/v1", { kind: "hf", repo: "a/b", revision: "v1" }],
  [
    `https://huggingface.co/a/b/blob/${commit}/onnx/model.onnx`,
    { kind: "hf", repo: "a/b", revision: commit, file: "onnx/model.onnx" },
  ],
  [
    "https://huggingface.co/a/b/resolve/main/model.onnx?download=true",
    { kind: "hf", repo: "a/b", revision: "main", file: "model.onnx" },
  ],
  [
    "https://github.com/onnx/models/blob/main/validated/vision/classification/vgg/model/vgg16-12.onnx",
    { kind: "zoo", path: "validated/vision/classification/vgg/model/vgg16-12.onnx" },
  ],
  ["https://raw.githubusercontent.com/onnx/models/main/a/b.onnx", { kind: "zoo", path: "a/b.onnx" }],
  ["https://media.githubusercontent.com/media/onnx/models/main/a/b.onnx", { kind: "zoo", path: "a/b.onnx" }],
  [
    "https://github.com/me/nets/blob/v1/my%20net.onnx",
    { kind: "url", url: "https://github.com/me/nets/raw/v1/my%20net.onnx" },
  ],
  [
    "https://tfhub.dev/google/imagenet/mobilenet_v1_100_128/feature_vector/1",
    {
      kind: "tfhub",
      network: "mobilenet_v1_100_128",
      address: "https://tfhub.dev/google/imagenet/mobilenet_v1_100_128/feature_vector/1",
    },
  ],
  [
    "https://www.kaggle.com/models/google/mobilenet-v1/frameworks/tensorFlow2/variations/100-128-feature-vector/versions/2",
    {
      kind: "tfhub",
      network: "mobilenet_v1_100_128",
      address:
        "https://www.kaggle.com/models/google/mobilenet-v1/frameworks/tensorFlow2/variations/100-128-feature-vector/versions/2",
    },
  ],
  ...(
    [
      ["https://tfhub.dev/tensorflow/efficientnet/b0/feature-vector/1", "efficientnet_b0"],
      ["https://tfhub.dev/google/imagenet/inception_v3/feature_vector/5", "inception_v3"],
      [
        "https://tfhub.dev/google/imagenet/efficientnet_v2_imagenet1k_b0/feature_vector/2",
        "efficientnet_v2_imagenet1k_b0",
      ],
      ["https://www.kaggle.com/models/google/inception-v3/tensorFlow2/feature-vector/2", "inception_v3"],
    ] as const
  ).map(([address, network]) => [address, { kind: "tfhub", network, address }] as const),
  ["https://example.org/nets/a.onnx", { kind: "url", url: "https://example.org/nets/a.onnx" }],
  [
    "https://example.org/nets.tar.gz:a/net.onnx",
    { kind: "url", url: "https://example.org/nets.tar.gz", file: "a/net.onnx" },
  ],
  [
    "https://example.org/nets.zip?download=1:a net.onnx",
    { kind: "url", url: "https://example.org/nets.zip?download=1", file: "a net.onnx" },
  ],
  [
    "https://github.com/me/nets/blob/v1/nets.tgz:net.onnx",
    { kind: "url", url: "https://github.com/me/nets/raw/v1/nets.tgz", file: "net.onnx" },
  ],
  ["https://models.zip:8443/a.onnx", { kind: "url", url: "https://models.zip:8443/a.onnx" }],
  ["http://127.0.0.1:8080/a.onnx", { kind: "url", url: "http://127.0.0.1:8080/a.onnx" }],
  [
    "hub+https://models.example.org/hub/flowers",
    { kind: "hub", hub: "https://models.example.org/hub", model: "flowers" },
  ],
  [
    "hub+http://127.0.0.1:9000/flowers@abc:model.onnx",
    { kind: "hub", hub: "http://127.0.0.1:9000", model: "flowers", revision: "abc", file: "model.onnx" },
  ],
  ["zoo:validated/a.onnx", { kind: "zoo", path: "validated/a.onnx" }],
];

test.each(cases)("%s", (text, handle) => {
  expect(parseHandle(text)).toEqual(handle);
  expect(parseHandle(handleText(handle))).toEqual(handle);
});

test.each([
  ["", "empty"],
  ["hf:resnet50", "organisation/name"],
  ["hf:a/b/c", "organisation/name"],
  ["hf:a/b@../x", "no revision"],
  ["hf:a/b:../../etc/passwd", "no path inside"],
  ["hf:a/b:/etc/passwd", "no path inside"],
  ["zoo:a/../../b", "no path inside"],
  ["https://example.org/a.zip:../net.onnx", "no path inside"],
  ["https://example.org/a.zip:/net.onnx", "no path inside"],
  ["https://huggingface.co/a/b/blob/main/a.zip:net.onnx", "plain address"],
  ["http://example.org/a.onnx", "give https"],
  ["http://127.0.0.1.example.org/a.onnx", "give https"],
  ["https://user:secret@example.org/a.onnx", "password"],
  ["ftp://example.org/a.onnx", "no way to a model"],
  ["file:///etc/passwd", "no way to a model"],
  ["https://huggingface.co/datasets/a/b", "datasets"],
  ["https://huggingface.co/models", "no model's page"],
  ["https://github.com/onnx/models", "page of a repository"],
  ["https://github.com/a/b/tree/main/models", "folder's page"],
  ["https://tfhub.dev/google/collections/image/1", "no picture network"],
  ["hub+https://models.example.org/", "hub+https://host/model"],
  ["hub+http://models.example.org/flowers", "give https"],
  ["a\u0000b", "control characters"],
  [`hf:${"a".repeat(3000)}/b`, "longer than"],
])("%j is refused: %s", (text, why) => {
  expect(() => parseHandle(text)).toThrow(HandleError);
  expect(() => parseHandle(text)).toThrow(why);
});

test("whatever is typed, a handle or a HandleError comes of it, and no path leads out of its repository", () => {
  const pieces = fc.constantFrom(
    "hf:",
    "zoo:",
    "https://",
    "huggingface.co/",
    "a/b",
    "@",
    ":",
    "..",
    "/",
    "\\",
    "main",
    "x.onnx",
    "example.org/x.zip",
    "?",
    "#",
    "%2e%2e",
    "%2f",
  );
  const typed = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 10 }).map((all) => all.join("")),
  );
  fc.assert(
    fc.property(typed, (text) => {
      let handle: Handle;
      try {
        handle = parseHandle(text);
      } catch (error) {
        expect(error).toBeInstanceOf(HandleError);
        return;
      }
      const path =
        handle.kind === "zoo"
          ? handle.path
          : handle.kind === "hf" || handle.kind === "url"
            ? (handle.file ?? "x")
            : "x";
      expect(path.split(/[/\\]/)).not.toContain("..");
      if (handle.kind !== "tfhub") expect(parseHandle(handleText(handle))).toEqual(handle);
    }),
    { seed: 7, numRuns: 3000 },
  );
});

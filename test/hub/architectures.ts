/** Networks as their papers lay them out, counted weight by weight: what the catalogue says is held to this. */
export interface Counted {
  readonly parameters: number;
  /** Length of what feeds the classifier. */
  readonly features: number;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
const repeat = <T>(times: number, value: T): T[] => Array<T>(times).fill(value);

interface Conv {
  readonly kernel?: number;
  readonly groups?: number;
  readonly bias?: boolean;
  /** BatchNorm behind it: a scale and a shift a channel. */
  readonly norm?: boolean;
}

/** k²·in/groups·out, with or without a bias and a BatchNorm. */
function conv(
  inputs: number,
  outputs: number,
  { kernel = 1, groups = 1, bias = false, norm = true }: Conv = {},
) {
  return kernel ** 2 * (inputs / groups) * outputs + (bias ? outputs : 0) + (norm ? 2 * outputs : 0);
}
const dense = (inputs: number, outputs: number): number => inputs * outputs + outputs;
const plain = (inputs: number, outputs: number, kernel = 1): number =>
  conv(inputs, outputs, { kernel, bias: true, norm: false });

/** Simonyan and Zisserman, table 1: convolutions a stage. */
export function vgg(stages: readonly number[], norm: boolean): Counted {
  const widths = [64, 128, 256, 512, 512].flatMap((width, i) => repeat(stages[i]!, width));
  const convs = widths.map((width, i) => conv(widths[i - 1] ?? 3, width, { kernel: 3, bias: true, norm }));
  const parameters = sum(convs) + dense(512 * 7 * 7, 4096) + dense(4096, 4096) + dense(4096, 1000);
  return { parameters, features: 4096 };
}

const resnetStages: Readonly<Record<number, readonly number[]>> = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
};

/** He et al., table 1. `biased`: Gluon gives the 1x1 convolutions of its v1 blocks a bias. */
export function resnet(depth: number, biased = false): Counted {
  const wide = depth >= 50 ? 4 : 1;
  const counts = [conv(3, 64, { kernel: 7 })];
  let inputs = 64;
  for (const [stage, blocks] of resnetStages[depth]!.entries()) {
    const inner = 64 * 2 ** stage;
    const outputs = inner * wide;
    for (let block = 0; block < blocks; block++) {
      if (wide === 1) counts.push(conv(inputs, inner, { kernel: 3 }), conv(inner, inner, { kernel: 3 }));
      else {
        counts.push(conv(inputs, inner, { bias: biased }), conv(inner, inner, { kernel: 3 }));
        counts.push(conv(inner, outputs, { bias: biased }));
      }
      if (block === 0 && inputs !== outputs) counts.push(conv(inputs, outputs));
      inputs = outputs;
    }
  }
  return { parameters: sum(counts) + dense(inputs, 1000), features: inputs };
}

/** He et al., 2016: BatchNorm before each convolution and before the pool, none in the shortcut. */
export function resnetV2(depth: number): Counted {
  const wide = depth >= 50 ? 4 : 1;
  const bare = (inputs: number, outputs: number, kernel = 1) =>
    2 * inputs + conv(inputs, outputs, { kernel, norm: false });
  const counts = [conv(3, 64, { kernel: 7 })];
  let inputs = 64;
  for (const [stage, blocks] of resnetStages[depth]!.entries()) {
    const inner = 64 * 2 ** stage;
    const outputs = inner * wide;
    for (let block = 0; block < blocks; block++) {
      if (wide === 1) counts.push(bare(inputs, inner, 3), bare(inner, inner, 3));
      else counts.push(bare(inputs, inner), bare(inner, inner, 3), bare(inner, outputs));
      if (block === 0 && inputs !== outputs) counts.push(inputs * outputs);
      inputs = outputs;
    }
  }
  return { parameters: sum(counts) + 2 * inputs + dense(inputs, 1000), features: inputs };
}

/** Huang et al., table 1: a layer squeezes to four times its growth, then grows. */
export function densenet(growth: number, blocks: readonly number[]): Counted {
  let width = 2 * growth;
  const counts = [conv(3, width, { kernel: 7 })];
  for (const [i, layers] of blocks.entries()) {
    for (let layer = 0; layer < layers; layer++) {
      counts.push(2 * width + conv(width, 4 * growth), conv(4 * growth, growth, { kernel: 3, norm: false }));
      width += growth;
    }
    if (i < blocks.length - 1) {
      counts.push(2 * width + (width * width) / 2);
      width /= 2;
    }
  }
  return { parameters: sum(counts) + 2 * width + dense(width, 1000), features: width };
}

/** Szegedy et al., table 1: widths of the branches, 1x1, 3x3 with its reduction, 5x5 with its own, pooled. */
export function googlenet(): Counted {
  const modules = [
    [64, 96, 128, 16, 32, 32],
    [128, 128, 192, 32, 96, 64],
    [192, 96, 208, 16, 48, 64],
    [160, 112, 224, 24, 64, 64],
    [128, 128, 256, 24, 64, 64],
    [112, 144, 288, 32, 64, 64],
    [256, 160, 320, 32, 128, 128],
    [256, 160, 320, 32, 128, 128],
    [384, 192, 384, 48, 128, 128],
  ] as const;
  const counts = [plain(3, 64, 7), plain(64, 64), plain(64, 192, 3)];
  let inputs = 192;
  for (const [one, reduce3, three, reduce5, five, pooled] of modules) {
    counts.push(plain(inputs, one), plain(inputs, reduce3), plain(reduce3, three, 3));
    counts.push(plain(inputs, reduce5), plain(reduce5, five, 5), plain(inputs, pooled));
    inputs = one + three + five + pooled;
  }
  return { parameters: sum(counts) + dense(inputs, 1000), features: inputs };
}

/** Iandola et al., version 1.1: squeeze, then 1x1 and 3x3 side by side. The classifier is a convolution. */
export function squeezenet(): Counted {
  const counts = [plain(3, 64, 3)];
  let inputs = 64;
  for (const squeeze of [16, 16, 32, 32, 48, 48, 64, 64]) {
    counts.push(plain(inputs, squeeze), plain(squeeze, 4 * squeeze), plain(squeeze, 4 * squeeze, 3));
    inputs = 8 * squeeze;
  }
  return { parameters: sum(counts) + plain(inputs, 1000), features: inputs };
}

/** Ma et al., table 5: half of the channels pass by, both halves are worked on where the map shrinks. */
export function shufflenetV2(): Counted {
  const counts = [conv(3, 24, { kernel: 3 })];
  let inputs = 24;
  for (const [blocks, width] of [
    [4, 116],
    [8, 232],
    [4, 464],
  ] as const) {
    const half = width / 2;
    const branch = (from: number) => conv(from, half) + depthwise(half, 3) + conv(half, half);
    counts.push(depthwise(inputs, 3) + conv(inputs, half) + branch(inputs), (blocks - 1) * branch(half));
    inputs = width;
  }
  return { parameters: sum(counts) + conv(inputs, 1024) + dense(1024, 1000), features: 1024 };
}

const depthwise = (width: number, kernel: number): number => conv(width, width, { kernel, groups: width });

/** Google's rounding of widths: to eights, and never down by more than a tenth. */
function eights(width: number): number {
  const rounded = Math.max(8, Math.floor((width + 4) / 8) * 8);
  return rounded < 0.9 * width ? rounded + 8 : rounded;
}

/** Sandler et al., table 2. Gluon expands even where the factor is 1, and its classifier has no bias. */
export function mobilenetV2(multiplier: number, gluon = false): Counted {
  const head = multiplier > 1 ? eights(1280 * multiplier) : 1280;
  let inputs = eights(32 * multiplier);
  const counts = [conv(3, inputs, { kernel: 3 })];
  for (const [expand, width, blocks] of [
    [1, 16, 1],
    [6, 24, 2],
    [6, 32, 3],
    [6, 64, 4],
    [6, 96, 3],
    [6, 160, 3],
    [6, 320, 1],
  ] as const)
    for (let block = 0; block < blocks; block++) {
      const inner = inputs * expand;
      if (expand > 1 || gluon) counts.push(conv(inputs, inner));
      counts.push(depthwise(inner, 3), conv(inner, eights(width * multiplier)));
      inputs = eights(width * multiplier);
    }
  const classifier = gluon ? head * 1000 : dense(head, 1000);
  return { parameters: sum(counts) + conv(inputs, head) + classifier, features: head };
}

/** Tan and Le, table 1, grown in width and depth. `lite` has no squeeze-and-excitation, and its ends do not grow. */
export function efficientnet(wide: number, deep: number, lite = false): Counted {
  const width = (channels: number) => eights(channels * wide);
  const head = lite ? 1280 : width(1280);
  let inputs = lite ? 32 : width(32);
  const counts = [conv(3, inputs, { kernel: 3 })];
  const stages = [
    [1, 3, 16, 1],
    [6, 3, 24, 2],
    [6, 5, 40, 2],
    [6, 3, 80, 3],
    [6, 5, 112, 3],
    [6, 5, 192, 4],
    [6, 3, 320, 1],
  ] as const;
  for (const [stage, [expand, kernel, channels, layers]] of stages.entries()) {
    const blocks = lite && (stage === 0 || stage === 6) ? layers : Math.ceil(layers * deep);
    for (let block = 0; block < blocks; block++) {
      const inner = inputs * expand;
      if (expand > 1) counts.push(conv(inputs, inner));
      counts.push(depthwise(inner, kernel), conv(inner, width(channels)));
      const squeezed = Math.floor(inputs / 4);
      if (!lite) counts.push(plain(inner, squeezed), plain(squeezed, inner));
      inputs = width(channels);
    }
  }
  return { parameters: sum(counts) + conv(inputs, head) + dense(head, 1000), features: head };
}

/** One block of MobileNet v4: kernel of the first and of the middle depthwise convolution (0: none), growth, width. */
type Inverted = readonly [first: number, middle: number, expand: number, width: number];

/** Qin et al., tables 11 and 12, behind the stem: `start` counts what comes before the inverted blocks. */
function mobilenetV4(start: number, from: number, blocks: readonly Inverted[]): Counted {
  let inputs = from;
  const counts = [start];
  for (const [first, middle, expand, width] of blocks) {
    const inner = eights(inputs * expand);
    if (first > 0) counts.push(depthwise(inputs, first));
    counts.push(conv(inputs, inner));
    if (middle > 0) counts.push(depthwise(inner, middle));
    counts.push(conv(inner, width));
    inputs = width;
  }
  return {
    parameters: sum(counts) + conv(inputs, 960) + conv(960, 1280) + dense(1280, 1000),
    features: 1280,
  };
}

export function mobilenetV4Small(): Counted {
  const k3: Conv = { kernel: 3 };
  const start = conv(3, 32, k3) + conv(32, 32, k3) + conv(32, 32) + conv(32, 96, k3) + conv(96, 64);
  return mobilenetV4(start, 64, [
    [5, 5, 3, 96],
    ...repeat<Inverted>(4, [0, 3, 2, 96]),
    [3, 0, 4, 96],
    [3, 3, 6, 128],
    [5, 5, 4, 128],
    [0, 5, 4, 128],
    [0, 5, 3, 128],
    ...repeat<Inverted>(2, [0, 3, 4, 128]),
  ]);
}

export function mobilenetV4Medium(): Counted {
  const start = conv(3, 32, { kernel: 3 }) + conv(32, 128, { kernel: 3 }) + conv(128, 48);
  return mobilenetV4(start, 48, [
    [3, 5, 4, 80],
    [3, 3, 2, 80],
    [3, 5, 6, 160],
    ...repeat<Inverted>(2, [3, 3, 4, 160]),
    [3, 5, 4, 160],
    [3, 3, 4, 160],
    [3, 0, 4, 160],
    [0, 0, 2, 160],
    [3, 0, 4, 160],
    [5, 5, 6, 256],
    [5, 5, 4, 256],
    ...repeat<Inverted>(2, [3, 5, 4, 256]),
    [0, 0, 4, 256],
    [3, 0, 4, 256],
    [3, 5, 2, 256],
    [5, 5, 4, 256],
    ...repeat<Inverted>(2, [0, 0, 4, 256]),
    [5, 0, 2, 256],
  ]);
}

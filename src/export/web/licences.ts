import type { Facts } from "./facts.ts";

/** `LICENSES.txt`: under which terms each part of the folder stands. `own` is Tsugiki's licence, whole. */
export function licencesText({ name, bases }: Facts, own: string): string {
  const lines = bases.map(
    (base) =>
      `  ${base.name}: ${base.licence ?? "states no licence: ask where it came from before you publish it"}`,
  );
  const rule = "=".repeat(72);
  return `What this folder is made of

model.onnx
  "${name}": trained by whoever made this folder, who decides on its use.
  The pretrained network that it is built on has terms of its own:
${lines.join("\n")}

onnxruntime/
  ONNX Runtime Web, unchanged, Copyright (c) Microsoft Corporation, MIT licence (below).
  What it contains of others is listed in
  https://github.com/microsoft/onnxruntime/blob/main/ThirdPartyNotices.txt

All other files
  Tsugiki, Apache License 2.0 (below).
  The colours of heat maps are matplotlib's "inferno", by Nathaniel J. Smith,
  Stefan van der Walt and Eric Firing, CC0.

${rule}
ONNX Runtime Web: MIT License

Copyright (c) Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.

${rule}
Tsugiki: ${own.trimStart()}`;
}

/**
 * Draws the pictures of examples/shapes, always the same ones:
 *
 *   npx tsx recipes/shapes/draw.ts examples/shapes
 */
import { drawShapes } from "./shapes.ts";

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: draw.ts FOLDER");
await drawShapes(folder, 60, 1);

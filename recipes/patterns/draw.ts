/**
 * Draws the pictures of examples/patterns, always the same ones:
 *
 *   npx tsx recipes/patterns/draw.ts examples/patterns
 */
import { drawPatterns } from "./patterns.ts";

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("usage: draw.ts FOLDER");
await drawPatterns(folder, 50, 1);

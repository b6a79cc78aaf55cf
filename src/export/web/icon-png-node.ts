import { crc32, deflateSync } from "node:zlib";
import { type IconShape, iconGround, iconRadius, iconShapes, iconSide, leafMiddles } from "./icon.ts";

/** The icon as a PNG. "full" has no corners cut and nothing transparent, for platforms that cut their own shape. */
export function iconPng(side: number, ground: "rounded" | "full"): Uint8Array {
  const scale = iconSide / side;
  // Each row begins with its filter, 0: none.
  const rows = new Uint8Array(side * (1 + 4 * side));
  const layers = iconShapes.map((shape) => ({ colour: rgb(shape.colour), distance: distanceTo(shape) }));
  const [r, g, b] = rgb(iconGround);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [u, v] = [(x + 0.5) * scale, (y + 0.5) * scale];
      // A pixel's cover is read off its distance to the edge, in pixels.
      const cover = (distance: number): number => Math.min(1, Math.max(0, 0.5 - distance / scale));
      let colour = [r, g, b];
      for (const layer of layers) {
        const share = cover(layer.distance(u, v));
        if (share > 0) colour = colour.map((old, c) => old + share * (layer.colour[c]! - old));
      }
      const alpha = ground === "full" ? 1 : cover(groundDistance(u, v));
      rows.set([...colour, 255 * alpha].map(Math.round), y * (1 + 4 * side) + 1 + 4 * x);
    }
  }
  return png(side, rows);
}

function rgb(hex: string): readonly [number, number, number] {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** Distance from a point to a shape's edge, negative inside. */
function distanceTo(shape: IconShape): (x: number, y: number) => number {
  if (shape.kind === "leaf") {
    const [[ax, ay], [bx, by]] = leafMiddles(shape);
    return (x, y) => Math.max(Math.hypot(x - ax, y - ay), Math.hypot(x - bx, y - by)) - shape.radius;
  }
  const {
    from: [ax, ay],
    to: [bx, by],
    width,
  } = shape;
  const [dx, dy] = [bx - ax, by - ay];
  return (x, y) => {
    const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)));
    return Math.hypot(x - ax - along * dx, y - ay - along * dy) - width / 2;
  };
}

function groundDistance(x: number, y: number): number {
  const inner = iconSide / 2 - iconRadius;
  const [dx, dy] = [Math.abs(x - iconSide / 2) - inner, Math.abs(y - iconSide / 2) - inner];
  return Math.hypot(Math.max(0, dx), Math.max(0, dy)) + Math.min(0, Math.max(dx, dy)) - iconRadius;
}

/** PNG, third edition, 5: signature and chunks; 8 bits a channel, red green blue alpha. */
function png(side: number, rows: Uint8Array): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const body = deflateSync(rows, { level: 9 });
  return new Uint8Array(
    Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", body), chunk("IEND", Buffer.alloc(0))]),
  );
}

function chunk(type: string, data: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}

/** A grafted branch, drawn once: as SVG here, as PNG in icon-png-node.ts. Sides of 512, like the PNG that phones ask for. */
export const iconSide = 512;
export const iconGround = "#0b63c4";
/** Corners of the ground; none where the platform cuts its own shape. */
export const iconRadius = 112;

export type IconShape = { readonly colour: string } & (
  | {
      readonly kind: "line";
      readonly from: Point;
      readonly to: Point;
      readonly width: number;
    }
  /** What two circles of one radius share: it runs from tip to tip. */
  | { readonly kind: "leaf"; readonly from: Point; readonly to: Point; readonly radius: number }
);

type Point = readonly [x: number, y: number];

const [wood, scion, band] = ["#ffffff", "#9be15d", "#ffd166"];

/** Painted in this order. All lies within the middle four fifths, which no platform cuts away. */
export const iconShapes: readonly IconShape[] = [
  { kind: "line", colour: wood, from: [256, 416], to: [256, 306], width: 46 },
  { kind: "line", colour: wood, from: [256, 306], to: [190, 216], width: 30 },
  { kind: "line", colour: scion, from: [256, 306], to: [318, 216], width: 30 },
  { kind: "leaf", colour: wood, from: [212, 250], to: [112, 120], radius: 92 },
  { kind: "leaf", colour: scion, from: [296, 250], to: [400, 106], radius: 100 },
  { kind: "line", colour: band, from: [226, 322], to: [286, 322], width: 20 },
  { kind: "line", colour: band, from: [226, 354], to: [286, 354], width: 20 },
];

/** Middles of the two circles whose overlap is the leaf. */
export function leafMiddles({
  from: [ax, ay],
  to: [bx, by],
  radius,
}: Extract<IconShape, { kind: "leaf" }>): readonly [Point, Point] {
  const [x, y, length] = [(ax + bx) / 2, (ay + by) / 2, Math.hypot(bx - ax, by - ay)];
  const away = Math.sqrt(radius ** 2 - (length / 2) ** 2);
  const [dx, dy] = [(-(by - ay) / length) * away, ((bx - ax) / length) * away];
  return [
    [x + dx, y + dy],
    [x - dx, y - dy],
  ];
}

/** The icon as an SVG of any size. */
export function iconSvg(): string {
  const side = iconSide;
  const shapes = iconShapes.map((shape) => {
    const { colour, from, to } = shape;
    if (shape.kind === "leaf") {
      const arc = (end: Point): string => `A${shape.radius} ${shape.radius} 0 0 1 ${end.join(" ")}`;
      return `<path fill="${colour}" d="M${from.join(" ")}${arc(to)}${arc(from)}Z"/>`;
    }
    const ends = `x1="${from[0]}" y1="${from[1]}" x2="${to[0]}" y2="${to[1]}"`;
    return `<line ${ends} stroke="${colour}" stroke-width="${shape.width}" stroke-linecap="round"/>`;
  });
  const ground = `<rect width="${side}" height="${side}" rx="${iconRadius}" fill="${iconGround}"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${side} ${side}">${ground}${shapes.join("")}</svg>\n`;
}

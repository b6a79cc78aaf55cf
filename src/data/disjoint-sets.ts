/** Union-find; the smallest member leads its set. */
export class DisjointSets {
  readonly #parent: Int32Array;

  constructor(size: number) {
    this.#parent = Int32Array.from({ length: size }, (_, i) => i);
  }

  #leader(item: number): number {
    let at = item;
    for (let up = this.#parent[at] ?? at; up !== at; up = this.#parent[at] ?? at) {
      const above = this.#parent[up] ?? up;
      this.#parent[at] = above;
      at = above;
    }
    return at;
  }

  join(a: number, b: number): void {
    const [x, y] = [this.#leader(a), this.#leader(b)];
    this.#parent[Math.max(x, y)] = Math.min(x, y);
  }

  numbered(): Int32Array {
    const groups = new Int32Array(this.#parent.length);
    let next = 0;
    for (let i = 0; i < groups.length; i++) {
      const leader = this.#leader(i);
      groups[i] = leader === i ? next++ : (groups[leader] ?? 0);
    }
    return groups;
  }
}

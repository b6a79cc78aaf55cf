/** Levenshtein's edit distance, given up once it must exceed `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit || a.length > 200) return limit + 1;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Up to three of the candidates that a mistyped name may have meant, the nearest first. */
export function closest(name: string, candidates: Iterable<string>): string[] {
  const limit = Math.max(1, Math.floor(Math.min(name.length, 60) / 3));
  const ranked: [number, string][] = [];
  for (const candidate of candidates) {
    const steps = distance(name.toLowerCase(), candidate.toLowerCase(), limit);
    if (steps <= limit) ranked.push([steps, candidate]);
  }
  ranked.sort(([a], [b]) => a - b);
  return ranked.slice(0, 3).map(([, candidate]) => candidate);
}

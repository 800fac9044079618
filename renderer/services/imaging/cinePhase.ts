/**
 * Which picture a cine shows when `elapsedMs` have passed since it stood at `startIndex`: by the clock and not by counting, so that a slow
 * machine leaves pictures out and never plays slowly. `timesMs`: when each picture of one round is due, rising from 0; null: evenly.
 */
export function cineIndex(startIndex: number, elapsedMs: number, count: number, framesPerSecond: number, timesMs: readonly number[] | null): number {
  if (count <= 1) return 0;
  if (timesMs === null || timesMs.length !== count) return (startIndex + Math.floor((elapsedMs * framesPerSecond) / 1000)) % count;
  // Played at another speed than the file's, the vector keeps its proportions.
  const last = timesMs[count - 1] ?? 0;
  const roundMs = last * (count / (count - 1));
  const speed = (framesPerSecond * roundMs) / (count * 1000);
  const atMs = ((timesMs[startIndex] ?? 0) + elapsedMs * speed) % roundMs;
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((timesMs[middle] ?? 0) <= atMs + 1e-6) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The rate that the file asks for; null: it asks for none. */
export function ownRate(timesMs: readonly number[] | null): number | null {
  const last = timesMs?.at(-1);
  return timesMs === null || !last ? null : Math.round(((timesMs.length - 1) / last) * 10_000) / 10;
}

/** Names that are offered at most. */
const OFFERED = 4;

/**
 * The names that somebody may have meant, nearest first.
 *
 * @param wanted What was asked for.
 * @param names What there is.
 * @returns Four at most.
 */
export function nearNames(wanted: string, names: readonly string[]): readonly string[] {
  return names
    .map((name) => ({ name, distance: distanceOf(wanted.toLowerCase(), name.toLowerCase()) }))
    .sort((one, other) => one.distance - other.distance)
    .slice(0, OFFERED)
    .map(({ name }) => name);
}

/** What has the wanted text in it is nearest; then by the number of characters to change. */
function distanceOf(wanted: string, name: string): number {
  return wanted !== "" && name.includes(wanted) ? 0 : editDistance(wanted, name);
}

/** Levenshtein's distance. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const change = row[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[other.length]!;
}

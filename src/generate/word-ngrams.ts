/** Runs of `length` words, in the order in which they begin. */
export function wordNgrams(words: readonly string[], length: number): string[] {
  const grams: string[] = [];
  for (let start = 0; start + length <= words.length; start++) {
    grams.push(words.slice(start, start + length).join("\u0000"));
  }
  return grams;
}

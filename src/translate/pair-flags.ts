import { repeatsItself } from "../generate/loop-filter.js";

/** What can be wrong with a back-translation, in the order in which it is listed. */
export const PAIR_FLAGS = ["empty", "unchanged", "language", "loop", "long", "short"] as const;

/**
 * - `empty`: a hop gave nothing.
 * - `unchanged`: the text came back as it was.
 * - `language`: the text is in its language, and what came back is in another one.
 * - `loop`: a hop's output repeats itself, and the text does not.
 * - `long`: a hop's output was longer than the limit, and was cut there.
 * - `short`: the back-translation is shorter than the text by more than the ratio.
 */
export type PairFlag = (typeof PAIR_FLAGS)[number];

/** Lengths below this many bytes say nothing of a ratio. */
const SLACK_BYTES = 80;

/**
 * The longest output of a hop that is not cut, in bytes of UTF-8: `ratio` times the text's own length, and 80 more.
 * Bytes are compared since they depend less on the script than characters do: 30 Chinese characters are 90 bytes
 * and say what 90 to 110 Latin letters say.
 */
export function mostBytes(text: string, ratio: number): number {
  return Math.floor(ratio * Buffer.byteLength(text)) + SLACK_BYTES;
}

/** The beginning of a text that has at most so many bytes of UTF-8, without part of a character as a reader sees it. */
export function cutToBytes(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  // A byte holds at most one UTF-16 unit; the units behind say where the last character ends.
  const start = text.slice(0, bytes + 64);
  let kept = "";
  let used = 0;
  for (const { segment } of new Intl.Segmenter("en", { granularity: "grapheme" }).segment(start)) {
    used += Buffer.byteLength(segment);
    if (used > bytes) break;
    kept += segment;
  }
  return kept.trimEnd();
}

/**
 * What is wrong with a pair.
 *
 * @param text the text itself, on one line.
 * @param outputs of the hops, as the translators gave them: neither cut nor with noise.
 * @param back the text that came back, with noise.
 * @param ratio of lengths in bytes, above and below which a pair is flagged.
 * @param matches whether a text is in the language of the pair; left out, none is said to be in another one.
 */
export function flagsOf(
  text: string,
  outputs: readonly string[],
  back: string,
  ratio: number,
  matches: (text: string) => boolean = () => true,
): PairFlag[] {
  const most = mostBytes(text, ratio);
  const found = new Set<PairFlag>();
  if (back === "" || outputs.includes("")) found.add("empty");
  if (back === text) found.add("unchanged");
  if (back !== "" && !matches(back) && matches(text)) found.add("language");
  const long = outputs.some((output) => Buffer.byteLength(output) > most);
  if (long) found.add("long");
  // Noise repeats single words only, which is no loop but in the shortest texts.
  const loops = (output: string) => output !== text && repeatsItself(cutToBytes(output, most));
  if (outputs.some(loops) && !repeatsItself(text)) found.add("loop");
  if (back !== "" && Buffer.byteLength(back) * ratio + SLACK_BYTES / 2 < Buffer.byteLength(text)) {
    found.add("short");
  }
  return PAIR_FLAGS.filter((flag) => found.has(flag));
}

import type { Engine } from "../engine/engine.js";

/** No model's vocabulary has tokens that are longer than this on average. */
const UNITS_PER_TOKEN = 32;
/** BOS, and a space that some tokenisers put before a text. */
const MARGIN = 2;

/**
 * As much of a text's beginning as fits into the context, so that one long text does not end the reading of all; most
 * texts are given back as they are, without asking the engine.
 *
 * @param context tokens that can be read.
 */
export async function readableBeginning(
  engine: Pick<Engine, "tokenize">,
  text: string,
  context: number,
): Promise<string> {
  const limit = context - MARGIN;
  // No token is shorter than a byte.
  if (Buffer.byteLength(text) <= limit) return text;
  const fits = async (length: number) => (await engine.tokenize(text.slice(0, length))).length <= limit;
  const longest = Math.min(text.length, limit * UNITS_PER_TOKEN);
  if (await fits(longest)) return whole(text, longest);
  let [short, long] = [0, longest];
  while (long - short > 1) {
    const middle = Math.floor((short + long) / 2);
    if (await fits(middle)) short = middle;
    else long = middle;
  }
  return whole(text, short);
}

/** Without half a character at the end. */
function whole(text: string, length: number): string {
  return text.slice(0, length).replace(/[\ud800-\udbff]$/, "");
}

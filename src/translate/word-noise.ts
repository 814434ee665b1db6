import { segments } from "../language/words.js";
import { randomGenerator, seedFrom } from "../random/seeded-random.js";

/** Scripts that put no space between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}\p{Script=Javanese}\p{Script=Balinese}]/u;

interface Token {
  readonly text: string;
  /** What stands between it and the next one: a space or nothing. */
  readonly gap: string;
}

/**
 * The units that noise works on: stretches between white space, as in paper A's code; a stretch that has letters of
 * a script without spaces is divided further, into words by ICU's dictionaries, with the punctuation behind each.
 */
function tokensOf(text: string, language: string | undefined): Token[] {
  return text
    .split(/\s+/u)
    .filter((stretch) => stretch !== "")
    .flatMap((stretch) => {
      const parts = UNSPACED.test(stretch) ? wordsOf(stretch, language) : [stretch];
      return parts.map((part, at) => ({ text: part, gap: at === parts.length - 1 ? " " : "" }));
    });
}

function wordsOf(stretch: string, language: string | undefined): string[] {
  const found: string[] = [];
  let before = "";
  for (const { text, wordLike } of segments(stretch, language)) {
    if (wordLike) {
      found.push(before + text);
      before = "";
    } else if (found.length > 0) found[found.length - 1] += text;
    else before += text;
  }
  return before === "" ? found : [before];
}

/** What has befallen a text's tokens. */
export interface NoiseCounts {
  tokens: number;
  dropped: number;
  swapped: number;
  repeated: number;
}

export interface WordNoiseOptions {
  /** Of each token, from 0 to 1. */
  readonly probability: number;
  /** An integer from 0 to 2³² − 1. */
  readonly seed: number;
  /** For the words of scripts without spaces. */
  readonly language?: string | undefined;
  /** Added up, if given. */
  readonly counts?: NoiseCounts;
}

/**
 * Word corruption of paper A: each token with the given probability is dropped, swapped with the next one, or
 * repeated, each with a third of it. A token that was swapped back is not asked again; the last token, which has no
 * next one, stays in place of being swapped; a text never becomes empty. White space between tokens becomes one space.
 *
 * @throws RangeError for a probability that is none
 */
export function addWordNoise(text: string, options: WordNoiseOptions): string {
  const { probability, seed, language, counts } = options;
  if (!(probability >= 0 && probability <= 1)) {
    throw new RangeError(`The probability of noise is from 0 to 1, not ${probability}.`);
  }
  const tokens = tokensOf(text, language);
  const random = randomGenerator(seedFrom("word-noise", seed));
  const kept: Token[] = [];
  const count = (what: keyof NoiseCounts) => {
    if (counts) counts[what] += 1;
  };
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at]!;
    count("tokens");
    // Two draws for every token, so that what befalls one does not depend on what befell the others.
    const hit = random() < probability;
    const kind = Math.floor(3 * random());
    const next = tokens[at + 1];
    if (!hit) kept.push(token);
    else if (kind === 0) {
      if (kept.length > 0 || next !== undefined) count("dropped");
      else kept.push(token);
    } else if (kind === 1) {
      if (next === undefined) kept.push(token);
      else {
        kept.push({ text: next.text, gap: token.gap }, { text: token.text, gap: next.gap });
        count("swapped");
        count("tokens");
        random();
        random();
        at += 1;
      }
    } else {
      const between = UNSPACED.test(token.text) ? "" : " ";
      kept.push({ text: token.text, gap: between }, token);
      count("repeated");
    }
  }
  return kept
    .map(({ text: word, gap }) => word + gap)
    .join("")
    .trimEnd();
}

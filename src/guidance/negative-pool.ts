import { characterNgrams, normalizeForNgrams } from "../classify/ngrams.js";
import { randomGenerator, sampled } from "../random/seeded-random.js";

/** A text that new ones are to differ from. */
export interface PoolText {
  readonly text: string;
  readonly label: string;
  readonly language: string;
}

export interface NegativeOptions {
  /** k: texts drawn for each sample. */
  readonly count: number;
  /** `label`: texts of the sample's own label; `all`: of every label. Always of its language. */
  readonly scope: "label" | "all";
  /**
   * `random`: any k of the pool (paper B). `similar`: one at random with its k − 1 nearest neighbours by the cosine of
   * character n-grams, so that the sample is pushed away from one way of writing.
   */
  readonly choose: "random" | "similar";
  /** Characters of all drawn texts together, at most; whole texts are left out until they fit. */
  readonly maxCharacters: number;
}

/** Paper B: 10 examples; the cap leaves most of a context of 1,024 tokens to the text itself. */
export const NEGATIVE_DEFAULTS: NegativeOptions = {
  count: 10,
  scope: "label",
  choose: "random",
  maxCharacters: 2000,
};

const NGRAMS = { minimum: 3, maximum: 5 } as const;

/** Counts of a text's character n-grams and their Euclidean norm. */
interface Profile {
  readonly counts: ReadonlyMap<string, number>;
  readonly norm: number;
}

function profileOf(text: string): Profile {
  const counts = new Map<string, number>();
  for (const ngram of characterNgrams(normalizeForNgrams(text), NGRAMS)) {
    counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
  }
  let squares = 0;
  for (const count of counts.values()) squares += count * count;
  return { counts, norm: Math.sqrt(squares) };
}

function cosine(a: Profile, b: Profile): number {
  if (a.norm === 0 || b.norm === 0) return 0;
  const [small, large] = a.counts.size <= b.counts.size ? [a, b] : [b, a];
  let sum = 0;
  for (const [ngram, count] of small.counts) sum += count * (large.counts.get(ngram) ?? 0);
  return sum / (a.norm * b.norm);
}

/**
 * The examples that samples are told not to resemble (paper B): real texts, and every text accepted so far. What a
 * sample sees is fixed by the pool and the sample's seed, so that a resumed run draws the same.
 */
export class NegativePool {
  readonly #options: NegativeOptions;
  readonly #texts: PoolText[] = [];
  readonly #profiles = new Map<PoolText, Profile>();
  readonly #known = new Set<string>();

  constructor(options: NegativeOptions) {
    this.#options = options;
  }

  /** Adds a text to the pool, unless it is there or empty. */
  add(text: PoolText): void {
    const clean = text.text.normalize("NFC").trim().replace(/\s+/gu, " ");
    const key = JSON.stringify([text.language, text.label, clean]);
    if (clean === "" || this.#known.has(key)) return;
    this.#known.add(key);
    this.#texts.push({ ...text, text: clean });
  }

  /**
   * Texts for one sample, in the order in which they were drawn; fewer than k where the pool or the cap is smaller,
   * and none where the pool has none for the sample.
   *
   * @param seed of the sample
   */
  draw(sample: { readonly label: string; readonly language: string }, seed: number): string[] {
    const { count, scope, choose, maxCharacters } = this.#options;
    const fitting = this.#texts.filter(
      (text) =>
        text.language === sample.language &&
        (scope === "all" || text.label === sample.label) &&
        text.text.length <= maxCharacters,
    );
    if (fitting.length === 0 || count === 0) return [];
    const drawn =
      choose === "random"
        ? sampled(fitting, Math.min(count, fitting.length), seed)
        : this.#neighbours(fitting, count, seed);
    let characters = -1;
    const kept: string[] = [];
    for (const { text } of drawn) {
      if (characters + 1 + text.length > maxCharacters) continue;
      characters += 1 + text.length;
      kept.push(text);
    }
    return kept;
  }

  #neighbours(texts: readonly PoolText[], count: number, seed: number): PoolText[] {
    const centre = texts[Math.floor(randomGenerator(seed)() * texts.length)]!;
    const profile = this.#profile(centre);
    const near = texts
      .filter((text) => text !== centre)
      .map((text, order) => ({ text, order, cosine: cosine(profile, this.#profile(text)) }))
      .sort((a, b) => b.cosine - a.cosine || a.order - b.order);
    return [centre, ...near.slice(0, count - 1).map(({ text }) => text)];
  }

  #profile(text: PoolText): Profile {
    const profile = this.#profiles.get(text) ?? profileOf(text.text);
    this.#profiles.set(text, profile);
    return profile;
  }
}

/** c̄ of paper B: the drawn examples, joined by a space. */
export function negativePromptOf(texts: readonly string[]): string {
  return texts.join(" ");
}

import { setImmediate } from "node:timers/promises";
import { characterNgrams, type NgramRange, normalizeForNgrams } from "../classify/ngrams.js";
import { InterruptedError, RecipeError } from "../errors.js";
import { euclideanNorm } from "../steering/direction.js";
import type { Encoder } from "./encoder.js";

export interface NgramEncoderOptions {
  /** Dimensions; the cosine of two texts is blurred by about 1/√width. Default 1,024. */
  readonly width?: number | undefined;
  /** Lengths of the n-grams, in code points. Default 2 to 4. */
  readonly ngrams?: NgramRange | undefined;
}

/** Texts between two looks at the signal. */
const TEXTS_AT_ONCE = 64;

/**
 * An encoder without weights: character n-grams within white-space-separated tokens, of any script, hashed to a fixed
 * width with signs (Weinberger et al. 2009, "Feature Hashing for Large Scale Multitask Learning", eq. 2):
 *
 *     xⱼ = Σ over n-grams g with h(g) = j of ξ(g) · (1 + ln tf(g)),     then x / ‖x‖₂
 *
 * The signs ξ make collisions cancel on average, so that the dot product of two rows before they are scaled is that of
 * the n-gram counts, give or take. It sees shared spelling and not meaning: two ways to say one thing are far apart.
 * Case and Unicode form do not matter. The same text has the same row on every platform with the same Unicode version.
 *
 * @throws RecipeError for a width below 2, or n-gram lengths that are no range.
 */
export function ngramEncoder(options: NgramEncoderOptions = {}): Encoder {
  const { width = 1024, ngrams = { minimum: 2, maximum: 4 } } = options;
  const { minimum, maximum } = ngrams;
  if (!Number.isInteger(width) || width < 2) {
    throw new RecipeError(`N-grams are hashed to a whole number of dimensions from 2; it is ${width}.`);
  }
  if (!Number.isInteger(minimum) || !Number.isInteger(maximum) || minimum < 1 || maximum < minimum) {
    throw new RecipeError(
      `The n-gram lengths must run from 1 or more to no less than that, in whole numbers; they are ${minimum} to ${maximum}.`,
    );
  }
  return {
    name: `character n-grams ${minimum}-${maximum}, hashed to ${width}`,
    width,
    async encode(texts, { signal } = {}) {
      const vectors: Float32Array[] = [];
      for (const [i, text] of texts.entries()) {
        if (i % TEXTS_AT_ONCE === 0) {
          if (i > 0) await setImmediate();
          if (signal?.aborted) throw new InterruptedError("Encoding the texts was interrupted.");
        }
        vectors.push(hashedVector(text, ngrams, width));
      }
      return vectors;
    },
  };
}

function hashedVector(text: string, range: NgramRange, width: number): Float32Array {
  const counts = new Map<string, number>();
  for (const ngram of characterNgrams(normalizeForNgrams(text), range)) {
    counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
  }
  const sums = new Float64Array(width);
  for (const [ngram, count] of counts) {
    const hash = hashOf(ngram);
    // The lowest bit is the sign, the others the place, so that the two are independent.
    const weight = 1 + Math.log(count);
    sums[(hash >>> 1) % width]! += hash & 1 ? weight : -weight;
  }
  const norm = euclideanNorm(sums);
  return Float32Array.from(sums, (sum) => (norm > 0 ? sum / norm : 0));
}

/** 32-bit FNV-1a over UTF-16 units, then MurmurHash3's finaliser, without which the lowest bits are poor. */
function hashOf(ngram: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < ngram.length; i++) {
    const unit = ngram.charCodeAt(i);
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193);
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

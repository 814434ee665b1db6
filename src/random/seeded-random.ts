import { createHash } from "node:crypto";

/** llama.cpp reads this seed as "draw one at random". */
const RESERVED_SEED = 0xffffffff;

/**
 * A 32-bit seed derived from what the seed is for: the first 32 bits, big-endian, of SHA-256 over the parts.
 *
 * Each part is encoded as its kind (`s` or `n`), its length in bytes (uint32, big-endian) and its UTF-8 text, a
 * number as JavaScript prints it. So `("a", "bc")` and `("ab", "c")` differ, and so do `1` and `"1"`.
 * The result is never 0xFFFFFFFF, which stands for a random seed elsewhere; 0xFFFFFFFE takes its place.
 *
 * @throws RangeError for a number that is not finite.
 */
export function seedFrom(...parts: readonly (string | number)[]): number {
  const hash = createHash("sha256");
  for (const part of parts) {
    if (typeof part === "number" && !Number.isFinite(part)) {
      throw new RangeError(`A seed cannot be made from ${part}.`);
    }
    const bytes = Buffer.from(String(part), "utf8");
    const header = Buffer.alloc(5);
    header.write(typeof part === "number" ? "n" : "s", "latin1");
    header.writeUInt32BE(bytes.length, 1);
    hash.update(header).update(bytes);
  }
  const seed = hash.digest().readUInt32BE(0);
  return seed === RESERVED_SEED ? RESERVED_SEED - 1 : seed;
}

/**
 * xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021).
 *
 * @param state four 32-bit words, not all zero; the generator keeps and advances its own copy.
 * @returns a function that gives the next unsigned 32-bit integer.
 */
export function xoshiro128StarStar(state: readonly [number, number, number, number]): () => number {
  let [a, b, c, d] = state;
  return () => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result;
  };
}

/**
 * A generator of uniform numbers in [0, 1), each with 53 random bits from two draws of xoshiro128**. Its state is
 * the first 128 bits, big-endian, of SHA-256 over the seed as a big-endian uint32.
 *
 * @param seed an integer from 0 to 2³² − 1.
 * @throws RangeError for any other seed.
 */
export function randomGenerator(seed: number): () => number {
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    throw new RangeError(`A seed is an integer from 0 to 4294967295, not ${seed}.`);
  }
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(seed);
  const digest = createHash("sha256").update(bytes).digest();
  const next = xoshiro128StarStar([
    digest.readUInt32BE(0),
    digest.readUInt32BE(4),
    digest.readUInt32BE(8),
    digest.readUInt32BE(12),
  ]);
  return () => {
    const high = next() >>> 5;
    const low = next() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  };
}

/** The items in a random order (Fisher and Yates), leaving `items` as it is. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  return sampled(items, items.length, seed);
}

/**
 * `count` of the items, drawn without replacement, in the order in which they were drawn. A longer draw with the
 * same seed begins with the shorter one.
 *
 * @throws RangeError if `count` is not an integer from 0 to the number of items.
 */
export function sampled<T>(items: readonly T[], count: number, seed: number): T[] {
  if (!Number.isInteger(count) || count < 0 || count > items.length) {
    throw new RangeError(`Cannot draw ${count} of ${items.length} items.`);
  }
  return drawToFront([...items], count, randomGenerator(seed)).slice(0, count);
}

/**
 * Shuffles in place (Fisher and Yates) and gives the same array: for many shuffles with the numbers of one generator.
 *
 * @param random gives numbers in [0, 1); as many are taken as there are items.
 */
export function shuffleInPlace<T>(items: T[], random: () => number): T[] {
  return drawToFront(items, items.length, random);
}

function drawToFront<T>(items: T[], count: number, random: () => number): T[] {
  for (let drawn = 0; drawn < count; drawn++) {
    const other = drawn + Math.floor(random() * (items.length - drawn));
    const held = items[drawn]!;
    items[drawn] = items[other]!;
    items[other] = held;
  }
  return items;
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

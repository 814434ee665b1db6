/** A source of uniform 32-bit unsigned integers. */
export type RandomSource = () => number;

/**
 * xoshiro128** 1.1 (Blackman and Vigna, 2021), its state filled by a Weyl sequence under a bijective mixer, so that
 * neighbouring seeds give unrelated streams. The same seed gives the same numbers on every machine.
 *
 * @param seed taken modulo 2³².
 */
export function randomSource(seed: number): RandomSource {
  let weyl = seed >>> 0;
  const next = (): number => {
    weyl = (weyl + 0x9e3779b9) >>> 0;
    return mix(weyl);
  };
  let a = next();
  let b = next();
  let c = next();
  let d = next() | 1;
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
}

/** A whole number from 0 to `below` − 1. `below` is at most 2³². */
export function randomBelow(source: RandomSource, below: number): number {
  return Math.floor((source() / 2 ** 32) * below);
}

/** Shuffles in place (Fisher and Yates) and gives the same array. */
export function shuffleInPlace<T>(values: T[], source: RandomSource): T[] {
  for (let i = values.length - 1; i > 0; i--) {
    const j = randomBelow(source, i + 1);
    const held = values[i]!;
    values[i] = values[j]!;
    values[j] = held;
  }
  return values;
}

/** Murmur3's finalizer: a bijection of 32-bit integers in which every input bit moves half of the output's. */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

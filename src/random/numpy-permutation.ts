const STATE_WORDS = 624;
const SHIFT = 397;
const TWIST = 0x9908b0df;

/**
 * The Mersenne Twister MT19937 with 32-bit output (Matsumoto and Nishimura, "Mersenne Twister: A 623-dimensionally
 * equidistributed uniform pseudo-random number generator", 1998), seeded as its authors' 2002 `init_genrand` does.
 *
 * @param seed an integer from 0 to 2³² − 1.
 * @returns a function that gives the next unsigned 32-bit integer.
 */
function mersenneTwister(seed: number): () => number {
  const state = new Uint32Array(STATE_WORDS);
  state[0] = seed;
  for (let i = 1; i < STATE_WORDS; i++) {
    const before = state[i - 1]!;
    state[i] = Math.imul(1812433253, before ^ (before >>> 30)) + i;
  }
  let at = STATE_WORDS;
  const advance = () => {
    for (let i = 0; i < STATE_WORDS; i++) {
      const joined = (state[i]! & 0x80000000) | (state[(i + 1) % STATE_WORDS]! & 0x7fffffff);
      const other = state[(i + SHIFT) % STATE_WORDS]!;
      state[i] = other ^ (joined >>> 1) ^ ((joined & 1) === 0 ? 0 : TWIST);
    }
    at = 0;
  };
  return () => {
    if (at === STATE_WORDS) advance();
    let word = state[at]!;
    at += 1;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    word ^= word >>> 18;
    return word >>> 0;
  };
}

/**
 * The numbers from 0 to `length` − 1 in the order of NumPy's `RandomState(seed).permutation(length)`, whose first n are
 * the rows that pandas' `DataFrame.sample(n, random_state=seed)` takes. NumPy has frozen this generator.
 *
 * @throws RangeError for a seed that is no integer from 0 to 2³² − 1.
 */
export function numpyPermutation(length: number, seed: number): number[] {
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    throw new RangeError(`A seed is an integer from 0 to 4294967295, not ${seed}.`);
  }
  const next = mersenneTwister(seed);
  const order = Array.from({ length }, (_, i) => i);
  for (let last = length - 1; last > 0; last--) {
    const mask = 2 ** (32 - Math.clz32(last)) - 1;
    let other: number;
    do other = (next() & mask) >>> 0;
    while (other > last);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

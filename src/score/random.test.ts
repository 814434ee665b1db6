import { expect, it } from "vitest";
import { randomBelow, randomSource, shuffleInPlace } from "./random.js";

/*
 * M = 0xffffffff
 * def mix(h):
 *     h ^= h >> 16; h = h * 0x85ebca6b & M; h ^= h >> 13; h = h * 0xc2b2ae35 & M; return h ^ h >> 16
 * def rot(x, k): return (x << k | x >> 32 - k) & M
 * def stream(seed, count):
 *     w, s, out = seed, [], []
 *     for _ in range(4): w = w + 0x9e3779b9 & M; s.append(mix(w))
 *     s[3] |= 1
 *     for _ in range(count):
 *         out.append(rot(s[1] * 5 & M, 7) * 9 & M); t = s[1] << 9 & M
 *         s[2] ^= s[0]; s[3] ^= s[1]; s[1] ^= s[2]; s[0] ^= s[3]; s[2] ^= t; s[3] = rot(s[3], 11)
 *     return out
 * print(stream(42, 4), stream(0, 2))
 */
it("gives the stream of xoshiro128**", () => {
  const source = randomSource(42);
  expect([source(), source(), source(), source()]).toEqual([2837322924, 544945897, 479756282, 3500138142]);
  const other = randomSource(0);
  expect([other(), other()]).toEqual([3809008728, 1133695204]);
});

it("draws every number below the limit about as often", () => {
  const source = randomSource(7);
  const counts = new Array<number>(6).fill(0);
  for (let i = 0; i < 60_000; i++) counts[randomBelow(source, 6)]!++;
  // Five standard deviations of a binomial with n = 60,000 and p = 1/6 are 456.
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(456);
});

it("shuffles to a permutation, and every permutation comes up", () => {
  const source = randomSource(1);
  const seen = new Set<string>();
  for (let i = 0; i < 500; i++) {
    const shuffled = shuffleInPlace([1, 2, 3, 4], source);
    expect([...shuffled].sort()).toEqual([1, 2, 3, 4]);
    seen.add(shuffled.join(""));
  }
  expect(seen.size).toBe(24);
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  randomGenerator,
  sampled,
  seedFrom,
  shuffled,
  shuffleInPlace,
  xoshiro128StarStar,
} from "./seeded-random.js";

/*
 * Expected values, but for the generator's own ten numbers, were printed by this Python program:
 *
 *   import hashlib, struct
 *   M = 0xFFFFFFFF
 *   rotl = lambda x, k: ((x << k) | (x >> (32 - k))) & M
 *   def stream(s):
 *       s = list(s)
 *       while True:
 *           yield rotl(s[1] * 5 & M, 7) * 9 & M
 *           t = s[1] << 9 & M
 *           s[2] ^= s[0]; s[3] ^= s[1]; s[1] ^= s[2]; s[0] ^= s[3]; s[2] ^= t; s[3] = rotl(s[3], 11)
 *   def uniform(seed):
 *       g = stream(struct.unpack(">4I", hashlib.sha256(struct.pack(">I", seed)).digest()[:16]))
 *       while True: yield ((next(g) >> 5) * 2**26 + (next(g) >> 6)) / 2**53
 *   def seed_from(*parts):
 *       code = lambda p: (b"s" if isinstance(p, str) else b"n") + struct.pack(">I", len(str(p).encode())) + str(p).encode()
 *       return struct.unpack(">I", hashlib.sha256(b"".join(map(code, parts))).digest()[:4])[0]
 *   def drawn(items, k, u):
 *       p = list(items)
 *       for i in range(k): j = i + int(next(u) * (len(p) - i)); p[i], p[j] = p[j], p[i]
 *       return p[:k]
 *   def sampled(items, k, s): return drawn(items, k, uniform(s))
 *   for s in (0, 42, M): u = uniform(s); print([next(u) for _ in range(3)])
 *   print(seed_from(), seed_from("a", "bc"), seed_from("ab", "c"), seed_from(1), seed_from("1"))
 *   print(seed_from("run", 42, "sl", "ቋንቋ", 0.2), sampled(range(10), 10, 42), sampled(range(50), 5, 42))
 *   u = uniform(42); print([drawn(range(10), 10, u) for _ in range(3)])
 */

describe("xoshiro128StarStar", () => {
  it("gives the numbers of the authors' C program, compiled with the state 1, 2, 3, 4", () => {
    const next = xoshiro128StarStar([1, 2, 3, 4]);
    expect(Array.from({ length: 10 }, next)).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });
});

describe("randomGenerator", () => {
  it.each([
    [0, [0.8699455223449113, 0.6741071867801134, 0.594510625443858]],
    [42, [0.8774154851212509, 0.25031380047514296, 0.484082064401682]],
    [4294967295, [0.1367704530297168, 0.010183194535445694, 0.18929967185159846]],
  ])("gives the expected numbers for the seed %i", (seed, expected) => {
    expect(Array.from({ length: 3 }, randomGenerator(seed))).toEqual(expected);
  });

  it("is uniform over 20 cells (chi-square below the 0.1 % point of 19 degrees of freedom, 43.82)", () => {
    const random = randomGenerator(7);
    const cells = new Float64Array(20);
    for (let draw = 0; draw < 20_000; draw++) cells[Math.floor(random() * 20)]! += 1;
    const chiSquare = cells.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(43.82);
  });

  it.each([-1, 0.5, 2 ** 32, Number.NaN])("refuses the seed %d", (seed) => {
    expect(() => randomGenerator(seed)).toThrow(RangeError);
  });
});

describe("seedFrom", () => {
  it("gives the expected seeds", () => {
    expect(seedFrom()).toBe(3820012610);
    expect(seedFrom("a", "bc")).toBe(2031374682);
    expect(seedFrom("ab", "c")).toBe(435292380);
    expect(seedFrom(1)).toBe(2235758576);
    expect(seedFrom("1")).toBe(2602948058);
    expect(seedFrom("run", 42, "sl", "ቋንቋ", 0.2)).toBe(3652650107);
  });

  it("is a 32-bit integer that is not the reserved seed, whatever the parts", () => {
    const part = fc.oneof(fc.string({ unit: "binary" }), fc.double({ noNaN: true, noDefaultInfinity: true }));
    fc.assert(
      fc.property(fc.array(part), (parts) => {
        const seed = seedFrom(...parts);
        return Number.isInteger(seed) && seed >= 0 && seed < 0xffffffff;
      }),
    );
  });

  it("refuses a number that is not finite", () => {
    expect(() => seedFrom("a", Number.NaN)).toThrow(RangeError);
  });
});

const range = (length: number) => Array.from({ length }, (_, index) => index);

describe("sampled and shuffled", () => {
  it("give the expected draws", () => {
    expect(shuffled(range(10), 42)).toEqual([8, 3, 5, 7, 6, 9, 4, 1, 0, 2]);
    expect(sampled(range(50), 5, 42)).toEqual([43, 13, 25, 33, 24]);
  });

  it("leave the items as they are", () => {
    const items = Object.freeze(range(5));
    expect(shuffled(items, 1).toSorted()).toEqual(items);
  });

  it("draw each item about equally often", () => {
    const counts = new Float64Array(10);
    for (let seed = 0; seed < 3000; seed++)
      for (const item of sampled(range(10), 3, seed)) counts[item]! += 1;
    for (const count of counts) expect(Math.abs(count - 900)).toBeLessThan(100);
  });

  it("refuse a count that there are no items for", () => {
    expect(() => sampled([1, 2], 3, 0)).toThrow("Cannot draw 3 of 2 items.");
    expect(() => sampled([1, 2], -1, 0)).toThrow(RangeError);
  });
});

describe("shuffleInPlace", () => {
  it("gives the expected orders, one after another from one generator", () => {
    const random = randomGenerator(42);
    expect(Array.from({ length: 3 }, () => shuffleInPlace(range(10), random))).toEqual([
      [8, 3, 5, 7, 6, 9, 4, 1, 0, 2],
      [9, 3, 2, 5, 1, 8, 6, 0, 4, 7],
      [3, 8, 0, 7, 2, 4, 1, 9, 5, 6],
    ]);
  });

  it("shuffles the array that it gives back", () => {
    const items = range(10);
    expect(shuffleInPlace(items, randomGenerator(42))).toBe(items);
    expect(items).toEqual(shuffled(range(10), 42));
  });

  it("gives each of the 24 orders of four items", () => {
    const random = randomGenerator(1);
    const seen = new Set(range(500).map(() => shuffleInPlace([1, 2, 3, 4], random).join("")));
    expect(seen.size).toBe(24);
  });
});

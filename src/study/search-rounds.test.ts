import fc from "fast-check";
import { expect, test } from "vitest";
import { searchRounds, textsOfRounds } from "./search-rounds.js";

const halving = { search: "halving", keep: 1 / 3, rounds: 3, best: 1 } as const;

test("halving gives each round about the same, and a third of the grid in all", () => {
  const rounds = searchRounds(halving, 27, 18);
  expect(rounds).toEqual([
    { texts: 2, configurations: 27 },
    { texts: 6, configurations: 9 },
    { texts: 18, configurations: 3 },
  ]);
  expect(textsOfRounds(rounds)).toBe(27 * 2 + 9 * 4 + 3 * 12);
  expect(textsOfRounds(rounds) / (27 * 18)).toBeLessThan(0.35);
});

test("as many configurations reach the end as are wanted", () => {
  expect(searchRounds({ ...halving, best: 5 }, 27, 18).map((round) => round.configurations)).toEqual([
    27, 9, 5,
  ]);
  expect(searchRounds({ ...halving, best: "all" }, 7, 18).map((round) => round.configurations)).toEqual([
    7, 7, 7,
  ]);
  expect(searchRounds({ ...halving, best: 50 }, 4, 18).at(-1)!.configurations).toBe(4);
});

test("rounds with the same texts are one round", () => {
  expect(searchRounds(halving, 9, 4)).toEqual([
    { texts: 2, configurations: 9 },
    { texts: 4, configurations: 1 },
  ]);
  expect(searchRounds(halving, 9, 2)).toEqual([{ texts: 2, configurations: 9 }]);
});

test("a grid has a first look and then the rest", () => {
  expect(searchRounds({ ...halving, search: "grid" }, 12, 16)).toEqual([
    { texts: 4, configurations: 12 },
    { texts: 16, configurations: 12 },
  ]);
});

test("rounds grow in texts, shrink in configurations, and end with all texts", () => {
  fc.assert(
    fc.property(
      fc.record({
        search: fc.constantFrom("grid" as const, "random" as const, "halving" as const),
        keep: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
        rounds: fc.integer({ min: 1, max: 6 }),
        best: fc.oneof(fc.constant("all" as const), fc.integer({ min: 1, max: 30 })),
      }),
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 2, max: 60 }),
      (study, tried, texts) => {
        const rounds = searchRounds(study, tried, texts);
        expect(rounds.at(-1)!.texts).toBe(texts);
        expect(rounds[0]!.configurations).toBe(tried);
        rounds.slice(1).forEach((round, r) => {
          expect(round.texts).toBeGreaterThan(rounds[r]!.texts);
          expect(round.configurations).toBeLessThanOrEqual(rounds[r]!.configurations);
        });
        expect(textsOfRounds(rounds)).toBeLessThanOrEqual(tried * texts);
      },
    ),
    { numRuns: 60 },
  );
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecipeError } from "../errors.js";
import { parseSplits, splitRows } from "./split-rows.js";

const SPLITS = parseSplits("train=0.8,validation=0.1,test=0.1");

const rows = fc.uniqueArray(
  fc.record({
    id: fc.string({ minLength: 1, maxLength: 6 }),
    stratum: fc.constantFrom("en a", "en b", "th a"),
    group: fc.integer({ min: 0, max: 30 }),
  }),
  { selector: ({ id }) => id, minLength: 1, maxLength: 80 },
);

type Row = typeof rows extends fc.Arbitrary<infer R> ? (R extends readonly (infer E)[] ? E : never) : never;

function split(all: readonly Row[], seed: number, grouped = true): Map<string, number> {
  const result = splitRows({
    ids: all.map(({ id }) => id),
    strata: all.map(({ stratum }) => stratum),
    ...(grouped ? { groups: all.map(({ group }) => group) } : {}),
    splits: SPLITS,
    seed,
  });
  return new Map(all.map(({ id }, row) => [id, result[row]!]));
}

describe("splitRows", () => {
  it("keeps groups whole, places every row, and does not depend on the rows' order", () => {
    fc.assert(
      fc.property(rows, fc.nat(), fc.nat(), (all, seed, turn) => {
        const parts = split(all, seed);
        for (const row of all) {
          expect(parts.get(row.id)).toBeGreaterThanOrEqual(0);
          expect(parts.get(row.id)).toBeLessThan(SPLITS.length);
          for (const other of all) {
            if (other.group === row.group) expect(parts.get(other.id)).toBe(parts.get(row.id));
          }
        }
        // Rows in another order, and groups with other numbers.
        const at = turn % all.length;
        const moved = [...all.slice(at), ...all.slice(0, at)].reverse();
        const renamed = moved.map((row) => ({ ...row, group: 1000 - row.group }));
        expect(split(renamed, seed)).toEqual(parts);
      }),
      { numRuns: 60 },
    );
  });

  it("is within one row of each stratum's shares where nothing is grouped", () => {
    fc.assert(
      fc.property(rows, fc.nat(), (all, seed) => {
        const parts = split(all, seed, false);
        for (const stratum of new Set(all.map((row) => row.stratum))) {
          const own = all.filter((row) => row.stratum === stratum);
          SPLITS.forEach(({ share }, number) => {
            const count = own.filter(({ id }) => parts.get(id) === number).length;
            expect(Math.abs(count - share * own.length)).toBeLessThan(1);
          });
        }
      }),
      { numRuns: 60 },
    );
  });

  it("meets the shares over all strata, and draws other rows for another seed", () => {
    const all = ["a", "b", "c", "d"].flatMap((label) =>
      Array.from({ length: 24 }, (_, i) => ({ id: `${label}/${i}`, stratum: label, group: 0 })),
    ) as unknown as Row[];
    const parts = [...split(all, 1, false).values()];
    expect([0, 1, 2].map((number) => parts.filter((part) => part === number).length)).toEqual([76, 10, 10]);
    expect(split(all, 2, false)).not.toEqual(split(all, 1, false));
  });

  it("refuses ids that are there twice and lists of different lengths", () => {
    const request = { ids: ["a", "a"], strata: ["x", "x"], splits: SPLITS, seed: 1 };
    expect(() => splitRows(request)).toThrow(RangeError);
    expect(() => splitRows({ ...request, ids: ["a"] })).toThrow(RangeError);
  });
});

describe("parseSplits", () => {
  it("reads names and shares", () => {
    expect(parseSplits("train=0.75, dev_2=.25")).toEqual([
      { name: "train", share: 0.75 },
      { name: "dev_2", share: 0.25 },
    ]);
  });

  it.each([
    ["train", /NAME=SHARE/],
    ["all=1", /not all/],
    ["../x=1", /NAME=SHARE/],
    ["train=0,test=1", /above 0/],
    ["train=0.5,train=0.5", /twice/],
    ["train=0.5,test=0.4", /0\.9/],
  ])("refuses %s", (text, message) => {
    expect(() => parseSplits(text)).toThrow(message);
    expect(() => parseSplits(text)).toThrow(RecipeError);
  });
});

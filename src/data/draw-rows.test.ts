import fc from "fast-check";
import { expect, test } from "vitest";
import { type DrawnRow, deduplicate, drawRows } from "./draw-rows.js";

const row = (text: string, label?: string, language?: string): DrawnRow => ({ text, label, language });
const rows = (count: number, label: string, language?: string) =>
  Array.from({ length: count }, (_, index) => row(`${label} ${index}`, label, language));
const counts = (drawn: readonly DrawnRow[]) => {
  const found: Record<string, number> = {};
  for (const { label, language } of drawn) {
    const name = `${label} ${language}`;
    found[name] = (found[name] ?? 0) + 1;
  }
  return found;
};

test("as many of each label and language, in their old order, the same for the same seed", () => {
  const all = [...rows(9, "a", "en"), ...rows(20, "b", "en"), ...rows(3, "a", "am"), ...rows(4, "b", "am")];
  const mixed = all.filter((_, index) => index % 2 === 0).concat(all.filter((_, index) => index % 2 === 1));
  const drawn = drawRows(mixed, { sample: 5, seed: 1 });
  expect(counts(drawn)).toEqual({ "a en": 5, "b en": 5, "a am": 3, "b am": 4 });
  expect(drawn).toEqual(mixed.filter((row) => drawn.includes(row)));
  expect(drawRows(mixed, { sample: 5, seed: 1 })).toEqual(drawn);
  expect(drawRows(mixed, { sample: 5, seed: 2 })).not.toEqual(drawn);
});

test("a column of other things than labels, each once, can be balanced", () => {
  const all = Array.from({ length: 130_000 }, (_, index) => row("t", `id ${index}`));
  expect(drawRows(all, { balance: true, seed: 1 })).toHaveLength(all.length);
});

test("balance takes the rarest label's count within each language", () => {
  const all = [...rows(9, "a", "en"), ...rows(20, "b", "en"), ...rows(3, "a", "am"), ...rows(30, "b", "am")];
  expect(counts(drawRows(all, { balance: true, seed: 1 }))).toEqual({
    "a en": 9,
    "b en": 9,
    "a am": 3,
    "b am": 3,
  });
  expect(counts(drawRows(all, { balance: true, sample: 5, seed: 1 }))).toEqual({
    "a en": 5,
    "b en": 5,
    "a am": 3,
    "b am": 3,
  });
});

test("a draw of one label does not depend on the rows of others, and a larger one holds a smaller one", () => {
  fc.assert(
    fc.property(fc.nat(30), fc.integer({ min: 1, max: 20 }), fc.nat(9), (others, sample, seed) => {
      const own = rows(30, "a");
      const alone = drawRows(own, { sample, seed });
      expect(
        drawRows([...rows(others, "b"), ...own], { sample, seed }).filter(({ label }) => label === "a"),
      ).toEqual(alone);
      expect(drawRows(own, { sample: sample + 3, seed })).toEqual(expect.arrayContaining(alone));
    }),
    { numRuns: 30 },
  );
});

test("the first of copies is kept, which differ in case, white space and normal form", () => {
  const first = row("Café  noir", "a");
  const all = [
    first,
    row("cafe\u0301 NOIR", "b"),
    row("CAFÉ\nNOIR ", "a"),
    row("Café noir", "a", "fr"),
    row("other", "a"),
  ];
  expect(deduplicate(all)).toEqual({
    rows: [first, all[3], all[4]],
    copies: 2,
    contradictions: 1,
  });
});

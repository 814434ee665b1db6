import { expect, test } from "vitest";
import { RecipeError, TillerError } from "../errors.js";
import { randomGenerator } from "../random/seeded-random.js";
import { type CompareArmsOptions, compareArms, type TrainedArm } from "./evaluate-arms.js";
import type { LabelledRow } from "./training-draw.js";

const WORDS = {
  food: ["soup", "bread", "rice", "salt", "ምግብ"],
  sport: ["goal", "match", "team", "race", "ኳስ"],
} as const;
type Label = keyof typeof WORDS;
const LABELS = ["food", "sport"] as const;

/** Texts of five words and a number; a share `noise` of the words comes from the other label. */
function texts(perLabel: number, noise: number, seed: number, language = "en"): LabelledRow[] {
  const random = randomGenerator(seed);
  const pick = (label: Label) => WORDS[label][Math.floor(random() * 5)]!;
  return LABELS.flatMap((label) =>
    Array.from({ length: perLabel }, () => {
      const words = Array.from({ length: 5 }, () =>
        pick(random() < noise ? (label === "food" ? "sport" : "food") : label),
      );
      return { text: `${words.join(" ")} ${Math.floor(random() * 1e6)}`, label, language };
    }),
  );
}

const informative = { name: "informative", rows: texts(40, 0.1, 1) };
// Half the words from each label: nothing to learn from.
const useless = { name: "useless", rows: texts(40, 0.5, 2) };
const base: CompareArmsOptions = {
  arms: [useless, informative],
  test: texts(60, 0.15, 3),
  seeds: 5,
  seed: 42,
  baseline: "useless",
  resamples: 500,
};

test("tells a data set that teaches from one that does not", () => {
  const result = compareArms(base);
  expect(result.labels).toEqual(["food", "sport"]);
  expect(result.trainingSize).toBe(64);
  expect(result.majority).toEqual({ label: "food", accuracy: 0.5, macroF1: 1 / 3 });
  expect(result.chanceAccuracy).toBe(0.5);
  expect(result.notes).toEqual([]);
  const [first, second] = result.arms as TrainedArm[];
  expect([first!.name, second!.name]).toEqual(["useless", "informative"]);
  const { mean, values, minimum, maximum, standardDeviation } = second!.macroF1;
  expect(mean).toBeGreaterThan(0.9);
  expect(values).toHaveLength(5);
  expect([minimum, maximum]).toEqual([Math.min(...values), Math.max(...values)]);
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 4;
  expect(standardDeviation).toBeCloseTo(Math.sqrt(variance), 12);
  expect(new Set(first!.macroF1.values).size).toBeGreaterThan(1);
  expect(second!.perLabel.reduce((sum, { f1 }) => sum + f1, 0) / 2).toBeCloseTo(mean, 12);
  expect(result.differences).toHaveLength(1);
  const [difference] = result.differences;
  expect(difference!.verdict).toBe("better");
  expect(difference!.difference).toBeCloseTo(mean - first!.macroF1.mean, 12);
  expect(difference!.interval[0]).toBeGreaterThan(0);
  expect(difference!.sentence).toMatch(/^informative trains a better classifier than useless: macro-F1 0\.9/);
});

test("the same options give the same result, and swapped roles the opposite verdict", () => {
  const progress: string[] = [];
  const once = compareArms({ ...base, onProgress: (done, total) => progress.push(`${done}/${total}`) });
  expect(compareArms(base)).toEqual(once);
  expect(progress.at(-1)).toBe("10/10");
  expect(progress).toHaveLength(10);
  const swapped = compareArms({ ...base, baseline: "informative" });
  expect(swapped.differences[0]!.verdict).toBe("worse");
  expect(compareArms({ ...base, seed: 43 }).arms).not.toEqual(once.arms);
});

test("two data sets of one kind show no clear difference", () => {
  const result = compareArms({
    ...base,
    arms: [informative, { name: "again", rows: texts(40, 0.1, 9) }],
    baseline: "informative",
  });
  expect(result.differences[0]!.verdict).toBe("no clear difference");
  expect(result.differences[0]!.sentence).toMatch(/^No clear difference between/);
});

test("every arm trains on as many texts as the smallest allows, which is noted", () => {
  const small = { name: "small", rows: texts(10, 0.1, 4) };
  const result = compareArms({ ...base, arms: [useless, small] });
  expect(result.trainingSize).toBe(16);
  expect(result.notes).toEqual([
    expect.stringContaining('8 texts of each label, because "small" has only 10 texts of "food"'),
  ]);
});

test("arms with too few texts are reported and the others go on", () => {
  const result = compareArms({
    ...base,
    arms: [
      ...base.arms,
      { name: "empty", rows: [] },
      { name: "one each", rows: texts(1, 0, 5) },
      { name: "no sport", rows: informative.rows.filter(({ label }) => label === "food") },
    ],
  });
  expect(result.arms.slice(2)).toEqual([
    { name: "empty", trained: false, reason: "not trained: it has no texts" },
    {
      name: "one each",
      trained: false,
      reason: 'not trained: 1 text of "food", 1 text of "sport"; 5 of each label are needed',
    },
    {
      name: "no sport",
      trained: false,
      reason: 'not trained: no texts of "sport"; 5 of each label are needed',
    },
  ]);
  expect(result.differences.map(({ arm }) => arm)).toEqual(["informative"]);
  expect(result.trainingSize).toBe(64);
});

test("a baseline with too few texts leaves nothing to compare with", () => {
  const result = compareArms({ ...base, arms: [{ name: "useless", rows: [] }, informative] });
  expect(result.differences).toEqual([]);
  expect(result.arms[1]).toMatchObject({ trained: true });
  expect(result.notes).toEqual([
    'The baseline "useless" was not trained: it has no texts; there is nothing to compare with.',
  ]);
});

test("texts of a label that the test lacks, and copies of test texts, are left out and noted", () => {
  const copied = base.test.slice(0, 3).map((row) => ({ ...row, text: `  ${row.text.toUpperCase()}` }));
  const extra = { text: "a play", label: "theatre", language: "en" };
  const arm = { name: "useless", rows: [...useless.rows, ...copied, extra] };
  const result = compareArms({ ...base, arms: [arm, informative] });
  expect(result.notes).toEqual([
    '"useless": 1 text with the label "theatre" left out, which no test text has.',
    '"useless": 3 texts left out, as the test has the same.',
  ]);
  expect({ ...result, notes: [] }).toEqual(compareArms(base));
});

test("languages of the test are scored apart", () => {
  const languages = ["ha", "am"];
  const both = (perLabel: number, noise: number, seed: number) =>
    languages.flatMap((language, i) => texts(perLabel, noise, seed + i, language));
  const test = both(20, 0.1, 20).map((row) =>
    // Labels swapped in one language: its classifier must look bad there alone.
    row.language === "am" ? { ...row, label: row.label === "food" ? "sport" : "food" } : row,
  );
  const result = compareArms({ ...base, arms: [{ name: "useless", rows: both(20, 0.1, 30) }], test });
  const [am, ha] = (result.arms[0] as TrainedArm).perLanguage;
  expect([am!.language, ha!.language]).toEqual(["am", "ha"]);
  expect(ha!.macroF1).toBeGreaterThan(0.85);
  expect(am!.macroF1).toBeLessThan(0.15);
});

test("with one seed the interval's reach is noted", () => {
  const result = compareArms({ ...base, seeds: 1 });
  expect((result.arms[0] as TrainedArm).macroF1.standardDeviation).toBe(0);
  expect(result.notes[0]).toMatch(/^With one seed/);
});

test.each<[string, Partial<CompareArmsOptions>, RegExp]>([
  ["no test texts", { test: [] }, /no test texts/],
  ["one test label", { test: base.test.filter(({ label }) => label === "food") }, /All test texts .* "food"/],
  [
    "a test label that no arm has",
    { test: [...base.test, { text: "x", label: "Sport", language: "en" }] },
    /label "Sport"; theirs are "food", "sport"/,
  ],
  ["an unknown baseline", { baseline: "nothing" }, /"nothing" is not among .* "useless", "informative"/],
  ["no arms", { arms: [] }, /there is none/],
  ["a name twice", { arms: [useless, useless] }, /Two data sets have the name "useless"/],
  ["no seeds", { seeds: 0 }, /seeds must be a whole number from 1; it is 0/],
  ["a share of everything", { share: 1 }, /share of texts/],
  ["too few resamples", { resamples: 10 }, /resamples/],
  ["a minimum of one text", { minimumPerLabel: 1 }, /fewest texts/],
])("refuses %s", (_, change, message) => {
  const run = () => compareArms({ ...base, ...change });
  expect(run).toThrow(RecipeError);
  expect(run).toThrow(message);
});

test("fails when no arm can be trained", () => {
  const run = () => compareArms({ ...base, arms: [{ name: "useless", rows: texts(2, 0, 1) }] });
  expect(run).toThrow(TillerError);
  expect(run).toThrow(/No data set has enough texts .* "useless" not trained: 2 texts of "food"/);
});

import { expect, test } from "vitest";
import { RecipeError, TillerError } from "../errors.js";
import { randomGenerator } from "../random/seeded-random.js";
import { type CompareArmsOptions, compareArms, type TrainedArm } from "./evaluate-arms.js";
import type { TextTrainer } from "./trainer.js";
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
  baselines: ["useless"],
  resamples: 500,
};

test("tells a data set that teaches from one that does not", async () => {
  const result = await compareArms(base);
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

test("the same options give the same result, and swapped roles the opposite verdict", async () => {
  const progress: string[] = [];
  const once = await compareArms({ ...base, onProgress: (done, total) => progress.push(`${done}/${total}`) });
  expect(await compareArms(base)).toEqual(once);
  expect(progress.at(-1)).toBe("10/10");
  expect(progress).toHaveLength(10);
  const swapped = await compareArms({ ...base, baselines: ["informative"] });
  expect(swapped.differences[0]!.verdict).toBe("worse");
  expect((await compareArms({ ...base, seed: 43 })).arms).not.toEqual(once.arms);
});

test("two data sets of one kind show no clear difference", async () => {
  const result = await compareArms({
    ...base,
    arms: [informative, { name: "again", rows: texts(40, 0.1, 9) }],
    baselines: ["informative"],
  });
  expect(result.differences[0]!.verdict).toBe("no clear difference");
  expect(result.differences[0]!.sentence).toMatch(/^No clear difference between/);
});

test("every arm trains on as many texts as the smallest allows, which is noted", async () => {
  const small = { name: "small", rows: texts(10, 0.1, 4) };
  const result = await compareArms({ ...base, arms: [useless, small] });
  expect(result.trainingSize).toBe(16);
  expect(result.notes).toEqual([
    expect.stringContaining('8 texts of each label, because "small" has only 10 texts of "food"'),
  ]);
});

test("of two data sets taken together every draw has as many texts, however large either is", async () => {
  const drawn: Int32Array[] = [];
  const recording: TextTrainer = {
    name: "recording",
    prepare: async () => ({
      train: async (rows, _, { classes }) => {
        drawn.push(rows);
        return {
          converged: true,
          probabilities: async (others) =>
            Array.from(others, () => new Float64Array(classes).fill(1 / classes)),
        };
      },
    }),
  };
  const small = { name: "small", rows: texts(10, 0.1, 7) };
  const both = { name: "both", rows: informative.rows, beside: small.rows };
  const arms = [informative, small, both];
  await compareArms({ ...base, arms, baselines: [], seeds: 1, trainer: recording });
  const [ofLarge, ofSmall, ofBoth] = drawn.map((rows) => [...rows]);
  // The arms' texts stand one after the other.
  const start = 80 + 20;
  expect(ofLarge).toHaveLength(16);
  expect(ofBoth!.map((row) => row - start)).toEqual([...ofLarge!, ...ofSmall!]);
});

test("two data sets taken together are drawn from twice as much, and need not be compared", async () => {
  const both = { name: "both", rows: informative.rows, beside: texts(40, 0.1, 7) };
  const result = await compareArms({ ...base, arms: [...base.arms, both], compared: ["informative"] });
  expect(result.trainingSize).toBe(64);
  expect(result.differences.map(({ arm }) => arm)).toEqual(["informative"]);
  expect((result.arms[2] as TrainedArm).macroF1.mean).toBeGreaterThan(0.9);
});

test("a size of draws that is asked for is used, as far as there are texts", async () => {
  expect((await compareArms({ ...base, perLabel: 5 })).trainingSize).toBe(10);
  expect((await compareArms({ ...base, perLabel: 500 })).trainingSize).toBe(80);
});

test("by AUROC, the differences and verdicts are those of the ranking", async () => {
  const result = await compareArms({ ...base, metric: "auroc" });
  const [useless, informative] = result.arms as TrainedArm[];
  expect(informative!.auroc.mean).toBeGreaterThan(0.95);
  expect(useless!.auroc.mean).toBeLessThan(0.9);
  const [difference] = result.differences;
  expect(difference!.difference).toBeCloseTo(informative!.auroc.mean - useless!.auroc.mean, 12);
  expect(difference!.sentence).toMatch(/: AUROC /);
});

test("with several differences, Holm's correction decides with the intervals", async () => {
  const again = { name: "again", rows: texts(40, 0.1, 9) };
  const arms = [useless, informative, again];
  const result = await compareArms({ ...base, arms, baselines: ["useless", "informative"] });
  expect(result.differences.map(({ arm, baseline, verdict }) => [arm, baseline, verdict])).toEqual([
    ["again", "useless", "better"],
    ["again", "informative", "no clear difference"],
  ]);
  const [first] = result.differences;
  expect(first!.correctedPValue).toBeCloseTo(2 * first!.pValue, 12);
});

test("many differences have as many resamples as Holm's correction needs", async () => {
  const test = texts(4, 0, 3);
  const isFood = (text: string) =>
    text.split(" ").some((word) => (WORDS.food as readonly string[]).includes(word));
  const knowing: TextTrainer = {
    name: "knowing",
    prepare: async (all) => ({
      train: async (rows) => ({
        converged: true,
        probabilities: async (others) =>
          Array.from(others, (other) =>
            // The first arm teaches nothing.
            Float64Array.from(rows[0]! >= 10 && !isFood(all[other]!) ? [0, 1] : [1, 0]),
          ),
      }),
    }),
  };
  const arms = Array.from({ length: 61 }, (_, i) => ({ name: `${i}`, rows: texts(5, 0, 100 + i) }));
  const many = { arms, test, baselines: ["0"], seeds: 1, seed: 1, trainer: knowing };
  const verdicts = (await compareArms(many)).differences.map(({ verdict }) => verdict);
  expect(verdicts).toEqual(Array.from({ length: 60 }, () => "better"));
});

test("arms with too few texts are reported and the others go on", async () => {
  const result = await compareArms({
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

test("of an arm that is not essential, a small size does not make all draws small", async () => {
  const arms = [
    ...base.arms,
    { name: "half", rows: texts(20, 0, 5) },
    { name: "less", rows: texts(19, 0, 6) },
  ];
  const result = await compareArms({ ...base, arms, essential: ["useless", "informative"] });
  expect(result.arms.map(({ trained }) => trained)).toEqual([true, true, true, false]);
  expect(result.arms[3]).toMatchObject({
    reason: 'not trained: 19 texts of "food", where what it is compared with has 40 or more',
  });
  expect(result.trainingSize).toBe(32);
  const all = await compareArms({ ...base, arms });
  expect(all.trainingSize).toBe(30);
  // Draws that are small anyway are not made smaller.
  const few = await compareArms({ ...base, arms, essential: ["useless", "informative"], perLabel: 19 });
  expect(few.arms.map(({ trained }) => trained)).toEqual([true, true, true, true]);
});

test("a baseline with too few texts leaves nothing to compare with", async () => {
  const result = await compareArms({ ...base, arms: [{ name: "useless", rows: [] }, informative] });
  expect(result.differences).toEqual([]);
  expect(result.arms[1]).toMatchObject({ trained: true });
  expect(result.notes).toEqual([
    'The baseline "useless" was not trained: it has no texts; there is nothing to compare with.',
  ]);
});

test("texts of a label that the test lacks, and copies of test texts, are left out and noted", async () => {
  const copied = base.test.slice(0, 3).map((row) => ({ ...row, text: `  ${row.text.toUpperCase()}` }));
  const extra = { text: "a play", label: "theatre", language: "en" };
  const arm = { name: "useless", rows: [...useless.rows, ...copied, extra] };
  const result = await compareArms({ ...base, arms: [arm, informative] });
  expect(result.notes).toEqual([
    '"useless": 1 text with the label "theatre" left out, which no test text has.',
    '"useless": 3 texts left out, as the test has the same.',
  ]);
  expect({ ...result, notes: [] }).toEqual(await compareArms(base));
});

test("languages of the test are scored apart", async () => {
  const languages = ["ha", "am"];
  const both = (perLabel: number, noise: number, seed: number) =>
    languages.flatMap((language, i) => texts(perLabel, noise, seed + i, language));
  const test = both(20, 0.1, 20).map((row) =>
    // Labels swapped in one language: its classifier must look bad there alone.
    row.language === "am" ? { ...row, label: row.label === "food" ? "sport" : "food" } : row,
  );
  const result = await compareArms({ ...base, arms: [{ name: "useless", rows: both(20, 0.1, 30) }], test });
  const [am, ha] = (result.arms[0] as TrainedArm).perLanguage;
  expect([am!.language, ha!.language]).toEqual(["am", "ha"]);
  expect(ha!.macroF1).toBeGreaterThan(0.85);
  expect(am!.macroF1).toBeLessThan(0.15);
});

test("with one seed the interval's reach is noted", async () => {
  const result = await compareArms({ ...base, seeds: 1 });
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
  ["an unknown baseline", { baselines: ["nothing"] }, /"nothing" is not among .* "useless", "informative"/],
  ["no arms", { arms: [] }, /there is none/],
  ["a name twice", { arms: [useless, useless] }, /Two data sets have the name "useless"/],
  ["no seeds", { seeds: 0 }, /seeds must be a whole number from 1; it is 0/],
  ["a share of everything", { share: 1 }, /share of texts/],
  ["too few resamples", { resamples: 10 }, /resamples/],
  ["a minimum of one text", { minimumPerLabel: 1 }, /fewest texts/],
])("refuses %s", async (_, change, message) => {
  const error: unknown = await compareArms({ ...base, ...change }).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(RecipeError);
  expect((error as Error).message).toMatch(message);
});

test("fails when no arm can be trained", async () => {
  const run = compareArms({ ...base, arms: [{ name: "useless", rows: texts(2, 0, 1) }] });
  const error: unknown = await run.catch((thrown) => thrown);
  expect(error).toBeInstanceOf(TillerError);
  expect((error as Error).message).toMatch(
    /No data set has enough texts .* "useless" not trained: 2 texts of "food"/,
  );
});

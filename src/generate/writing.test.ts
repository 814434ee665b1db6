import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EngineError, TillerError } from "../errors.js";
import type { Judge, JudgedItem, Rating } from "../judge/judge.js";
import { type Recipe, type RecipeInput, recipeSchema } from "../recipe/schema.js";
import { Journal } from "../store/journal.js";
import type { Sample } from "../store/sample.js";
import type { Configuration } from "./configuration.js";
import { sampleSeed, type Workshop } from "./job.js";
import { shortfall } from "./shortfall.js";
import { type FakeEngine, fakeEngine } from "./test-engine.js";
import { type Order, writeSamples } from "./write-samples.js";

const configuration: Configuration = { name: "zero-shot", prompting: "zero-shot" };
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tiller-writing-"));
  path = join(folder, "samples.jsonl");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function recipeOf(changes: Partial<RecipeInput> = {}): Recipe {
  return recipeSchema.parse({
    name: "fake",
    model: { source: "file:fake.gguf", sequences: 4 },
    task: { labels: ["bad", "good"], prompt: { zeroShot: "Say something {label}." } },
    contrast: [{ class: "bad", texts: ["x"] }],
    steering: { method: "mean-difference" },
    samples: { perLabel: 8 },
    filters: { language: false, minCharacters: 1 },
    ...changes,
  });
}

const kept = ({ samples }: Recipe): Order => ({
  configuration,
  counts: "kept",
  wanted: samples.perLabel,
  limit: Math.ceil(samples.perLabel * samples.attempts),
});

/** Writes a recipe's order, at most `jobs` jobs of it. */
async function write(
  engine: FakeEngine,
  recipe: Recipe,
  options: {
    jobs?: number;
    judge?: Judge;
    order?: Order;
    onHopeless?: (key: object) => void;
    guidance?: Workshop["guidance"];
  } = {},
): Promise<Sample[]> {
  const { jobs = 50, judge, guidance, order = kept(recipe), onHopeless = () => {} } = options;
  const workshop: Workshop = {
    engine,
    recipe,
    prompts: (_, language, label) => `Say something ${label} in ${language}`,
    interventions: () => [],
    guidance,
    ...(judge ? { judge } : {}),
  };
  await using journal = await Journal.open(path);
  let left = jobs;
  const stopping = () => left-- <= 0;
  await writeSamples(workshop, journal, [order], { identify: () => true, stopping, onHopeless });
  expect(left).toBeGreaterThanOrEqual(-1);
  return [...journal.rows()];
}

const WORDS = ["river", "stone", "cloud", "lamp", "horse", "bread", "glass", "song"];
/** A text of its own for each seed and place. */
const textOf = (seed: number, place = 0) =>
  `The ${WORDS[seed % 8]} and the ${WORDS[(seed >> 3) % 8]} of ${WORDS[(seed >> 6) % 8]} number ${seed} ${place}.`;
const plain = () => fakeEngine({ write: ({ seed }) => textOf(seed) });

describe("several texts a call", () => {
  const six = recipeOf({ samples: { perLabel: 8, perCall: 3 } });
  /** Call by call 3, 2, 1, 0, 4 texts. */
  const counts = (seed: number) => [3, 2, 1, 0, 4][seed % 5]!;
  const several = () =>
    fakeEngine({
      write: ({ seed }) => Array.from({ length: counts(seed) }, (_, i) => textOf(seed, i)).join(" ||| "),
    });

  test("each text is a row; indices belong to the call's places; tokens sum to the calls'", async () => {
    const engine = several();
    const rows = await write(engine, six);
    const calls = engine.jobs.flat();
    expect(rows.length).toBeGreaterThan(8);
    expect(rows.reduce((sum, row) => sum + row.tokens, 0)).toBe(10 * calls.length);
    for (const row of rows) {
      const first = row.index - row.place!;
      expect(first % 3).toBe(0);
      const { language, label } = row;
      expect(row.seed).toBe(sampleSeed(six, { configuration, language, label, index: first }));
      expect(row.id).toBe(`zero-shot/${language}/${label}/${row.index}`);
      const text = counts(row.seed) === 0 ? "" : textOf(row.seed, row.place);
      expect(row.text).toBe(text);
    }
    for (const label of ["bad", "good"]) {
      const own = rows.filter((row) => row.label === label);
      const seeds = [...new Set(own.map((row) => row.seed))];
      expect(own).toHaveLength(seeds.reduce((sum, seed) => sum + Math.min(3, Math.max(1, counts(seed))), 0));
    }
  });

  test("a resumed run cuts the same calls", async () => {
    await write(several(), six);
    const whole = await readFile(path, "utf8");
    await rm(path);
    for (let i = 0; i < 10; i++) await write(several(), six, { jobs: 1 });
    expect(await readFile(path, "utf8")).toBe(whole);
  });

  test("calls that give nothing end at the limit of places, and leave a row each", async () => {
    const recipe = recipeOf({ samples: { perLabel: 8, perCall: 3, attempts: 2 } });
    const rows = await write(fakeEngine({ write: () => " ||| " }), recipe);
    // 16 places are 6 calls of 3.
    for (const label of ["bad", "good"]) {
      const own = rows.filter((row) => row.label === label);
      expect(own.map(({ index }) => index)).toEqual([0, 3, 6, 9, 12, 15]);
    }
    expect(rows.every(({ filters }) => filters.includes("empty"))).toBe(true);
    expect(shortfall(rows, recipe, ["zero-shot"])).toMatchObject([
      { label: "bad", asked: 8, written: 6, kept: 0, ended: "limit" },
      { label: "good", ended: "limit" },
    ]);
  });

  test("guidance is asked about each call, with the rows of earlier jobs", async () => {
    const seen: { calls: number; rows: number }[] = [];
    const engine = several();
    const guidance: Workshop["guidance"] = async (items, rows) => {
      expect(items.every(({ index }) => index % 3 === 0)).toBe(true);
      seen.push({ calls: items.length, rows: rows.length });
      return items.map(() => ({ streams: [{ weight: 1 }] }));
    };
    const rows = await write(engine, six, { guidance });
    expect(seen.map(({ calls }) => calls)).toEqual(engine.jobs.map((job) => job.length));
    expect(seen.map((each) => each.rows)[0]).toBe(0);
    expect(seen.at(-1)!.rows).toBeLessThan(rows.length);
    expect(engine.jobs.flat().every((request) => request.guidance?.streams.length === 1)).toBe(true);
  });

  test("a pilot is whole when its places are used, whatever they gave", async () => {
    const order: Order = { configuration, counts: "written", wanted: 4, limit: 4 };
    const engine = fakeEngine({ write: ({ seed }) => textOf(seed) });
    await write(engine, six, { order });
    await write(engine, six, { order });
    expect(engine.jobs.flat()).toHaveLength(4);
  });
});

describe("asking for more", () => {
  test("goes on behind what is there, and ends the same however it was cut", async () => {
    await write(plain(), recipeOf());
    const before = await readFile(path, "utf8");
    const more = recipeOf({ samples: { perLabel: 20 } });
    await write(plain(), more);
    const after = await readFile(path, "utf8");
    expect(after.startsWith(before)).toBe(true);
    const rows = after.trim().split("\n");
    expect(rows.length).toBeGreaterThanOrEqual(40);
    await rm(path);
    await write(plain(), recipeOf());
    for (let i = 0; i < 10; i++) await write(plain(), more, { jobs: 1 });
    expect(await readFile(path, "utf8")).toBe(after);
  });
});

describe("a key whose texts are all dropped", () => {
  test("ends after 64 of them, says so once, and the others go on", async () => {
    const recipe = recipeOf({ samples: { perLabel: 60, attempts: 20 } });
    const hopeless: object[] = [];
    const engine = fakeEngine({
      write: ({ prompt, seed }) => (String(prompt).includes("bad") ? "" : textOf(seed)),
    });
    const rows = await write(engine, recipe, { onHopeless: (key) => hopeless.push(key), jobs: 500 });
    expect(hopeless).toHaveLength(1);
    expect(hopeless).toMatchObject([{ configuration: "zero-shot", language: "en", label: "bad", kept: 0 }]);
    const written = rows.filter((row) => row.label === "bad").length;
    expect(written).toBeGreaterThanOrEqual(64);
    expect(written).toBeLessThan(64 + 8);
    expect(shortfall(rows, recipe, ["zero-shot"])).toMatchObject([
      { label: "bad", asked: 60, written, kept: 0, ended: "hopeless", dropped: [{ filter: "empty" }, {}] },
    ]);
  });
});

describe("the self-check", () => {
  const recipe = recipeOf({ filters: { language: false, minCharacters: 1, selfCheck: 0.6 } });
  const yes = (question: string) => (question.includes("river") ? 0.12345 : 0.6);
  const river = (row: Sample) => row.text.includes("river");

  test("drops what the model says no to, and the row has the probability; nothing is steered", async () => {
    const engine = fakeEngine({ write: ({ seed }) => textOf(seed), yes });
    const rows = await write(engine, recipe);
    expect(rows.some(river)).toBe(true);
    for (const row of rows) {
      expect(row).toMatchObject(
        river(row) ? { selfCheck: 0.123, filters: ["self-check"] } : { selfCheck: 0.6, filters: [] },
      );
    }
    expect(engine.questions.every(({ interventions }) => interventions === undefined)).toBe(true);
  });

  test("asks about nothing that another filter drops", async () => {
    const engine = fakeEngine({ write: ({ seed }, i) => (i % 2 === 0 ? "" : textOf(seed)), yes });
    const rows = await write(engine, recipe);
    const empty = rows.filter((row) => row.text === "");
    expect(empty.length).toBeGreaterThan(0);
    expect(empty.every((row) => !("selfCheck" in row))).toBe(true);
    expect(engine.questions).toHaveLength(rows.length - empty.length);
  });

  test("a text that was dropped makes no later one a duplicate", async () => {
    const engine = fakeEngine({ write: () => "The same words.", yes: () => 0.1 });
    const rows = await write(engine, recipe);
    expect(rows.every((row) => String(row.filters) === "self-check")).toBe(true);
  });

  test("of two texts that say the same in a job, the second is a duplicate and has no number", async () => {
    const engine = fakeEngine({ write: () => "The same words.", yes: () => 0.9 });
    const [first, second] = await write(engine, recipe, { jobs: 1 });
    expect(first).toMatchObject({ selfCheck: 0.9, filters: [] });
    expect(second!.filters).toContain("duplicate");
    expect(second).not.toHaveProperty("selfCheck");
  });
});

describe("the judge", () => {
  const recipe = recipeOf({
    filters: { language: false, minCharacters: 1, judge: 1.5 },
    scoring: { judge: "local" },
  });
  const rated = (concept: number): Rating => {
    const of = (expected: number) => ({ expected, likeliest: Math.round(expected) });
    return { concept: of(concept), instruction: of(2), fluency: of(2) };
  };
  function judgeOf(rate: (item: JudgedItem) => Rating): Judge & { asked: JudgedItem[] } {
    const asked: JudgedItem[] = [];
    return {
      name: "fake",
      asked,
      rate: async (items) => {
        asked.push(...items);
        return items.map(rate);
      },
      prefer: async () => [],
    };
  }

  test("drops what has a lower mean than is asked for, and what it refuses", async () => {
    const judge = judgeOf(({ text }) =>
      text.includes("river")
        ? rated(0.4)
        : text.includes("stone")
          ? { absent: "refused", reason: "no" }
          : rated(0.5),
    );
    const rows = await write(plain(), recipe, { judge });
    for (const row of rows) {
      const { text } = row;
      if (text.includes("river")) expect(row).toMatchObject({ judge: 1.467, filters: ["judge"] });
      else if (text.includes("stone")) expect(row.filters).toEqual(["judge"]);
      else expect(row).toMatchObject({ judge: 1.5, filters: [] });
    }
    expect(judge.asked[0]).toMatchObject({ label: "bad", language: "en", instruction: "Say something bad." });
  });

  test("is not asked about what fails the self-check", async () => {
    const judge = judgeOf(() => rated(2));
    const filters = { ...recipe.filters, selfCheck: true };
    const engine = fakeEngine({
      write: ({ seed }) => textOf(seed),
      yes: (question) => (question.includes("river") ? 0 : 1),
    });
    const rows = await write(engine, { ...recipe, filters }, { judge });
    expect(judge.asked.some(({ text }) => text.includes("river"))).toBe(false);
    expect(rows.find((row) => row.text.includes("river"))).toMatchObject({
      selfCheck: 0,
      filters: ["self-check"],
    });
  });

  test("that does not answer stops the run; the job is written again with the same bytes", async () => {
    await write(plain(), recipe, { judge: judgeOf(() => rated(2)) });
    const whole = await readFile(path, "utf8");
    await rm(path);
    await write(plain(), recipe, { judge: judgeOf(() => rated(2)), jobs: 1 });
    const before = await readFile(path, "utf8");
    const down = judgeOf(() => ({ absent: "down", reason: "The judge at x does not answer." }));
    const failure = write(plain(), recipe, { judge: down });
    await expect(failure).rejects.toThrow(TillerError);
    await expect(failure).rejects.not.toThrow(EngineError);
    await expect(failure).rejects.toThrow(/filters\.judge: .*does not answer.*run the same command again/);
    expect(await readFile(path, "utf8")).toBe(before);
    await write(plain(), recipe, { judge: judgeOf(() => rated(2)) });
    expect(await readFile(path, "utf8")).toBe(whole);
  });
});

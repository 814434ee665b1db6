import { execFileSync, spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "csv-parse/sync";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { afterAll, describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { RecipeError, StoreError } from "../errors.js";
import { canMount, smallDisk } from "../store/test-disk.js";
import { exportRun } from "./export-run.js";
import { provenanceOf } from "./provenance.js";
import { readRunData } from "./run-data.js";
import { parseSplits } from "./split-rows.js";
import { STEERED, type TestRunFolder, type TestSample, writeTestRun } from "./test-run-folder.js";

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function testRun(...parameters: Parameters<typeof writeTestRun>): Promise<TestRunFolder> {
  const run = await writeTestRun(...parameters);
  folders.push(run.folder);
  return run;
}

const THINGS = [
  "river",
  "market",
  "violin",
  "winter",
  "bridge",
  "teacher",
  "lantern",
  "harbour",
  "recipe",
  "window",
];

/** Texts that are not alike: two kept ones of each label for each thing. */
function plainSamples(configuration?: string): TestSample[] {
  return ["negative", "positive"].flatMap((label) =>
    THINGS.flatMap((thing, at) => [
      { text: `${label} ${thing} number ${at} was seen`, label },
      { text: `Nobody would call this ${thing} ${label}, said ${THINGS[(at + 3) % 10]}`, label },
    ]).map((sample) => ({ ...sample, ...(configuration === undefined ? {} : { configuration }) })),
  );
}

async function readParquet(path: string): Promise<Record<string, unknown>[]> {
  const file = await asyncBufferFromFile(path);
  return parquetReadObjects({ file, compressors });
}

function frontMatter(readme: string): Record<string, unknown> {
  // Python reads YAML 1.1.
  return parseYaml(readme.split("---\n")[1]!, { version: "1.1" }) as Record<string, unknown>;
}

/** Labels that are made to break file names, YAML, Markdown, CSV and objects. */
const HOSTILE = ["../x", "a/b|<b>`c`</b>", "👩‍🌾💥", "שלום\u202e!", "=cmd|'/C calc'!A0", "no", "__proto__"];
const LANGUAGES = ["th", "am", "he", "no"];
const SCRIPTS = [
  "วันนี้อากาศดีมาก เราเดินไปตลาดด้วยกัน",
  "ዛሬ ጠዋት ወደ ገበያ ሄድን።",
  "היום הלכנו לשוק, והיה נעים.",
  '"Sitat", sa hun.\r\nNy linje\nog en til; tab\t',
];
const hostileTexts = (label: string, language: number) => [
  `${SCRIPTS[language]} ${label}`,
  `${label.length}: ${SCRIPTS[language]!.split("").reverse().join("")} \0 👨‍👩‍👧 ${"e\u0301"} \ud83d`,
  ...(label === "no" && language === 3 ? [`lang ${"tekst ".repeat(20_000)}`] : []),
];
const hostileRun = () =>
  testRun(
    HOSTILE.flatMap((label) =>
      LANGUAGES.flatMap((language, at) => hostileTexts(label, at).map((text) => ({ text, label, language }))),
    ),
    { labels: HOSTILE, languages: LANGUAGES, perLabel: 10 },
  );

describe("exportRun to a dataset", () => {
  it("writes Parquet files, a card, the recipe, the vectors and the provenance, the same bytes each time", async () => {
    const run = await testRun(plainSamples());
    const output = join(run.folder, "out");
    const exported = await exportRun(run.path, { output, licence: "CC-BY-4.0" });
    expect(exported).toMatchObject({ rows: 40, sets: [{ name: "default", splits: { train: 40 } }] });
    expect(exported.files).toEqual([
      "data/train-00000-of-00001.parquet",
      "vectors/negative.en.gguf",
      "vectors/positive.en.gguf",
      "recipe.yaml",
      "README.md",
      "provenance.json",
    ]);
    const rows = await readParquet(join(output, exported.files[0]!));
    expect(rows).toHaveLength(40);
    expect(rows[0]).toEqual({
      text: "negative river number 0 was seen",
      label: 0n,
      label_text: "negative",
      language: "en",
      id: `${STEERED}/en/negative/0`,
      configuration: STEERED,
      seed: 4294967294n,
    });
    const readme = await readFile(join(output, "README.md"), "utf8");
    expect(frontMatter(readme)).toMatchObject({
      license: "cc-by-4.0",
      language: ["en"],
      size_categories: ["n<1K"],
      configs: [{ config_name: "default", data_files: [{ split: "train", path: [exported.files[0]] }] }],
    });
    expect(readme).toContain(
      "operation add, layer 1 (from 0), strength 0.2 (mean residual norms of the layer)",
    );
    expect(readme).toContain("The run has no scores of these texts.");
    expect(readme).not.toMatch(/undefined|NaN|\[object/);
    const bytes = async () =>
      Promise.all(exported.files.map(async (file) => (await readFile(join(output, file))).toString("hex")));
    const before = await bytes();
    await exportRun(run.path, { output, licence: "CC-BY-4.0", overwrite: true });
    expect(await bytes()).toEqual(before);
    expect(await readdir(run.folder)).toEqual(["out", "run"]);
    // Where a person keeps their files is not told.
    expect(await readFile(join(output, "provenance.json"), "utf8")).not.toContain(run.folder);
  });

  it("divides by language and label, and keeps near-duplicates in one split", async () => {
    const samples = plainSamples().map((sample, at) => ({ ...sample, language: at % 2 === 0 ? "en" : "sl" }));
    const twins = ["en", "sl"].flatMap((language) =>
      Array.from({ length: 5 }, (_, at) => ({
        text: `The very same long sentence about a quiet evening by the lake, told again${".".repeat(at + 1)}`,
        label: "positive",
        language,
      })),
    );
    const run = await testRun([...samples, ...twins], { languages: ["en", "sl"] });
    const output = join(run.folder, "out");
    const splits = parseSplits("train=0.6,validation=0.2,test=0.2");
    const exported = await exportRun(run.path, { output, splits });
    const parts = await Promise.all(
      splits.map(({ name }) => readParquet(join(output, `data/${name}-00000-of-00001.parquet`))),
    );
    const total = parts.reduce((sum, rows) => sum + rows.length, 0);
    expect(total).toBe(50);
    expect(Object.values(exported.sets[0]!.splits)).toEqual(parts.map((rows) => rows.length));
    expect(exported.notes.join()).toMatch(/10 of 50 texts are near-duplicates.* largest group has 10/);
    const withTwins = parts.filter((rows) =>
      rows.some(({ text }) => String(text).startsWith("The very same")),
    );
    expect(withTwins).toHaveLength(1);
    for (const [at, { share }] of splits.entries()) {
      expect(Math.abs(parts[at]!.length - share * 50)).toBeLessThanOrEqual(2);
    }
  });

  it("writes several files where a split is large", async () => {
    const run = await testRun(plainSamples());
    const output = join(run.folder, "out");
    const { files } = await exportRun(run.path, { output, shardBytes: 500 });
    const shards = files.filter((file) => file.endsWith(".parquet"));
    expect(shards.length).toBeGreaterThan(2);
    expect(shards[1]).toBe(`data/train-00001-of-${String(shards.length).padStart(5, "0")}.parquet`);
    const rows = (await Promise.all(shards.map((file) => readParquet(join(output, file))))).flat();
    expect(new Set(rows.map(({ id }) => id)).size).toBe(40);
  });

  it("exports the baselines too, as configurations, with the scores of each", async () => {
    const value = { value: 0.5, low: 0.4, high: 0.6 };
    const cell = { language: "en", label: "negative", texts: 4, success: value, coherence: value };
    const arm = (configuration: string) => ({
      configuration,
      kept: 40,
      score: { success: 0.75, coherence: null, diversity: 0.5, harmonic: 0.625 },
      measures: { judge: "j|udge", cells: [{ ...cell, diversity: { absent: "x" }, harmonic: value }] },
      classifier: { mean: 0.8, sd: 0.05, values: [0.8] },
    });
    const run = await testRun([...plainSamples(), ...plainSamples("zero-shot")], {
      report: { verdict: "Steering won.", arms: [arm(STEERED), arm("zero-shot")] },
    });
    const output = join(run.folder, "out");
    const exported = await exportRun(run.path, { output, configuration: "all" });
    expect(exported.sets.map(({ name }) => name)).toEqual(["steered", "zero-shot"]);
    expect(exported.files).toContain("data/zero-shot/train-00000-of-00001.parquet");
    const readme = await readFile(join(output, "README.md"), "utf8");
    expect(frontMatter(readme).configs).toMatchObject([
      { config_name: "steered", default: true },
      { config_name: "zero-shot" },
    ]);
    expect(readme).toContain("| steered | 0.75 | – | 0.50 | 0.63 | 0.80 ± 0.05 |");
    expect(readme).toContain("| steered, en, negative | 0.50 (0.40 to 0.60) |");
    expect(readme).toContain("Steering won.");
    expect(readme).toContain("j\\|udge");
  });

  it("keeps the sums of files of the same name apart", async () => {
    const run = await testRun(plainSamples());
    const data = await readRunData(run.path);
    const files = {
      "/one/texts.txt": "1".repeat(64),
      "/two/texts.txt": "2".repeat(64),
      model: "3".repeat(64),
    };
    const parts = { format: "jsonl", sets: [], vectors: [], files: new Map(), notes: [] };
    const { texts } = provenanceOf({ ...data, description: { ...data.description, files } }, parts);
    expect(texts).toEqual({ "texts.txt": "1".repeat(64), "texts.txt (2)": "2".repeat(64) });
  });

  it("says which configurations `all` lacks", async () => {
    const dropped = plainSamples().map((sample) => ({ ...sample, filters: ["short" as const] }));
    const run = await testRun([...dropped, ...plainSamples("zero-shot")], {
      recipe: { baselines: ["zero-shot"] },
    });
    const notesOf = async (path: string) =>
      (await exportRun(path, { output: `${path}-out`, configuration: "all" })).notes;
    expect(await notesOf(run.path)).toContain(`There are no kept texts of ${STEERED}.`);
    const early = await testRun(plainSamples("zero-shot"), { chosen: undefined });
    expect((await notesOf(early.path))[0]).toMatch(/no chosen configuration, and only its baselines/);
  });

  it("takes labels and texts of any kind", async () => {
    const run = await hostileRun();
    const output = join(run.folder, "out");
    const { files } = await exportRun(run.path, { output, licence: "my: own *licence*" });
    // Nothing climbed out, and nothing is named after a label but the vectors.
    expect((await readdir(run.folder)).sort()).toEqual(["out", "run"]);
    expect(files.filter((file) => !/^[\w./%@=~-]+$/.test(file))).toEqual([]);
    const rows = await readParquet(join(output, files[0]!));
    expect(new Set(rows.map(({ label_text }) => label_text))).toEqual(new Set(HOSTILE));
    expect(rows.map(({ text }) => String(text)).filter((text) => text.includes("\0"))).toHaveLength(28);
    expect(rows.every(({ text }) => !/\p{Surrogate}/u.test(String(text)))).toBe(true);
    const readme = await readFile(join(output, "README.md"), "utf8");
    const metadata = frontMatter(readme);
    expect(metadata).toMatchObject({
      language: LANGUAGES,
      license: "other",
      license_name: "my: own *licence*",
    });
    const [info] = metadata.dataset_info as { features: { dtype: { class_label: { names: object } } }[] }[];
    expect(Object.values(info!.features[1]!.dtype.class_label.names)).toEqual(HOSTILE);
    const table = readme.split("## Texts")[1]!.split("## How")[0]!.trim().split("\n");
    // Pipes of labels are no cells: eleven borders for nine columns.
    for (const line of table) expect(line.replaceAll("\\|", "").split("|")).toHaveLength(11);
    expect(readme.split("## Texts")[1]).not.toMatch(/<b>|\u202e/);
  });
});

describe("exportRun to one file", () => {
  it("writes JSON Lines, CSV, Parquet, chat and instruction", async () => {
    const run = await hostileRun();
    const to = (name: string) => join(run.folder, "deep", name);
    await exportRun(run.path, { format: "jsonl", output: to("a.jsonl") });
    await exportRun(run.path, { format: "parquet", output: to("a.parquet") });
    const csv = await exportRun(run.path, { format: "csv", output: to("a.csv") });
    expect(csv.notes.join()).toMatch(/apostrophe.*NUL/s);
    const lines = (await readFile(to("a.jsonl"), "utf8")).trimEnd().split("\n");
    const rows = lines.map((line) => JSON.parse(line) as Record<string, string>);
    expect(rows).toHaveLength(57);
    expect(Object.keys(rows[0]!)).toEqual(["text", "label", "language", "id", "configuration", "seed"]);
    const parquet = await readParquet(to("a.parquet"));
    expect(parquet.map(({ text, label_text }) => [text, label_text])).toEqual(
      rows.map(({ text, label }) => [text, label]),
    );
    const read = parse(await readFile(to("a.csv"), "utf8"), { columns: true }) as Record<string, string>[];
    const restored = (text: string) => (/^'+[=+\-@\t\r＝＋－＠]/.test(text) ? text.slice(1) : text);
    expect(read.map(({ text, label }) => [restored(text!), restored(label!)])).toEqual(
      rows.map(({ text, label }) => [text!.replaceAll("\0", "\ufffd"), label]),
    );
    for (const format of ["chat", "instruction"] as const) {
      for (const task of ["generate", "classify"] as const) {
        await exportRun(run.path, { format, task, output: to(`${format}.${task}`) });
        expect((await readFile(to(`${format}.${task}`), "utf8")).trimEnd().split("\n")).toHaveLength(57);
      }
    }
  });

  it("says in the Parquet file what its columns are", async () => {
    const run = await testRun(plainSamples());
    const output = join(run.folder, "a.parquet");
    await exportRun(run.path, { format: "parquet", output });
    const metadata = await parquetMetadataAsync(await asyncBufferFromFile(output));
    const value = metadata.key_value_metadata!.find(({ key }) => key === "huggingface")!.value!;
    expect(JSON.parse(value).info.features.label).toEqual({
      names: ["negative", "positive"],
      _type: "ClassLabel",
    });
  });

  it("writes a file for each split into a folder", async () => {
    const run = await testRun(plainSamples());
    const output = join(run.folder, "out");
    const splits = parseSplits("train=0.5,test=0.5");
    const { files } = await exportRun(run.path, { format: "csv", output, splits });
    expect(files).toEqual(["train.csv", "test.csv", "provenance.json"]);
  });
});

it("leaves out what a killed run had not finished, and says so", async () => {
  const run = await testRun(plainSamples());
  const lines = (await readFile(join(run.path, "samples.jsonl"), "utf8")).split("\n");
  const torn = JSON.stringify({ ...JSON.parse(lines[0]!), id: "torn" });
  await writeFile(
    join(run.path, "samples.jsonl"),
    [...lines.slice(0, -1), torn, torn.slice(0, 9)].join("\n"),
  );
  const exported = await exportRun(run.path, { format: "jsonl", output: join(run.folder, "a.jsonl") });
  expect(exported.rows).toBe(40);
  expect(exported.notes.join()).toMatch(
    /in the middle of a job.*: 1.*20 of 50 texts for negative in en, of 20 written\. The run has not ended\./,
  );
});

describe("exportRun refuses", () => {
  it("a run without kept texts, or without a choice, naming what there is", async () => {
    const dropped = await testRun([{ text: "x", label: "negative", filters: ["short"] }]);
    const output = join(dropped.folder, "out");
    await expect(exportRun(dropped.path, { output })).rejects.toThrow(/filters dropped all 1/);
    const empty = await testRun([]);
    await expect(exportRun(empty.path, { output })).rejects.toThrow(/no texts yet: tiller generate/);
    const open = await testRun(plainSamples("zero-shot"), { chosen: undefined });
    await expect(exportRun(open.path, { output })).rejects.toThrow(
      /has not chosen.*--configuration: zero-shot \(40 kept\)/,
    );
    const none = await testRun(plainSamples("zero-shot"), { chosen: null });
    await expect(exportRun(none.path, { output })).rejects.toThrow(/no configuration fit/);
    const exported = await exportRun(none.path, { output, configuration: "zero-shot" });
    expect(exported.notes.join()).toContain(
      "zero-shot: 20 of 50 texts for negative in en, of 20 written. The run has not ended.",
    );
    await expect(exportRun(none.path, { output: `${output}2`, configuration: "lda@1x1" })).rejects.toThrow(
      StoreError,
    );
  });

  it("a file, a folder of something else, and a task without a format for it", async () => {
    const run = await testRun(plainSamples());
    const output = join(run.folder, "out");
    await expect(exportRun(join(run.path, "recipe.yaml"), { output })).rejects.toThrow(RecipeError);
    await expect(exportRun(run.folder, { output })).rejects.toThrow(/no run folder itself.*run/);
    await expect(exportRun(run.path, { output, task: "classify" })).rejects.toThrow(RecipeError);
  });

  it("to overwrite what is no earlier export, or holds more", async () => {
    const run = await testRun(plainSamples());
    const output = join(run.folder, "out");
    await mkdir(output);
    await writeFile(join(output, "thesis.tex"), "x");
    await expect(exportRun(run.path, { output, overwrite: true })).rejects.toThrow(/no earlier export/);
    await expect(exportRun(run.path, { output: run.path, overwrite: true })).rejects.toThrow(StoreError);
    await rm(join(output, "thesis.tex"));
    await exportRun(run.path, { output });
    await expect(exportRun(run.path, { output })).rejects.toThrow(/--overwrite/);
    await mkdir(join(output, ".git"));
    await writeFile(join(output, ".git", "HEAD"), "x");
    await expect(exportRun(run.path, { output, overwrite: true })).rejects.toThrow(/\.git\/HEAD/);
    expect(await readFile(join(output, ".git", "HEAD"), "utf8")).toBe("x");
    const file = join(run.folder, "a.jsonl");
    await exportRun(run.path, { output: file, format: "jsonl" });
    await expect(exportRun(run.path, { output: file, format: "jsonl" })).rejects.toThrow(/--overwrite/);
    await exportRun(run.path, { output: file, format: "jsonl", overwrite: true });
  });

  it.runIf(canMount)("to leave a half behind on a full disk, and keeps the earlier export", async () => {
    using disk = smallDisk(96);
    const run = await testRun(plainSamples());
    const output = join(disk.path, "deep", "out");
    await exportRun(run.path, { output });
    const before = await readFile(join(output, "provenance.json"), "utf8");
    const long = await testRun(
      plainSamples().map((sample, at) => ({
        ...sample,
        text: `${sample.text} ${Array.from({ length: 900 }, (_, i) => (i * 7919 * (at + 3)) % 100_003).join(" ")}`,
      })),
    );
    const failed = exportRun(long.path, { output, overwrite: true });
    await expect(failed).rejects.toThrow(StoreError);
    await expect(failed).rejects.toThrow(new RegExp(`${output}.*ENOSPC`));
    expect(await readdir(join(disk.path, "deep"))).toEqual(["out"]);
    expect(await readFile(join(output, "provenance.json"), "utf8")).toBe(before);
    await expect(exportRun(long.path, { output: join(disk.path, "new", "out") })).rejects.toThrow(/ENOSPC/);
    expect(await readdir(disk.path)).toEqual(["deep"]);
  });
});

const PYTHON = process.env.TILLER_TEST_PYTHON ?? "python3";
const CHECK = fileURLToPath(new URL("../../scripts/check-export.py", import.meta.url));

function hasReaders(): boolean {
  try {
    execFileSync(PYTHON, ["-c", "import datasets, duckdb"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe("Python's datasets and DuckDB (set TILLER_TEST_PYTHON to a Python that has both)", () => {
  it.runIf(hasReaders())("load an exported folder, and notice a changed count", async () => {
    const run = await hostileRun();
    const output = join(run.folder, "out");
    await exportRun(run.path, {
      output,
      splits: parseSplits("train=0.8,validation=0.1,test=0.1"),
      shardBytes: 2000,
    });
    const check = () => spawnSync(PYTHON, [CHECK, output], { encoding: "utf8" });
    const good = check();
    expect(good.stdout).toMatch(/Read by datasets .* and duckdb .*\nEverything is as provenance\.json says/);
    expect(good.status).toBe(0);
    const path = join(output, "provenance.json");
    const provenance = JSON.parse(await readFile(path, "utf8"));
    provenance.sets.default.splits.train.rows++;
    await writeFile(path, JSON.stringify(provenance));
    const bad = check();
    expect(bad.stdout).toMatch(/DIFFERS: datasets.*train, rows/);
    expect(bad.status).toBe(1);
  });
});

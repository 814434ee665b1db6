import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { RecipeError } from "../errors.js";
import { baselineConfigurations } from "../generate/configuration.js";
import { type KeyCount, shortfall, shortfallText } from "../generate/shortfall.js";
import { storeError } from "../store/failure.js";
import { fileName } from "../store/file-name.js";
import { jsonLine } from "../store/json-line.js";
import { writeFileAtomic } from "../store/write-file.js";
import { type Progress, SILENT } from "../study/progress.js";
import { csvText } from "./csv.js";
import { dataCard } from "./data-card.js";
import { divideRows } from "./divide-rows.js";
import type { ExportRow } from "./export-row.js";
import { checkTarget, PROVENANCE, type PutFile, writeNewFolder } from "./new-folder.js";
import { parquetRows } from "./parquet-rows.js";
import { putShards } from "./parquet-shards.js";
import { type ExportSet, type FileFacts, fileFacts, provenanceOf, rowsOf } from "./provenance.js";
import { type RunArm, type RunData, readRunData, selectArms } from "./run-data.js";
import { type SplitShare, WHOLE } from "./split-rows.js";
import { chatRecord, instructionRecord, type TrainingTask, trainingExamples } from "./training-messages.js";
import { usedVectors, vectorBytes } from "./used-vectors.js";

export const EXPORT_FORMATS = ["dataset", "jsonl", "csv", "parquet", "chat", "instruction"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** A Parquet file of a data set holds about so many bytes of text. */
const SHARD_BYTES = 256 * 2 ** 20;

export interface ExportOptions {
  /**
   * Default `dataset`: a folder of Parquet files with a card, as the Hub and Python's `datasets` load it. `chat` and
   * `instruction` are JSON Lines to fine-tune a language model on.
   */
  readonly format?: ExportFormat | undefined;
  /** Name of a configuration or an arm; default the chosen steered or guided one, `all` for that and the baselines. */
  readonly configuration?: string | undefined;
  /** Default `exports/NAME` in the current folder, with the format's ending for one file. */
  readonly output?: string | undefined;
  /** Parts of the data set; left out, all rows are in one, `train`. */
  readonly splits?: readonly SplitShare[] | undefined;
  /** Named on the card as it is; left out, the card says that there is none. */
  readonly licence?: string | undefined;
  /** What `chat` and `instruction` teach; default `generate`. */
  readonly task?: TrainingTask | undefined;
  /** Replaces a file, or a folder that is an earlier export and nothing else. */
  readonly overwrite?: boolean | undefined;
  /** Told while near-duplicates are looked for, which takes most of the time. */
  readonly progress?: Progress | undefined;
  /** Bytes of text in a Parquet file of a `dataset`; default 256 MiB. */
  readonly shardBytes?: number | undefined;
}

export interface Exported {
  readonly format: ExportFormat;
  /** The folder or file that was written: absolute. */
  readonly path: string;
  /** Names of the files within the folder, or the file's own path. */
  readonly files: readonly string[];
  readonly rows: number;
  readonly sets: readonly {
    readonly name: string;
    readonly configuration: string;
    readonly rows: number;
    /** Rows of each split. */
    readonly splits: Readonly<Record<string, number>>;
  }[];
  /** What whoever uses the data set must know. */
  readonly notes: readonly string[];
}

/**
 * Exports the data set of a run, whole or not at all. Needs no model, and reads the run folder without taking it, so
 * that a run in progress can be exported too: what it has not written yet is in the notes.
 *
 * One file without splits, for the formats that have one; with splits a folder with a file for each and
 * `provenance.json`. Splits keep languages and labels in proportion and near-duplicates together, and depend on the
 * texts and the recipe's seed alone. The same run gives the same bytes.
 *
 * @throws StoreError if the run has no such texts, the output is taken, or the disk is full; RecipeError for options
 *   that do not go together
 */
export async function exportRun(run: string, options: ExportOptions = {}): Promise<Exported> {
  const { format = "dataset", splits, task = "generate" } = options;
  if (options.task !== undefined && format !== "chat" && format !== "instruction") {
    throw new RecipeError(`--task is for the formats chat and instruction, and not for ${format}.`);
  }
  const data = await readRunData(run);
  const folder = format === "dataset" || splits !== undefined;
  const target = resolve(options.output ?? defaultOutput(data, format, folder));
  const overwrite = options.overwrite === true;
  await checkTarget(target, { folder, overwrite });
  const arms = selectArms(data, options.configuration);
  const notes = [...data.notes, ...leftOut(data, options.configuration, arms), ...missing(data, arms)];
  const sets = divideRows(arms, splits ?? WHOLE, data.recipe.seed, options.progress ?? SILENT, notes);
  const content = contentOf(data, format, task, notes);
  const written = folder
    ? await writeFolder(target, data, sets, { ...options, format, overwrite }, content, notes)
    : await writeSingle(target, overwrite, await content(sets.flatMap(rowsOf)));
  if (format === "dataset" && data.report === undefined) {
    notes.push(`The card has no scores, as the run has no report: tiller report ${run} makes it.`);
  }
  return {
    format,
    path: target,
    files: written,
    rows: sets.flatMap(rowsOf).length,
    sets: sets.map((set) => ({
      name: set.name,
      configuration: set.arm.configuration.name,
      rows: rowsOf(set).length,
      splits: Object.fromEntries(set.splits.map(({ name, rows }) => [name, rows.length])),
    })),
    notes,
  };
}

const ENDINGS: Readonly<Record<Exclude<ExportFormat, "dataset">, string>> = {
  jsonl: "jsonl",
  csv: "csv",
  parquet: "parquet",
  chat: "chat.jsonl",
  instruction: "instruction.jsonl",
};

function defaultOutput({ description }: RunData, format: ExportFormat, folder: boolean): string {
  const { name, variant } = description;
  const stem = fileName(variant === undefined ? name : `${name}.${variant}`);
  if (format === "dataset") return join("exports", stem);
  return join("exports", folder ? `${stem}.${format}` : `${stem}.${ENDINGS[format]}`);
}

/** Of `all`, the configurations that are not exported: whoever loads the first one must know which it is. */
function leftOut(
  { recipe, chosen }: RunData,
  configuration: string | undefined,
  arms: readonly RunArm[],
): string[] {
  if (configuration !== "all") return [];
  const names = [
    ...(chosen == null ? [] : [chosen]),
    ...baselineConfigurations(recipe).map(({ name }) => name),
  ];
  const without = names.filter((name) => !arms.some((arm) => arm.configuration.name === name));
  return [
    ...(chosen == null ? ["The run has no chosen configuration, and only its baselines are exported."] : []),
    ...(without.length === 0 ? [] : [`There are no kept texts of ${without.join(" or ")}.`]),
  ];
}

/** What the run was asked for and has not written. */
function missing({ recipe, chosen }: RunData, arms: readonly RunArm[]): string[] {
  const asked = new Set([chosen, ...baselineConfigurations(recipe).map(({ name }) => name)]);
  return arms.flatMap((arm) => {
    const { name } = arm.configuration;
    if (asked.has(name)) return shortfall(arm.written, recipe, [name]).map(shortfallNote);
    return [`${name} was only tried, and has the texts of the sweep: no full data set was asked of it.`];
  });
}

/** On a card nobody knows of a command that would write more. */
function shortfallNote(count: KeyCount): string {
  return count.ended === "open"
    ? `${shortfallText({ ...count, ended: "enough" })} The run has not ended.`
    : shortfallText(count);
}

type Content = (rows: readonly ExportRow[]) => string | Uint8Array | Promise<Uint8Array>;

/** What a file of rows holds in a format. */
function contentOf(data: RunData, format: ExportFormat, task: TrainingTask, notes: string[]): Content {
  const { recipe } = data;
  if (format === "dataset" || format === "parquet") return (rows) => parquetRows(rows, recipe.task.labels);
  if (format === "jsonl") return (rows) => rows.map(jsonLine).join("");
  if (format === "csv") {
    return (rows) => {
      const { lines, guarded, replaced } = csvText(rows);
      if (guarded > 0) {
        notes.push(
          `${guarded} fields of the CSV file have an apostrophe before them, as a spreadsheet would run them as formulas; jsonl and parquet have them as they are.`,
        );
      }
      if (replaced > 0) {
        notes.push(`${replaced} fields of the CSV file held a NUL character, which is U+FFFD there.`);
      }
      return lines.join("");
    };
  }
  const example = trainingExamples(recipe, task);
  const record = format === "chat" ? chatRecord : instructionRecord;
  return (rows) => rows.map((row) => jsonLine(record(example(row), row))).join("");
}

async function writeSingle(
  target: string,
  overwrite: boolean,
  content: string | Uint8Array,
): Promise<string[]> {
  try {
    await mkdir(dirname(target), { recursive: true });
  } catch (error) {
    throw storeError(error, `write ${target}`);
  }
  // Looking for near-duplicates takes its time, in which another process may have written there.
  await checkTarget(target, { folder: false, overwrite });
  await writeFileAtomic(target, content);
  return [target];
}

async function writeFolder(
  target: string,
  data: RunData,
  sets: readonly ExportSet[],
  options: ExportOptions & { readonly format: ExportFormat; readonly overwrite: boolean },
  content: Content,
  notes: string[],
): Promise<string[]> {
  const { format, shardBytes = SHARD_BYTES } = options;
  const licence = options.licence?.trim() || undefined;
  const files = new Map<string, FileFacts>();
  const arms = sets.map(({ arm }) => arm);
  const used = format === "dataset" ? usedVectors(data, arms) : { vectors: [], notes: [] };
  const { vectors } = used;
  notes.push(...used.notes);
  await writeNewFolder(target, options, async (add) => {
    const put: PutFile = async (name, bytes) => {
      await add(name, bytes);
      files.set(name, fileFacts(bytes));
    };
    const placed: ExportSet[] = [];
    if (format === "dataset") {
      const { labels } = data.recipe.task;
      const shape = { labels, several: sets.length > 1, shardBytes };
      for (const set of sets) placed.push(await putShards(set, shape, put));
      for (const vector of vectors) await put(vector.name, await vectorBytes(vector));
      await put("recipe.yaml", data.recipeText);
      await put("README.md", dataCard({ data, sets: placed, vectors, licence, files, notes }));
    } else {
      const names = [...new Set(sets.flatMap(({ splits }) => splits.map(({ name }) => name)))];
      const fileOf = (split: string) => `${split}.${ENDINGS[format]}`;
      for (const name of names) {
        const own = sets.flatMap(({ splits }) => splits.filter((split) => split.name === name));
        await put(fileOf(name), await content(own.flatMap(({ rows }) => rows)));
      }
      for (const set of sets) {
        const splits = set.splits.map((split) => ({ ...split, files: [fileOf(split.name)] }));
        placed.push({ ...set, splits });
      }
    }
    const provenance = provenanceOf(data, { format, sets: placed, vectors, files, notes });
    await add(PROVENANCE, `${JSON.stringify(provenance, null, 2)}\n`);
  });
  return [...files.keys(), PROVENANCE];
}

import { RecipeError } from "../errors.js";
import type { CardConfig } from "./dataset-card.js";
import { pathPattern } from "./path-pattern.js";

/** A file of a data-set repository, and what it holds. */
export interface DataFile {
  /** Path in the repository. */
  readonly path: string;
  readonly split: string | undefined;
  readonly config: string | undefined;
}

const DEFAULT_CONFIG = "default";
const PARQUET = /\.parquet$/i;
const TEXT_TABLE = /\.(?:jsonl|ndjson|csv|tsv)$/i;
/** What is read, for messages. */
export const READABLE = "Parquet, JSONL, CSV or TSV";

const SPLIT_WORDS = new Map(
  Object.entries({
    train: ["train", "training"],
    validation: ["validation", "valid", "val", "dev"],
    test: ["test", "testing", "eval", "evaluation"],
  }).flatMap(([split, names]) => names.map((name) => [name, split])),
);

/** True for a file that holds rows in a form that is read. */
export function isReadable(path: string): boolean {
  return PARQUET.test(path) || TEXT_TABLE.test(path);
}

/**
 * The data files among a repository's paths with split and configuration: as the card says, or, if the card says
 * nothing of files that can be read, by their names. Without the card Parquet files go before others.
 */
export function labelDataFiles(paths: readonly string[], configs: readonly CardConfig[]): DataFile[] {
  const readable = paths.filter(isReadable);
  const declared = configs.flatMap(({ name, splits }) =>
    splits.flatMap(({ split, patterns }) => {
      const tests = patterns.map(pathPattern);
      return readable
        .filter((path) => tests.some((matches) => matches(path)))
        .map((path) => ({ path, split, config: name }));
    }),
  );
  if (declared.length > 0) return declared;
  const parquet = readable.filter((path) => PARQUET.test(path));
  return (parquet.length > 0 ? parquet : readable).map(labelByName);
}

/**
 * Split and configuration of a file by the customs of the Hub: `data/train-00000-of-00002.parquet`,
 * `CONFIG/dev.jsonl`, `CONFIG/test/a.csv`, and the converted `CONFIG/SPLIT/0000.parquet`. A file whose name says
 * nothing is taken as `train`, as Python's `datasets` does.
 */
export function labelByName(path: string): DataFile {
  const folders = path.split("/");
  const file = folders.pop() ?? "";
  const config = (names: readonly string[]) =>
    (names[0] === "data" ? names.slice(1) : names).join("/") || DEFAULT_CONFIG;
  const folder = folders.at(-1) ?? "";
  if (/^\d{4,}\.parquet$/.test(file) && folders.length >= 2) {
    return { path, split: folder.replace(/^partial-/, ""), config: config(folders.slice(0, -1)) };
  }
  const sharded = /^(.+?)-\d{5}-of-\d{5}\b/.exec(file)?.[1];
  if (sharded !== undefined) return { path, split: sharded, config: config(folders) };
  const folderSplit = SPLIT_WORDS.get(folder.toLowerCase());
  if (folderSplit !== undefined) return { path, split: folderSplit, config: config(folders.slice(0, -1)) };
  const words = file.toLowerCase().split(/[^a-z0-9]+/);
  const split = words.map((word) => SPLIT_WORDS.get(word)).find((found) => found !== undefined);
  return { path, split: split ?? "train", config: config(folders) };
}

/**
 * The files of one configuration and one split.
 *
 * @param wanted.defaultConfig the one that the card calls the default.
 * @throws RecipeError that lists what there is, if what is wanted is not there, or not said and not the only one.
 */
export function selectDataFiles(
  source: string,
  files: readonly DataFile[],
  wanted: {
    readonly config?: string | undefined;
    readonly split?: string | undefined;
    readonly defaultConfig?: string | undefined;
  },
): DataFile[] {
  const configs = [...new Set(files.map(({ config }) => config))];
  const config = choose(source, "configuration", configs, wanted.config, wanted.defaultConfig);
  const inConfig = files.filter((file) => file.config === config);
  const splits = [...new Set(inConfig.map(({ split }) => split))];
  const split = choose(source, "split", splits, wanted.split, undefined);
  // A card may name a file twice.
  const inSplit = inConfig.filter((file) => file.split === split).map((file) => [file.path, file] as const);
  return [...new Map(inSplit).values()];
}

function choose<Name extends string | undefined>(
  source: string,
  what: "configuration" | "split",
  names: readonly Name[],
  wanted: string | undefined,
  byDefault: string | undefined,
): Name {
  const found = names.find((name) => name === (wanted ?? byDefault));
  if (found !== undefined) return found;
  const option = what === "split" ? "split" : "config";
  if (wanted !== undefined) {
    throw new RecipeError(
      `${source} has no ${what} "${wanted}". There are: ${listed(names)}. Correct \`${option}\`.`,
    );
  }
  if (names.length === 1) return names[0]!;
  throw new RecipeError(
    `${source} has ${names.length} ${what}s: ${listed(names)}. Choose one with \`${option}\`.`,
  );
}

const MOST_LISTED = 40;

/** The first names of a list, for a message. */
export function listed(names: readonly (string | undefined)[]): string {
  const rest = names.length - MOST_LISTED;
  return `${names.slice(0, MOST_LISTED).join(", ")}${rest > 0 ? `, and ${rest} more` : ""}`;
}

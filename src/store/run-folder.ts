import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { StoreError } from "../errors.js";
import { errorCode, storeError } from "./failure.js";
import { type FolderLock, LOCK_NAME, lockFolder } from "./lock.js";
import { mayRun } from "./process-identity.js";
import { RUN_FORMAT, type RunDescription, readRunDescription } from "./run-description.js";
import { TEMPORARY_NAME, writeFileAtomic } from "./write-file.js";

export interface OpenRunOptions {
  /** The recipe's name. */
  readonly name: string;
  /** Version of this Tiller. */
  readonly version: string;
  /** Of the recipe as it was understood: two recipes that ask for the same have the same. */
  readonly fingerprint: string;
  /** Of what a text depends on, without how many are asked for: a recipe that only asks for more has the same. */
  readonly textFingerprint?: string;
  /** The recipe file's text; a copy goes into the folder. */
  readonly recipeText: string;
  /** Absolute path of the recipe file. */
  readonly recipeFile?: string;
  /** Which variant of the recipe's matrix it is, for a recipe that has one. */
  readonly variant?: string;
  /** Files that the recipe names, and the fingerprint of each, to say which of them changed. */
  readonly files?: Readonly<Record<string, string>>;
  /** Make the folder when it does not exist. */
  readonly create: boolean;
}

/** A run folder that is open in this process and in no other. */
export interface RunFolder extends AsyncDisposable {
  /** Absolute. */
  readonly path: string;
  readonly description: RunDescription;
  /** `recipe.yaml`, a copy of the recipe. */
  readonly recipe: string;
  /** `samples.jsonl`, for `Journal.open`. */
  readonly journal: string;
  /** Folder of the steering vectors. */
  readonly vectors: string;
  /** Folder of the finished data sets. */
  readonly data: string;
  /** Path of a file in the folder. Names from outside go through `fileName` first. */
  file(...names: string[]): string;
  /** Lets other processes in. Closing again does nothing. */
  close(): Promise<void>;
}

const DESCRIPTION = "run.json";
const RECIPE = "recipe.yaml";
const JOURNAL = "samples.jsonl";
const SUBFOLDERS = ["vectors", "data"];

/**
 * Opens a run folder for this process alone, and makes it first where `create` says so. The same recipe
 * finds its folder again and goes on in it, also after the process that had it was killed.
 *
 * @throws StoreError when the folder holds something else, another recipe's run or another format, is in use
 *   by another process, is missing and `create` is false, or cannot be written
 */
export async function openRun(path: string, options: OpenRunOptions): Promise<RunFolder> {
  const folder = resolve(path);
  await checkFolder(folder, options.create);
  const lock = await lockFolder(folder);
  try {
    const description = await describe(folder, options);
    return await prepare(folder, description, lock);
  } catch (error) {
    await lock.release().catch(() => {});
    throw storeError(error, `open the run folder ${folder}`);
  }
}

/**
 * What is in a run folder, without taking it: for reports, and for commands that are given a folder and
 * no recipe.
 *
 * @throws StoreError when it is no run folder, or has another format
 */
export async function readRun(path: string): Promise<{ description: RunDescription; recipeText: string }> {
  const folder = resolve(path);
  await checkFolder(folder, false);
  const description = await readRunDescription(join(folder, DESCRIPTION));
  try {
    return { description, recipeText: await readFile(join(folder, RECIPE), "utf8") };
  } catch (error) {
    throw storeError(error, `read ${join(folder, RECIPE)}`);
  }
}

/** Refuses everything but a run folder and, with `create`, a missing or empty one; writes into no other. */
async function checkFolder(folder: string, create: boolean): Promise<void> {
  let names: string[];
  try {
    if (create) await makeFolder(folder);
    names = await readdir(folder);
  } catch (error) {
    if (errorCode(error) === "ENOENT" && !create) {
      throw new StoreError(`There is no run folder at ${folder}: check the path, or run the recipe first.`);
    }
    throw storeError(error, `open the run folder ${folder}`);
  }
  if (names.includes(DESCRIPTION)) {
    await readRunDescription(join(folder, DESCRIPTION));
    return;
  }
  const foreign = names.filter((name) => !LOCK_NAME.test(name) && !TEMPORARY_NAME.test(name));
  if (create && foreign.length === 0) return;
  if (!create) {
    throw new StoreError(`${folder} is not a run folder: it has no ${DESCRIPTION}. Check the path.`);
  }
  throw new StoreError(
    `${folder} is not a run folder and is not empty (it holds ${JSON.stringify(foreign.sort()[0])}). Choose another output.`,
  );
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    // A folder that is there already, on a read-only disk: the lock reports that.
    const there = await stat(folder).catch(() => undefined);
    if (there?.isDirectory()) return;
    if (there !== undefined) {
      throw new StoreError(`${folder} is a file and not a folder: choose another output.`);
    }
    // Node calls a read-only disk ENOENT when it makes parents too; the first missing one alone tells the reason.
    let missing = folder;
    while (!(await exists(dirname(missing)))) missing = dirname(missing);
    await mkdir(missing);
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** The folder's description; `run.json` is the first file, so that a folder without it has nothing to lose. */
async function describe(folder: string, options: OpenRunOptions): Promise<RunDescription> {
  const path = join(folder, DESCRIPTION);
  const found = (await isFile(path)) ? await readRunDescription(path) : undefined;
  const { textFingerprint } = options;
  const sameTexts = textFingerprint !== undefined && found?.textFingerprint === textFingerprint;
  const same = sameTexts || found?.fingerprint === options.fingerprint;
  if (found && !same) {
    if (await hasSamples(folder)) throw otherRecipe(folder, found, options);
    // A run without samples has nothing to lose: a recipe that was put right may begin anew.
    for (const sub of SUBFOLDERS) await rm(join(folder, sub), { recursive: true, force: true });
  }
  const description: RunDescription = {
    format: RUN_FORMAT,
    tool: "tillerlm",
    version: found && same ? found.version : options.version,
    name: options.name,
    fingerprint: options.fingerprint,
    ...(textFingerprint === undefined ? {} : { textFingerprint }),
    ...(options.recipeFile === undefined ? {} : { recipe: options.recipeFile }),
    ...(options.variant === undefined ? {} : { variant: options.variant }),
    files: sorted(options.files ?? {}),
  };
  // The recipe may have moved, or changed in what does not concern the samples.
  await writeFileAtomic(path, `${JSON.stringify(description, null, 2)}\n`);
  await writeFileAtomic(join(folder, RECIPE), options.recipeText);
  return description;
}

async function prepare(folder: string, description: RunDescription, lock: FolderLock): Promise<RunFolder> {
  const file = (...names: string[]) => {
    const wrong = names.find((name) => name === "" || name === "." || name === ".." || /[/\\\0]/.test(name));
    if (wrong !== undefined) {
      throw new StoreError(
        `${JSON.stringify(wrong)} is not a name for a file in ${folder}; give it to fileName first.`,
      );
    }
    return join(folder, ...names);
  };
  const run = {
    path: folder,
    description,
    recipe: file(RECIPE),
    journal: file(JOURNAL),
    vectors: file("vectors"),
    data: file("data"),
    file,
    close: () => lock.release(),
    [Symbol.asyncDispose]: () => lock.release(),
  };
  for (const sub of [folder, run.vectors, run.data]) {
    await mkdir(sub, { recursive: true });
    await removeTemporary(sub);
  }
  return run;
}

/** What a killed process left of files that it was writing. A process that waits for the lock writes too. */
async function removeTemporary(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const pid = TEMPORARY_NAME.exec(name)?.[1];
    if (pid !== undefined && !mayRun(Number(pid))) await rm(join(folder, name), { force: true });
  }
}

async function hasSamples(folder: string): Promise<boolean> {
  const status = await stat(join(folder, JOURNAL)).catch(() => undefined);
  return status !== undefined && status.size > 0;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw error;
  }
}

function otherRecipe(folder: string, found: RunDescription, options: OpenRunOptions): StoreError {
  const files = options.files ?? {};
  const names = new Set([...Object.keys(found.files), ...Object.keys(files)]);
  const changed = [...names].filter((name) => found.files[name] !== files[name]).sort();
  const which = changed.length === 0 ? "" : ` These files differ: ${changed.join(", ")}.`;
  return new StoreError(
    `${folder} holds a run of another recipe (${found.name}). Compare ${join(folder, RECIPE)} with yours.${which} Choose another output, or go back to that recipe to continue it.`,
  );
}

function sorted(files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
}

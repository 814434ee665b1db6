import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readSync,
  type Stats,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join, parse } from "node:path";
import type { Command } from "commander";
import {
  compareVectors,
  inspectRun,
  inspectVectors,
  measureRunRange,
  RecipeError,
  readSteeringVector,
  type Study,
  strengthPlot,
} from "../index.js";
import { createOutput } from "./output.js";
import { writeFailure } from "./saved-vector.js";
import { onStudy, type StudyFlags, withStudyOptions } from "./study-command.js";
import { comparisonText, costText, inspectionText, rangeText } from "./vectors-text.js";

const INSPECT_HELP = `
A vector file says where it comes from and how large it is. A recipe or run folder adds, with its model, how well the
direction tells texts apart that no vector was made from, and which tokens it lies nearest to; with --recipe, so does
a vector file.

Example:
  $ tiller vectors inspect runs/reviews/vectors/positive.en.gguf
  $ tiller vectors inspect reviews.yaml
  $ tiller vectors inspect imported.gguf --recipe reviews.yaml --layers 10,14
`;

const COMPARE_HELP = `
The vectors must be of one model. Language and Quality vectors of one language, for example, may point the same way:
of more than four files those of one class and language are shown layer by layer, or else the first with each other;
--json has all.

Example:
  $ tiller vectors compare runs/both/vectors/*.human.*.gguf
  $ tiller vectors compare runs/quality/vectors/human.de.gguf runs/language/vectors/human.de.gguf
`;

const RANGE_HELP = `
For each layer the strength goes up until the texts break. A minute or two on two cores for two layers of TinyLlama.
Strengths are in the recipe's unit. A recipe without steering.strengths does the same by itself.

Example:
  $ tiller vectors range reviews.yaml
  $ tiller vectors range reviews.yaml --layers 5,8 --svg range.svg
`;

/** `tiller vectors inspect|compare|range` */
export function addUnderstandingCommands(vectors: Command): void {
  addInspectCommand(vectors);
  addCompareCommand(vectors);
  addRangeCommand(vectors);
}

interface InspectFlags extends StudyFlags {
  readonly recipe?: string;
  readonly layers?: readonly number[];
  readonly tokens?: number;
}

function addInspectCommand(vectors: Command): void {
  withStudyOptions(
    vectors
      .command("inspect <file-or-recipe>")
      .description("say what a vector is: its norms, what it tells apart, its nearest tokens"),
  )
    .option(
      "--recipe <recipe>",
      "for a vector file: recipe or run folder whose model and texts it is tried on",
    )
    .option("--layers <numbers>", "blocks to look at, with commas between (default: all)", layersOf)
    .option("--tokens <number>", "nearest tokens on either side (default: 8)", tokensOf)
    .addHelpText("after", INSPECT_HELP)
    .action(async (path: string, flags: InspectFlags) => {
      const file = isVectorFile(path) ? path : undefined;
      if (file === undefined && flags.recipe !== undefined) {
        throw new RecipeError(`--recipe goes with a vector file, and ${path} is none.`);
      }
      const recipe = file === undefined ? path : flags.recipe;
      if (recipe === undefined) {
        if (flags.tokens !== undefined) {
          throw new RecipeError(
            "--tokens: the nearest tokens are read with the model. Name a recipe or run folder of it with --recipe.",
          );
        }
        const vector = readSteeringVector(path);
        refuseLackingLayers(path, vector.layers, flags.layers);
        const [inspection] = await inspectVectors([vector], { layers: flags.layers });
        createOutput(flags.json === true).result({ vectors: [{ file, ...inspection }], notes: [] }, () =>
          inspectionText([{ file, vector: inspection! }]),
        );
        return;
      }
      await onStudy(recipe, flags, async (study: Study, output) => {
        const own = file === undefined ? undefined : [readSteeringVector(file, { model: study.facts })];
        const found = await inspectRun(study, {
          vectors: own,
          layers: flags.layers,
          tokens: flags.tokens,
        });
        const files = file === undefined ? found.files : [file];
        output.result(
          {
            vectors: found.vectors.map((vector, i) => ({ file: files[i], ...vector })),
            notes: found.notes,
          },
          () =>
            inspectionText(
              found.vectors.map((vector) => ({ file, vector })),
              found.notes,
            ),
        );
      });
    });
}

function addCompareCommand(vectors: Command): void {
  vectors
    .command("compare <vector> <others...>")
    .description("say how alike vectors point, layer by layer")
    .option("--json", "print JSON")
    .addHelpText("after", COMPARE_HELP)
    .action((first: string, others: string[], { json }: { json?: boolean }) => {
      const files = [first, ...others];
      const named = files.map((file) => ({ name: basename(file), vector: readSteeringVector(file) }));
      const names = new Set(named.map(({ name }) => name));
      const shown =
        names.size === files.length ? named : named.map((one, i) => ({ ...one, name: files[i]! }));
      const comparison = compareVectors(named.map(({ vector }) => vector));
      createOutput(json === true).result({ files, ...comparison }, () => comparisonText(shown, comparison));
    });
}

interface RangeFlags extends StudyFlags {
  readonly layers?: readonly number[];
  readonly texts?: number;
  readonly svg?: string;
}

function addRangeCommand(vectors: Command): void {
  withStudyOptions(
    vectors
      .command("range <recipe>")
      .description("measure how strongly one may steer: where the effect begins, and where texts break"),
  )
    .option(
      "--layers <numbers>",
      "blocks, each by itself, with commas between (default: the recipe's)",
      layersOf,
    )
    .option("--texts <number>", "texts for each strength (default: 8)", textsOf)
    .option("--svg <file>", "write the measurements as a figure")
    .addHelpText("after", RANGE_HELP)
    .action((recipe: string, flags: RangeFlags) =>
      onStudy(
        recipe,
        flags,
        async (study, output) => {
          const figure = figureOf(flags.svg, study);
          const ranges = await measureRunRange(study, {
            layers: flags.layers,
            texts: flags.texts,
            onCost: (cost) => study.progress.note(costText(cost)),
          });
          if (figure !== undefined) {
            writeFigure(figure, await strengthPlot(ranges, `${study.title}, ${study.recipe.model.source}`));
          }
          output.result({ ...ranges, figure }, () =>
            [rangeText(ranges, output.width), ...(figure ? ["", `Figure: ${figure}`] : [])].join("\n"),
          );
        },
        undefined,
        false,
      ),
    );
}

/** A vector file, and no recipe or run folder: it is named so, whatever is in it, or begins with the letters GGUF. */
function isVectorFile(path: string): boolean {
  const status = statusOf(path);
  if (/\.gguf$/i.test(path) && !status?.isDirectory()) return true;
  if (!status?.isFile()) return false;
  const start = Buffer.alloc(4);
  const descriptor = openSync(path, "r");
  try {
    readSync(descriptor, start, 0, start.length, 0);
  } finally {
    closeSync(descriptor);
  }
  return start.toString("latin1") === "GGUF";
}

/** Undefined for what is not there, or cannot be there: reading it says why. */
function statusOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function refuseLackingLayers(
  path: string,
  has: readonly { readonly layer: number }[],
  asked: readonly number[] | undefined,
): void {
  const lacking = asked?.find((layer) => !has.some((own) => own.layer === layer));
  if (lacking === undefined) return;
  throw new RecipeError(
    `--layers: ${path} has no layer ${lacking}, only ${has.map(({ layer }) => layer).join(", ")}.`,
  );
}

function wholeNumber(text: string, where: string, least: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text.trim()) && Number.isSafeInteger(value) && value >= least) return value;
  throw new RecipeError(`${where}: "${text}" is not a whole number from ${least} on.`);
}

function layersOf(text: string): number[] {
  return [...new Set(text.split(",").map((part) => wholeNumber(part, "--layers", 0)))];
}

function tokensOf(text: string): number {
  return wholeNumber(text, "--tokens", 0);
}

function textsOf(text: string): number {
  return wholeNumber(text, "--texts", 1);
}

/**
 * Where the figure goes, which each variant of a recipe has one of.
 * @throws StoreError if it cannot go there: better before the work than after it
 */
function figureOf(path: string | undefined, { loaded }: Study): string | undefined {
  if (path === undefined) return undefined;
  const { dir, name, ext } = parse(path);
  const figure = loaded.variant === undefined ? path : join(dir, `${name}.${loaded.variant}${ext}`);
  onFigure(figure, () =>
    existsSync(figure) ? closeSync(openSync(figure, "r+")) : accessSync(dir || ".", constants.W_OK),
  );
  return figure;
}

function writeFigure(path: string, source: string): void {
  onFigure(path, () => writeFileSync(path, source));
}

function onFigure(path: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    throw writeFailure(error, path);
  }
}

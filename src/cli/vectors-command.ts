import type { Command } from "commander";
import {
  type ExpectedModel,
  importVector,
  ModelError,
  makeVectors,
  metadataNumber,
  metadataString,
  RecipeError,
  readGguf,
  resolveModel,
  type Study,
} from "../index.js";
import { showDownload } from "./download-progress.js";
import { createOutput, type Output } from "./output.js";
import { createProgress } from "./progress-line.js";
import { describeVector, refuseExisting, saveVector, vectorText } from "./saved-vector.js";
import { onStudy, type StudyFlags, withStudyOptions } from "./study-command.js";
import { addVectorAlgebraCommands } from "./vector-algebra-commands.js";
import { addUnderstandingCommands } from "./vectors-understanding-commands.js";
import { withInterrupt } from "./with-interrupt.js";

const HELP = `
A recipe builds one vector for each class and language: \`tiller vectors RECIPE\` is \`tiller vectors build RECIPE\`.
range takes a recipe too, and inspect a recipe or a vector file; the other commands work on vector files. A vector
file is one of Tiller, repeng or llama-cvector-generator; a recipe steers with it by steering.vectors.

Example:
  $ tiller vectors reviews.yaml
  $ tiller vectors subtract happy.gguf sad.gguf -o happier.gguf
`;

const BUILD_HELP = `
Running the same command again continues where it stopped.

Example:
  $ tiller vectors reviews.yaml
`;

const IMPORT_HELP = `
Such a file does not say how large the model's residuals are: its vectors take absolute strengths only. The absolute
strength 1 adds the direction with length 1, whatever its length in the file, which is kept and shown.

Example:
  $ tiller vectors import honest.gguf -o vectors/honest.gguf --class honest --model tinyllama
`;

/** `tiller vectors build|import|add|subtract|scale|project-out|orthogonalise|inspect|compare|range` */
export function addVectorsCommand(program: Command): void {
  const vectors = program
    .command("vectors")
    .description("build steering vectors, import them, combine them, look into them")
    .addHelpText("after", HELP);
  withStudyOptions(
    vectors
      .command("build <recipe>", { isDefault: true })
      .description("build the steering vectors of a recipe (the default)"),
  )
    .addHelpText("after", BUILD_HELP)
    // Words that are no command come here, being the default, and deserve a better answer than a count.
    .allowExcessArguments()
    .action((recipe: string, flags: StudyFlags, { args }: Command) => {
      if (args.length === 1) return onStudy(recipe, flags, showVectors);
      throw new RecipeError(
        `tiller vectors takes one recipe, and has no command ${recipe}. See tiller vectors --help.`,
      );
    });
  addImportCommand(vectors);
  addVectorAlgebraCommands(vectors);
  addUnderstandingCommands(vectors);
}

async function showVectors(study: Study, output: Output): Promise<void> {
  if (study.recipe.steering === undefined) {
    throw new RecipeError(
      "steering: the recipe has guidance alone, and so no steering vectors. Add the key.",
    );
  }
  const { vectors, files } = await makeVectors(study);
  output.result(
    vectors.map((vector, i) => describeVector(files[i]!, vector)),
    () => vectors.map((vector, i) => vectorText(files[i]!, vector)).join("\n"),
  );
}

interface ImportFlags {
  readonly output: string;
  readonly model?: string;
  readonly architecture?: string;
  readonly class?: string;
  readonly language?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

function addImportCommand(vectors: Command): void {
  vectors
    .command("import <file>")
    .description("turn a control vector of repeng or llama.cpp into a vector file of Tiller")
    .requiredOption("-o, --output <file>", "vector file to write")
    .option("--model <source>", "refuse a vector that does not fit this model")
    .option("--architecture <name>", "the model's architecture, if the file names it wrongly")
    .option("--class <name>", "what the vector steers towards (default: the file's name)")
    .option("--language <code>", "its language (default: any)")
    .option("--force", "overwrite an existing file")
    .option("--json", "print JSON")
    .addHelpText("after", IMPORT_HELP)
    .action(async (file: string, { output, model, force, json, ...options }: ImportFlags) => {
      refuseExisting([output], force === true);
      const expected = model === undefined ? {} : { model: await expectedModel(model) };
      const vector = importVector(file, { ...options, ...expected });
      saveVector(output, vector);
      createOutput(json === true).result(describeVector(output, vector), () => vectorText(output, vector));
    });
}

/** What a model's file says of it, fetching the file if it is not there. */
async function expectedModel(source: string): Promise<ExpectedModel> {
  const progress = createProgress(process.stderr);
  const download = showDownload(progress);
  const { path, sha256 } = await withInterrupt(progress, ({ signal }) =>
    resolveModel(source, { signal, onProgress: download.listen }).finally(download.end),
  );
  const file = readGguf(path);
  const architecture = metadataString(file, "general.architecture");
  const width = metadataNumber(file, `${architecture}.embedding_length`);
  if (architecture === undefined || width === undefined) {
    throw new ModelError(`${path} is no language model: it does not say its width.`);
  }
  return { sha256, architecture, width };
}

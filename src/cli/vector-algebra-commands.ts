import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { Command } from "commander";
import {
  combineVectors,
  orthogonalise,
  projectOut,
  RecipeError,
  readSteeringVector,
  type SteeringVector,
  scaleVector,
  subtractVectors,
} from "../index.js";
import { createOutput } from "./output.js";
import { describeVector, refuseExisting, saveVector, vectorText, writeFailure } from "./saved-vector.js";

interface AlgebraFlags {
  readonly output: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

const SEMANTICS = `
Vectors are combined as they steer, at the layers that all have: one that Tiller made from texts counts with length 1,
an imported or combined one with its own length.
`;

function example(...commands: readonly string[]): string {
  return `${SEMANTICS}
Example:
${commands.map((command) => `  $ tiller vectors ${command}`).join("\n")}
`;
}

function withOptions(command: Command): Command {
  return command
    .requiredOption("-o, --output <file>", "vector file to write")
    .option("--force", "overwrite an existing file")
    .option("--json", "print JSON");
}

function numberOf(text: string, where: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new RecipeError(`${where}: "${text}" is not a number.`);
}

/** Reads the operands, combines them into one vector, writes and shows it. */
function combineFiles(
  files: readonly string[],
  { output, force, json }: AlgebraFlags,
  combine: (vectors: SteeringVector[], labels: string[]) => SteeringVector,
): void {
  refuseExisting([output], force === true);
  const vector = combine(
    files.map((file) => readSteeringVector(file)),
    files.map((file) => basename(file)),
  );
  saveVector(output, vector);
  createOutput(json === true).result(describeVector(output, vector), () => vectorText(output, vector));
}

/** `tiller vectors add|subtract|scale|project-out|orthogonalise` */
export function addVectorAlgebraCommands(vectors: Command): void {
  withOptions(
    vectors.command("add <vector> <others...>").description("add vectors, with weights if you like"),
  )
    .option("--weights <numbers>", "one number for each vector, with commas between (default: all 1)")
    .addHelpText("after", example("add kind.gguf formal.gguf --weights 1,-0.5 -o kind-informal.gguf"))
    .action((first: string, others: string[], flags: AlgebraFlags & { weights?: string }) =>
      combineFiles([first, ...others], flags, (operands, labels) => {
        const weights = flags.weights?.split(",").map((text) => numberOf(text, "--weights"));
        return combineVectors(operands, { labels, ...(weights ? { weights } : {}) });
      }),
    );

  withOptions(vectors.command("subtract <vector> <other>").description("subtract the second from the first"))
    .addHelpText("after", example("subtract happy.gguf sad.gguf -o happier.gguf"))
    .action((first: string, second: string, flags: AlgebraFlags) =>
      combineFiles([first, second], flags, (operands, labels) =>
        subtractVectors(operands[0]!, operands[1]!, { labels }),
      ),
    );

  withOptions(vectors.command("scale <vector> <factor>").description("multiply a vector; -1 turns it round"))
    .addHelpText("after", example("scale happy.gguf -1 -o unhappy.gguf"))
    .action((file: string, factor: string, flags: AlgebraFlags) =>
      combineFiles([file], flags, (operands, labels) =>
        scaleVector(operands[0]!, numberOf(factor, "The factor"), { labels }),
      ),
    );

  withOptions(
    vectors
      .command("project-out <vector> <from...>")
      .description("take from a vector what it shares with others"),
  )
    .addHelpText("after", example("project-out refusal.gguf politeness.gguf -o pure-refusal.gguf"))
    .action((file: string, from: string[], flags: AlgebraFlags) =>
      combineFiles([file, ...from], flags, ([vector, ...others], labels) =>
        projectOut(vector!, others, { labels }),
      ),
    );

  vectors
    .command("orthogonalise <vector> <others...>")
    .alias("orthogonalize")
    .description("make each vector orthogonal to those before it")
    .requiredOption("-o, --output <folder>", "folder for the vector files, made if it is not there")
    .option("--force", "overwrite existing files")
    .option("--json", "print JSON")
    .addHelpText("after", example("orthogonalise joy.gguf anger.gguf fear.gguf -o orthogonal"))
    .action((first: string, others: string[], flags: AlgebraFlags) =>
      orthogonaliseFiles([first, ...others], flags),
    );
}

function orthogonaliseFiles(files: readonly string[], { output, force, json }: AlgebraFlags): void {
  const outputs = outputNames(files).map((name) => join(output, name));
  refuseExisting(outputs, force === true);
  const labels = files.map((file) => basename(file));
  const made = orthogonalise(
    files.map((file) => readSteeringVector(file)),
    { labels },
  );
  try {
    mkdirSync(output, { recursive: true });
  } catch (error) {
    throw writeFailure(error, output);
  }
  made.forEach((vector, i) => {
    saveVector(outputs[i]!, vector);
  });
  createOutput(json === true).result(
    made.map((vector, i) => describeVector(outputs[i]!, vector)),
    () => made.map((vector, i) => vectorText(outputs[i]!, vector)).join("\n"),
  );
}

/** The files' own names; vectors of several runs are often called the same, and then get a number. */
function outputNames(files: readonly string[]): string[] {
  const taken = new Set<string>();
  return files.map((file) => {
    const name = basename(file, ".gguf");
    let free = `${name}.gguf`;
    // Some file systems do not tell capitals.
    for (let number = 2; taken.has(free.toLowerCase()); number += 1) free = `${name}-${number}.gguf`;
    taken.add(free.toLowerCase());
    return free;
  });
}

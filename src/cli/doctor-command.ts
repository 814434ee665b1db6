import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, freemem, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import {
  type EngineInfo,
  LlamaEngine,
  listModels,
  modelHome,
  RecipeError,
  TillerError,
  VERSION,
  writeTinyModel,
} from "../index.js";
import { doctorTrainer } from "./doctor-trainer.js";
import { byteText, createOutput } from "./output.js";

const HELP = `
Loads llama.cpp, writes a few words with a tiny random model, steers it, and says what it found.

With --trainer it looks for the Python that fine-tunes Transformer encoders instead, and says what is missing.
--install makes a virtual environment of Tiller's own with it (3 GB to download on Linux; TILLER_TORCH_INDEX may name a
package index with smaller builds of PyTorch, for the processor alone).
TILLER_PYTHON names another interpreter.

Examples:
  $ tiller doctor --json
  $ tiller doctor --trainer
  $ tiller doctor --trainer --install
`;

/** What `tiller doctor` finds. `problem` is undefined when everything works. */
export interface Diagnosis {
  readonly tiller: string;
  readonly node: string;
  readonly platform: string;
  readonly processors: number;
  readonly memory: { readonly total: number; readonly free: number };
  readonly engine: EngineInfo | undefined;
  /** Whether a tiny model could be loaded, steered and made to write. */
  readonly steering: boolean;
  readonly problem: string | undefined;
  readonly home: string;
  readonly models: Awaited<ReturnType<typeof listModels>>;
}

async function tryEngine(): Promise<{ info: EngineInfo; steering: boolean }> {
  const folder = await mkdtemp(join(tmpdir(), "tiller-doctor-"));
  try {
    const path = join(folder, "tiny.gguf");
    await writeTinyModel(path);
    await using engine = await LlamaEngine.open({ path, sha256: "0".repeat(64), context: 256 });
    const vector = new Float32Array(engine.model.width).fill(1);
    const plain = await engine.nextToken("go");
    const steered = await engine.nextToken("go", { interventions: [{ kind: "add", layer: 1, vector }] });
    return { info: engine.info, steering: plain.some((value, token) => value !== steered[token]) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Looks at this machine and tries the engine. */
export async function diagnose(): Promise<Diagnosis> {
  const facts = {
    tiller: VERSION,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processors: availableParallelism(),
    memory: { total: totalmem(), free: freemem() },
    home: modelHome(),
    models: await listModels(),
  };
  try {
    const { info, steering } = await tryEngine();
    const problem = steering ? undefined : "Steering a tiny model changes nothing.";
    return { ...facts, engine: info, steering, problem };
  } catch (error) {
    if (!(error instanceof TillerError)) throw error;
    return { ...facts, engine: undefined, steering: false, problem: error.message };
  }
}

function describe(found: Diagnosis): string {
  const { engine } = found;
  const lines = [
    `tiller ${found.tiller}, Node ${found.node}, ${found.platform}`,
    `${found.processors} processors, ${byteText(found.memory.free)} of ${byteText(found.memory.total)} memory free`,
  ];
  if (engine) {
    lines.push(
      `engine: ${engine.version} from ${engine.library}`,
      `  backend ${engine.backend}, ${engine.threads} threads; ${engine.devices.join("; ")}`,
      `  steering a tiny model ${found.steering ? "works" : "does not work"}`,
    );
  }
  lines.push(`models in ${found.home}:`);
  lines.push(
    ...found.models.map((model) => `  ${model.aliases[0] ?? model.source}, ${byteText(model.bytes)}`),
  );
  if (found.models.length === 0) lines.push("  none; tiller models get tinyllama");
  lines.push(found.problem ? `Problem: ${found.problem}` : "Everything works.");
  return lines.join("\n");
}

/** `tiller doctor` */
export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .description("check that Tiller can run here")
    .option("--trainer", "look for the Python that fine-tunes Transformer encoders")
    .option("--install", "with --trainer: install it")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action(async ({ json, trainer, install }: { json?: true; trainer?: true; install?: true }) => {
      const output = createOutput(json === true);
      if (install && !trainer) throw new RecipeError("--install goes with --trainer.");
      if (trainer) return doctorTrainer({ install: install === true, output });
      const found = await diagnose();
      output.result(found, () => describe(found));
      if (found.problem !== undefined) process.exitCode = 1;
    });
}

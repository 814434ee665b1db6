import { existsSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { VERSION } from "../version.js";
import { readJson } from "./read-json.js";
import { writeFileAtomic } from "./write-file.js";

/** What a text's last bits may depend on besides its recipe and model: the programs and the machine that wrote it. */
const facts = {
  /** Version of Tiller. */
  tiller: z.string(),
  /** Library that ran the model, its version, and what it ran on: `cpu`, `cuda`, … */
  library: z.string(),
  libraryVersion: z.string(),
  backend: z.string(),
  devices: z.array(z.string()),
  /** As Node names them: `linux x64`. */
  platform: z.string(),
  /** The processor's name. */
  processor: z.string(),
  /** Its vector instructions, by which the library chooses its code; empty where the system does not list them. */
  instructions: z.array(z.string()),
};

const writerSchema = z.object({ fromRow: z.int().min(0), ...facts });
const writersSchema = z.object({ writers: z.array(writerSchema) });

/** Who wrote a run's rows, from row `fromRow` of the journal on. */
export type Writer = z.infer<typeof writerSchema>;
export type WriterFacts = Omit<Writer, "fromRow">;

/** The part of an engine's facts that belongs here. */
export interface WritingEngine {
  readonly library: string;
  readonly version: string;
  readonly backend: string;
  readonly devices: readonly string[];
}

const FILE = "writers.json";

/** This machine and program, with an engine. */
export function writerFacts({ library, version, backend, devices }: WritingEngine): WriterFacts {
  return {
    tiller: VERSION,
    library,
    libraryVersion: version,
    backend,
    devices: [...devices],
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model.trim() ?? "unknown",
    instructions: vectorInstructions(),
  };
}

const CPU_INFO = "/proc/cpuinfo";
/** x86 and ARM, as Linux names them. */
const VECTOR_INSTRUCTION = /^(?:sse|ssse|avx|fma|f16c|amx|neon|asimd|sve|sme(?![a-z])|i8mm|bf16|fphp)/;

function vectorInstructions(): string[] {
  if (!existsSync(CPU_INFO)) return [];
  const [, flags = ""] = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync(CPU_INFO, "utf8")) ?? [];
  return flags
    .split(" ")
    .filter((flag) => VECTOR_INSTRUCTION.test(flag))
    .sort();
}

/**
 * Notes in a run folder's `writers.json` that rows from `fromRow` on are written here. Nothing changes if the rows
 * before were written by the same program on the same kind of machine.
 *
 * @throws StoreError if the file is damaged or cannot be written
 */
export async function recordWriter(folder: string, fromRow: number, engine: WritingEngine): Promise<void> {
  // Rows that an interrupted process announced and did not write are another's now.
  const before = (await readWriters(folder)).filter((writer) => writer.fromRow < fromRow);
  const here = writerFacts(engine);
  const last = before.at(-1);
  const writers =
    last && writerDifferences(last, here).length === 0 ? before : [...before, { fromRow, ...here }];
  await writeFileAtomic(join(folder, FILE), `${JSON.stringify({ writers }, null, 2)}\n`);
}

/**
 * Who wrote the rows of a run, in their order; empty for a run of an older Tiller.
 * @throws StoreError if the file is damaged
 */
export async function readWriters(folder: string): Promise<Writer[]> {
  const path = join(folder, FILE);
  if (!existsSync(path)) return [];
  const remedy = "Delete it: it only says which programs wrote the texts.";
  return (await readJson(path, writersSchema, remedy)).writers;
}

const NAMES: Readonly<Record<keyof WriterFacts, string>> = {
  tiller: "version of Tiller",
  library: "library",
  libraryVersion: "version of the library",
  backend: "backend",
  devices: "devices",
  platform: "platform",
  processor: "processor",
  instructions: "vector instructions",
};

/** In what two writers differ, in words: `processor: A, now B`, `vector instructions: now without avx2`. */
export function writerDifferences(one: WriterFacts, now: WriterFacts): string[] {
  return (Object.keys(NAMES) as (keyof WriterFacts)[]).flatMap((key) => {
    const difference = differenceOf(one[key], now[key]);
    return difference === undefined ? [] : [`${NAMES[key]}: ${difference}`];
  });
}

function differenceOf(before: string | string[], after: string | string[]): string | undefined {
  if (!Array.isArray(before) || !Array.isArray(after)) {
    return before === after ? undefined : `${before}, now ${after}`;
  }
  const lost = before.filter((each) => !after.includes(each));
  const added = after.filter((each) => !before.includes(each));
  const parts = [
    ...(lost.length > 0 ? [`without ${lost.join(", ")}`] : []),
    ...(added.length > 0 ? [`with ${added.join(", ")}`] : []),
  ];
  return parts.length === 0 ? undefined : `now ${parts.join(" and ")}`;
}

/**
 * `npm run bench [-- NAME] [--json]`: ratios against a baseline of the same run, a line each.
 * `npm run bench -- TABLE DATA`: a table of what is measured on the data in a folder.
 * `npm run bench -- halving [FOLDER]`: the log of a search, which takes twenty minutes, and goes on if FOLDER is given.
 */
import { classifierTable } from "./classifier.js";
import { coherenceTable } from "./coherence.js";
import { duplicatesBenchmark } from "./duplicates.js";
import { engineBenchmark } from "./engine.js";
import { guidanceBenchmark } from "./guidance.js";
import { halvingTable } from "./halving.js";
import { languageIdTable } from "./language-id.js";
import type { Ratio } from "./pairs.js";
import { scoresBenchmark } from "./scores.js";
import { steeringBenchmark } from "./steering.js";

const BENCHMARKS: Record<string, () => AsyncGenerator<Ratio>> = {
  engine: engineBenchmark,
  steering: steeringBenchmark,
  guidance: guidanceBenchmark,
  scores: scoresBenchmark,
  duplicates: duplicatesBenchmark,
};
const TABLES: Record<string, (data: string) => AsyncGenerator<string>> = {
  classifier: classifierTable,
  coherence: coherenceTable,
  "language-id": languageIdTable,
};

const LOGS: Record<string, (folder?: string) => AsyncGenerator<string>> = { halving: halvingTable };

const names = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));
const json = process.argv.includes("--json");
const [first = "", data] = names;
if (first in TABLES) await printTable(first, data);
else if (first in LOGS) for await (const row of LOGS[first]!(data)) process.stdout.write(`${row}\n`);
else await compare(names);

async function printTable(name: string, folder: string | undefined): Promise<void> {
  if (folder === undefined) {
    process.stderr.write(`Usage: npm run bench -- ${name} DATA, where DATA holds topic-sib200.\n`);
    process.exitCode = 2;
    return;
  }
  for await (const row of TABLES[name]!(folder)) process.stdout.write(`${row}\n`);
}

async function compare(chosen: readonly string[]): Promise<void> {
  const unknown = chosen.find((name) => !(name in BENCHMARKS));
  if (unknown !== undefined) {
    const known = [BENCHMARKS, TABLES, LOGS].flatMap((names) => Object.keys(names));
    process.stderr.write(`There is no benchmark ${unknown}: ${known.join(", ")}.\n`);
    process.exitCode = 2;
    return;
  }
  for (const name of chosen.length > 0 ? chosen : Object.keys(BENCHMARKS)) {
    for await (const { measured, ...ratio } of BENCHMARKS[name]!()) {
      const named = { ...ratio, name: `${name}: ${ratio.name}` };
      // JSON drops what is undefined; a line without a promise says so.
      const record = { ...named, goal: ratio.goal ?? null };
      process.stdout.write(json ? `${JSON.stringify(record)}\n` : `${line({ ...named, measured })}\n`);
    }
  }
}

function line({ name, ratio, p25, p75, goal, unit, measured }: Ratio): string {
  const verdict =
    goal === undefined ? "" : ratio >= goal ? `  (goal ${goal}: met)` : `  (goal ${goal}: MISSED)`;
  const values = measured.map((value) =>
    value >= 1e6 ? `${(value / 1e6).toFixed(0)} MB` : value.toFixed(1),
  );
  return `${name}: ${ratio.toFixed(3)} [${p25.toFixed(3)}–${p75.toFixed(3)}]${verdict}\n    ${unit}: ${values.join(" ÷ ")}`;
}

/** `npm run bench [-- NAME] [--json]`: ratios against a baseline of the same run, a line each. */
import { engineBenchmark } from "./engine.js";
import { guidanceBenchmark } from "./guidance.js";
import type { Ratio } from "./pairs.js";
import { scoresBenchmark } from "./scores.js";
import { steeringBenchmark } from "./steering.js";

const BENCHMARKS: Record<string, () => AsyncGenerator<Ratio>> = {
  engine: engineBenchmark,
  steering: steeringBenchmark,
  guidance: guidanceBenchmark,
  scores: scoresBenchmark,
};

const names = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));
const json = process.argv.includes("--json");
const unknown = names.find((name) => !(name in BENCHMARKS));
if (unknown !== undefined) {
  process.stderr.write(`There is no benchmark ${unknown}: ${Object.keys(BENCHMARKS).join(", ")}.\n`);
  process.exit(2);
}

function line({ name, ratio, p25, p75, goal, unit, measured }: Ratio): string {
  const verdict =
    goal === undefined ? "" : ratio >= goal ? `  (goal ${goal}: met)` : `  (goal ${goal}: MISSED)`;
  const values = measured.map((value) =>
    value >= 1e6 ? `${(value / 1e6).toFixed(0)} MB` : value.toFixed(1),
  );
  return `${name}: ${ratio.toFixed(3)} [${p25.toFixed(3)}–${p75.toFixed(3)}]${verdict}\n    ${unit}: ${values.join(" ÷ ")}`;
}

for (const name of names.length > 0 ? names : Object.keys(BENCHMARKS)) {
  for await (const { measured, ...ratio } of BENCHMARKS[name]!()) {
    const named = { ...ratio, name: `${name}: ${ratio.name}` };
    // JSON drops what is undefined; a line without a promise says so.
    const record = { ...named, goal: ratio.goal ?? null };
    process.stdout.write(json ? `${JSON.stringify(record)}\n` : `${line({ ...named, measured })}\n`);
  }
}

import { describeLayers } from "../generate/configuration.js";
import type { Regeneration, RowDifference } from "./explain-regenerate.js";
import type { RowExplanation } from "./explain-row.js";

/** What is known of a row, for people: a heading and its facts a line. */
export function explanationText(explanation: RowExplanation): string {
  const { row, run, model, configuration, prompt, call, filters, journal, writer } = explanation;
  const { steering, guidance } = configuration;
  const lines: [string, string][] = [
    ["row", row.id],
    ["text", row.text === "" ? "(empty)" : row.text],
    ["recipe", `${run.name}: ${run.recipe}${run.variant === undefined ? "" : `, variant ${run.variant}`}`],
    ["run", `${run.folder}, fingerprint ${run.fingerprint}`],
    ["model", `${model.source}: ${model.file}`],
    ["", `sha256 ${model.sha256}`],
    ["wrote", `${configuration.name}: ${configuration.description}`],
  ];
  if (steering) {
    const { method, operation, layers, strength, unit, absolute, vector } = steering;
    const lengths = absolute?.map((length) => length.toPrecision(4)).join(", ");
    lines.push(
      ["steering", `${method}, ${operation}, ${describeLayers(layers)} (0-based)`],
      [
        "strength",
        `${strength}${unit === "norm" ? " mean residual norms" : ""}${lengths === undefined ? "" : `; absolute ${lengths}`}`,
      ],
      ["vector", vector.file],
      ["", `sha256 ${vector.sha256}`],
    );
  }
  if (guidance) {
    const { preset, gamma, eta, experts } = guidance;
    const weights = [
      ...(gamma === undefined ? [] : [`γ ${gamma}`]),
      ...(eta === undefined ? [] : [`η ${eta}`]),
    ];
    lines.push(["guidance", `${preset}, ${weights.join(", ")}`]);
    for (const expert of experts) lines.push([expert.name, `${expert.file}, sha256 ${expert.sha256}`]);
  }
  const some = call.texts === 1 ? "" : `; text ${call.place + 1} of a call for ${call.texts}`;
  lines.push(
    ["seed", `${row.seed}${some}`],
    ["decoding", decodingText(explanation.decoding)],
    ["length", `${row.tokens} tokens, finish ${row.finish}`],
    ["filters", filtersText(filters)],
    [
      "journal",
      `line ${journal.line}; row ${journal.place} of ${journal.rows} of job ${journal.job} of ${journal.jobs}`,
    ],
    ["written by", writer ? writerText(writer) : `Tiller ${run.tiller} or later; the machine is not known`],
    ["prompt", `${prompt.tokens} tokens, as the model saw it:`],
  );
  const facts = lines.map(([name, value]) => `${name.padEnd(11)}${value}`);
  const indented = prompt.text.split("\n").map((line) => `  │ ${line}`.trimEnd());
  const shown = prompt.demonstrations.map((text, i) => `  ${i + 1}. ${text}`);
  return [...facts, ...indented, ...(shown.length > 0 ? ["examples   in the prompt:", ...shown] : [])].join(
    "\n",
  );
}

/** Whether a job that was run again is the same, and if not what differs and why. */
export function regenerationText({ equal, job, rows, differences, reasons }: Regeneration): string {
  const all = rows === 1 ? "its row is" : `all ${rows} rows are`;
  if (equal) return `Job ${job} was run again: ${all} the same, byte by byte.`;
  return [
    `Job ${job} was run again: ${differences.length} of ${rows} rows differ.`,
    ...differences.slice(0, SHOWN).flatMap(differenceLines),
    ...(differences.length > SHOWN ? [`  and ${differences.length - SHOWN} more.`] : []),
    ...reasons,
  ].join("\n");
}

const SHOWN = 4;

function differenceLines({ id, keys, journal, regenerated }: RowDifference): string[] {
  if (journal === undefined) return [`  ${id}: not in the journal, and written now`];
  if (regenerated === undefined) return [`  ${id}: in the journal, and not written now`];
  return [
    `  ${id}: ${keys.join(", ")}`,
    ...keys.flatMap((key) => [
      `    journal  ${JSON.stringify(journal[key])}`,
      `    now      ${JSON.stringify(regenerated[key])}`,
    ]),
  ];
}

function decodingText(decoding: RowExplanation["decoding"]): string {
  return Object.entries(decoding)
    .filter(([, value]) => !(Array.isArray(value) && value.length === 0))
    .map(([key, value]) => `${key} ${Array.isArray(value) ? JSON.stringify(value) : value}`)
    .join(", ");
}

function filtersText({ failed, selfCheck, judge }: RowExplanation["filters"]): string {
  const measured = [
    ...(selfCheck ? [`self-check ${selfCheck.value}${leastText(selfCheck.least)}`] : []),
    ...(judge ? [`judge ${judge.value}${leastText(judge.least)}`] : []),
  ];
  const outcome = failed.length === 0 ? "kept" : `dropped by ${failed.join(", ")}`;
  return [outcome, ...measured].join("; ");
}

function leastText(least: number | undefined): string {
  return least === undefined ? "" : ` (at least ${least} is asked for)`;
}

function writerText(writer: NonNullable<RowExplanation["writer"]>): string {
  const { tiller, library, libraryVersion, backend, devices, platform, processor } = writer;
  const on = devices.length === 0 ? backend : `${backend}: ${devices.join(", ")}`;
  return `Tiller ${tiller}, ${library} (${libraryVersion}), ${on}; ${processor}, ${platform}`;
}

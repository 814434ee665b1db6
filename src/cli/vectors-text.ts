import type {
  CellRange,
  NearToken,
  RunRangeCost,
  SteeringVector,
  StrengthRanges,
  VectorComparison,
  VectorInspection,
} from "../index.js";
import { roughTime } from "./plan-text.js";

/** What is not known. */
const NONE = "–";
const MINUS = "\u2212";

/** A table with columns as wide as their widest cell; the first `left` columns are text, the others numbers. */
function table(rows: readonly (readonly string[])[], left = 0): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const last = column === row.length - 1;
        if (column < left) return cell.padEnd(widths[column]!);
        // Tokens of any script come last, and need no width.
        return last && cell.length > 12 ? cell : cell.padStart(widths[column]!);
      })
      .join("  ")
      .trimEnd(),
  );
}

function number(value: number | undefined, digits = 2): string {
  if (value === undefined || !Number.isFinite(value)) return NONE;
  const text = Math.abs(value).toFixed(digits);
  return value < 0 && Number(text) !== 0 ? MINUS + text : text;
}

/** A strength as it was measured, and no digit more. */
function strength(value: number | undefined): string {
  return value === undefined ? NONE : String(Number(value.toPrecision(3)));
}

/** Text of a model on one line of a terminal: control characters are shown, and do nothing. */
function shown(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character === "\n" ? "⏎" : `<${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}>`,
  );
}

/** A vector in a few words: `positive (en)`. */
function nameOf({ class: name, language }: Pick<SteeringVector, "class" | "language">): string {
  return `${name} (${language})`;
}

/** Where a vector comes from. */
function provenance(vector: Omit<SteeringVector, "layers">): string[] {
  const { method, origin, model, texts, tokens } = vector;
  const known = [
    `model ${model.name || "unknown"} (${model.architecture || "unknown architecture"}, width ${model.width})`,
    `sha256 ${model.sha256 === "" ? "unknown" : model.sha256}`,
  ];
  const made =
    method === "imported" || method === "combined"
      ? [`${method}: ${origin}`, ...known]
      : [
          `${method} towards ${vector.class} (${vector.language}), from ${texts} texts (${tokens} tokens)`,
          ...known,
          `rows: ${vector.positions}, each ${vector.weighting} counts once, texts' sha256 ${vector.dataSha256.slice(0, 12)}…, Tiller ${vector.tillerVersion}`,
        ];
  return made.map((line) => `  ${line}`);
}

function tokensText(tokens: readonly NearToken[]): string {
  const [first] = tokens;
  if (first === undefined) return NONE;
  return `${number(Math.abs(first.score), 1)}: ${tokens.map(({ text }) => shown(text.trim() || text)).join(" ")}`;
}

/** What vectors are, for people. */
export function inspectionText(
  inspections: readonly { readonly file?: string | undefined; readonly vector: VectorInspection }[],
  notes: readonly string[] = [],
): string {
  const blocks = inspections.map(({ file, vector }) => {
    const { layers, heldOut } = vector;
    const head = ["layer", "residual", "difference", "as before", ...(heldOut ? ["AUROC", "d"] : [])];
    const rows = layers.map(({ layer, residualNorm, differenceNorm, cosineBefore, separation }) => [
      String(layer),
      number(residualNorm),
      number(differenceNorm),
      number(cosineBefore),
      ...(heldOut ? [number(separation?.auroc, 3), number(separation?.cohensD)] : []),
    ]);
    const near = layers.flatMap(({ layer, towards, away }) =>
      towards && away
        ? [
            `  layer ${layer}  + ${tokensText(towards)}`,
            `  ${" ".repeat(`layer ${layer}`.length)}  ${MINUS} ${tokensText(away)}`,
          ]
        : [],
    );
    return [
      file ?? nameOf(vector),
      ...provenance(vector),
      "",
      ...table([head, ...rows]).map((line) => `  ${line}`),
      ...(heldOut
        ? [`  AUROC and d of ${heldOut.texts} held-out texts of the class against ${heldOut.others} others`]
        : []),
      ...(near.length > 0 ? ["", "  nearest tokens, with the first one's score", ...near] : []),
    ].join("\n");
  });
  const { heldOut, layers } = inspections[0]!.vector;
  const words = [
    "residual: mean norm of the residual stream; difference: distance of the class means (or the vector's own length);",
    "as before: cosine with the direction one layer before.",
    ...(heldOut
      ? [
          "AUROC: how often a text of the class lies further along than another one; 0.5 is chance. d: the distance in",
          "standard deviations.",
        ]
      : []),
    ...(layers.some(({ towards }) => towards)
      ? [
          "Tokens: read with the model's own output matrix, in standard deviations; chance gives 4 to 5, so that",
          "early layers say little.",
        ]
      : []),
  ];
  return [...blocks, words.join("\n"), ...notes.map((note) => `note: ${note}`)].join("\n\n");
}

/** So many pairs are shown layer by layer side by side. */
const MOST_PAIRS = 6;

/**
 * Pairs that are shown layer by layer: all of a few vectors; of many those of one class and language, such as the
 * Language and the Quality vector of each language, or, where there are none, the first one with each other.
 */
function shownPairs(vectors: readonly SteeringVector[]): (readonly [number, number])[] {
  const all = vectors.flatMap((_, i) => vectors.slice(i + 1).map((_, j) => [i, i + 1 + j] as const));
  if (all.length <= MOST_PAIRS) return all;
  const alike = all.filter(([i, j]) => nameOf(vectors[i]!) === nameOf(vectors[j]!));
  return alike.length > 0 ? alike : all.filter(([i]) => i === 0);
}

/** The cosines of some pairs by layer: as many tables as it takes. */
function layerTables(
  pairs: readonly (readonly [number, number])[],
  layers: VectorComparison["layers"],
): string[] {
  const tables: string[] = [];
  for (let start = 0; start < pairs.length; start += MOST_PAIRS) {
    const some = pairs.slice(start, start + MOST_PAIRS);
    tables.push(
      ...table([
        ["layer", ...some.map(([i, j]) => `${letterOf(i)}·${letterOf(j)}`)],
        ...layers.map(({ layer, cosines }) => [
          String(layer),
          ...some.map(([i, j]) => number(cosines[i]![j]!)),
        ]),
      ]),
      "",
    );
  }
  return tables;
}

/** How alike vectors point, for people. */
export function comparisonText(
  vectors: readonly { readonly name: string; readonly vector: SteeringVector }[],
  { layers, mean, chance }: VectorComparison,
): string {
  const letters = vectors.map((_, index) => letterOf(index));
  const legend = vectors.map(
    ({ name, vector }, index) => `${letters[index]}  ${name}: ${vector.method}, ${nameOf(vector)}`,
  );
  const matrix = table([
    ["", ...letters],
    ...mean.map((row, index) => [letters[index]!, ...row.map((value) => number(value))]),
  ]);
  const pairs = shownPairs(vectors.map(({ vector }) => vector));
  return [
    ...legend,
    "",
    ...(vectors.length > 2 ? [`cosine, mean of ${layers.length} layers`, ...matrix, ""] : []),
    "cosine by layer",
    ...layerTables(pairs, layers),
    `1: the same direction, ${MINUS}1: the opposite one. Random directions have ${chance.toFixed(3)} in absolute value, in the mean.`,
  ].join("\n");
}

/** A, B, … Z, A2, B2, … */
function letterOf(index: number): string {
  const round = Math.floor(index / 26);
  return String.fromCharCode(65 + (index % 26)) + (round === 0 ? "" : String(round + 1));
}

/** What measuring will cost, before it begins. */
export function costText({ cells, texts, tokens, mostTexts, seconds }: RunRangeCost): string {
  const time = seconds === undefined ? "" : `, about ${roughTime(seconds)}`;
  return (
    `Measuring how strongly to steer at ${cells.join("; ")}: some ${texts} short texts (${tokens} tokens${time}), ` +
    `at most ${mostTexts} texts.`
  );
}

const BAR = 12;

/** A value from 0 to 1 as a bar, to an eighth of a character. */
function bar(value: number | undefined): string {
  if (value === undefined) return " ".repeat(BAR);
  const eighths = Math.round(Math.min(1, Math.max(0, value)) * BAR * 8);
  const whole = "█".repeat(Math.floor(eighths / 8));
  return (whole + (["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8] ?? "")).padEnd(BAR);
}

function decisionText({ begins, breaks, recommended, moves }: CellRange): string {
  const edges = [
    begins === undefined ? "no effect seen" : `effect begins at ${strength(begins)}`,
    breaks === undefined ? "texts never broke" : `texts break at ${strength(breaks)}`,
  ];
  if (moves === "away") edges[0] = "texts move the other way: is the vector's sign wrong?";
  const use =
    recommended.length === 0 ? "nothing to recommend" : `use ${recommended.map(strength).join(", ")}`;
  return `${edges.join(", ")}; ${use}`;
}

function rangeRows(cell: CellRange): string[] {
  const judged = cell.points.some(({ coherence }) => coherence !== undefined);
  const within = ({ strength: at }: CellRange["points"][number]) =>
    cell.safe !== undefined && at >= cell.safe[0] && at <= cell.safe[1];
  const head = [
    " ",
    "strength",
    "next token changed",
    judged ? "coherence" : "",
    "perplexity",
    "tokens",
    "loops",
    "shift",
  ];
  const rows = cell.points.map((point) => {
    const written = point.texts > 0;
    return [
      within(point) ? "▌" : " ",
      strength(point.strength),
      `${bar(point.totalVariation)} ${number(point.totalVariation)}`,
      point.coherence === undefined ? "" : `${bar(point.coherence)} ${number(point.coherence)}`,
      written ? number(point.perplexity, (point.perplexity ?? 0) < 100 ? 1 : 0) : "",
      written ? number(point.tokens, 0) : "",
      written ? number(point.loops) : "",
      written ? `${number(point.shift)} ± ${number(point.shiftError)}` : "",
    ];
  });
  return table([head, ...rows]).map((line) => `  ${line}`);
}

/** Strengths as they were measured, for people. */
export function rangeText(ranges: StrengthRanges, width: number): string {
  const { unsteered, notes } = ranges;
  const quoted = (label: string, text: string | undefined) =>
    text === undefined ? [] : [`  ${label} ${shown(text)}`.slice(0, Math.max(40, width))];
  const blocks = ranges.cells.map((cell) => {
    const last = cell.points.find((point) => point.strength === cell.safe?.[1]);
    const first = cell.points.find((point) => point.strength === cell.breaks);
    return [
      `${cell.name}: ${decisionText(cell)}`,
      ...rangeRows(cell),
      ...quoted(`at ${strength(last?.strength)}:`, last?.example),
      ...quoted(`at ${strength(first?.strength)}:`, first?.example),
    ].join("\n");
  });
  const usual =
    unsteered === undefined
      ? []
      : [
          `Without steering: perplexity ${number(unsteered.perplexity, 1)}, ${number(unsteered.tokens, 0)} tokens, loops ${number(unsteered.loops)} (${unsteered.texts} texts).`,
        ];
  const words = [
    ...usual,
    "▌ safe. next token changed: share of its probability that moved. coherence: 1 reads like unsteered texts, 0 like",
    "the same words shuffled. tokens: mean length. shift: how far texts lie along the direction, in standard deviations",
    "of unsteered texts.",
  ];
  return [...blocks, words.join("\n"), ...notes.map((note) => `note: ${note}`)].join("\n\n");
}

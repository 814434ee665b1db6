import { displayWidth, pad, wrap } from "./display-width.js";
import { decimal } from "./number-text.js";
import type { ReportedStudy } from "./run-report.js";
import {
  baselineSentence,
  baselinesOf,
  CORRELATION_WORDS,
  correlationText,
  differenceText,
  downstreamText,
  harmonicText,
  searchSentences,
  TELLING_PAIRS,
} from "./study-words.js";

/** Rows that a terminal shows; the page has all. */
const MOST_ROWS = 12;

/** A search for a terminal: how it went, the ranking, and what its scores say of the classifiers. */
export function studyLines(study: ReportedStudy, width: number): string[] {
  const verdicts = baselinesOf(study).flatMap((baseline) => baselineSentence(study, baseline) ?? []);
  return [
    ...searchSentences(study).flatMap((sentence) => wrap(sentence, width)),
    "",
    ...ranking(study, width),
    "",
    ...correlations(study, width),
    ...verdicts.flatMap((sentence) => wrap(sentence, width)),
  ];
}

function ranking({ rows, metric }: ReportedStudy, width: number): string[] {
  if (rows.length === 0) return ["No configuration could be ranked."];
  const shown = rows.slice(0, MOST_ROWS);
  const head = [
    "",
    "success",
    "coherence",
    "diversity",
    "harmonic mean",
    metric ?? "classifier",
    "difference",
  ];
  const cells = shown.map((row) => [
    row.configuration,
    ...[row.success, row.coherence, row.diversity].map((value) => decimal(value ?? Number.NaN)),
    harmonicText(row),
    downstreamText(row),
    differenceText(row),
  ]);
  const widths = head.map((name, at) =>
    Math.max(displayWidth(name), ...cells.map((row) => displayWidth(row[at]!))),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => pad(cell, widths[at]!, at === 0 ? "end" : "start"))
      .join("  ")
      .trimEnd();
  const total = widths.reduce((sum, size) => sum + size + 2, -2);
  const more = rows.length > shown.length ? [`… and ${rows.length - shown.length} more in the report.`] : [];
  if (total <= width) return [...[head, ...cells].map(line), ...more];
  // Too narrow for a table: a configuration a paragraph.
  return [
    ...cells.flatMap(([name, ...values]) => [
      name!,
      ...values.map((value, at) => `  ${head[at + 1]}: ${value}`),
    ]),
    ...more,
  ];
}

function correlations({ correlations: found, metric }: ReportedStudy, width: number): string[] {
  if (found.length === 0) return [];
  const pairs = Math.min(...found.map((correlation) => correlation.pairs));
  const few = pairs < TELLING_PAIRS ? "; so few say next to nothing" : "";
  const names = found.map(({ score }) => CORRELATION_WORDS[score]);
  const longest = Math.max(...names.map(displayWidth));
  return [
    ...wrap(
      `Rank correlation (Spearman) of scores with ${metric ?? "the classifier"}, over ${pairs} data sets${few}:`,
      width,
    ),
    ...found.map((correlation, i) => `  ${pad(names[i]!, longest, "end")}  ${correlationText(correlation)}`),
    "",
  ];
}

import { armNotes, armNoteText } from "./arm-notes.js";
import { displayWidth, pad, wrap } from "./display-width.js";
import { compact, decimal, duration, signed, whole } from "./number-text.js";
import { droppedWords, MEASURE_ORDER, MEASURES, metricWords } from "./plain-words.js";
import type { ArmResult, RunReport } from "./run-report.js";
import { studyLines } from "./study-text.js";

export interface RenderTextOptions {
  /** Columns of the terminal. */
  readonly width: number;
  /** ANSI colours. */
  readonly color: boolean;
}

interface Column {
  readonly heading: string;
  readonly text: (arm: ArmResult) => string;
  /** For marking the best. */
  readonly value?: (arm: ArmResult) => number | undefined;
}

/**
 * The comparison for a terminal, with the verdict as it is. Ends in a line feed. Where the table is wider
 * than the terminal, each arm becomes a list.
 */
export function renderText(report: RunReport, { width, color }: RenderTextOptions): string {
  const paint = (code: number, text: string) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const columns = makeColumns(report.arms);
  const cells = report.arms.map((arm) => columns.map((column) => column.text(arm)));
  const best = columns.map((column) => bestOf(report.arms.map((arm) => column.value?.(arm))));
  const mark = (text: string, row: number, at: number) => {
    const arm = report.arms[row];
    const value = arm === undefined ? undefined : columns[at]?.value?.(arm);
    return value !== undefined && value === best[at] ? paint(1, text) : text;
  };
  const blocks = [
    [paint(1, visible(report.title)), paint(2, subtitle(report))],
    report.arms.length === 0
      ? ["No texts have been written yet."]
      : (tableLines(report.arms, columns, cells, mark, width) ??
        listLines(report.arms, columns, cells, mark)),
    report.arms.length === 0 ? [] : legend(report.arms, width).map((line) => paint(2, line)),
    report.chosen === undefined
      ? []
      : wrap(`${chosenWord(report)} that was chosen: ${visible(report.chosen)}`, width),
    report.study === undefined ? [] : studyLines(report.study, width),
    dropped(report.arms).flatMap((line) => wrap(line, width)),
    // What the verdict says already is not said twice.
    report.comparisons
      .filter((comparison) => !report.verdict.includes(comparison.sentence))
      .flatMap((comparison) =>
        bullet(
          `${visible(comparison.sentence)} (difference ${signed(comparison.difference, 3)}, interval ${signed(comparison.low, 3)} to ${signed(comparison.high, 3)})`,
          width,
        ),
      ),
    [...report.notes, ...armNotes(report.arms).map(armNoteText)].flatMap((note) =>
      bullet(`Note: ${visible(note)}`, width),
    ),
    // Not wrapped: the terminal does that, and who searches for the sentence finds it.
    [paint(1, visible(report.verdict))],
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join("\n"))
    .join("\n\n")}\n`;
}

function chosenWord({ pilot, chosen }: RunReport): string {
  const result = pilot.find(({ configuration }) => configuration === chosen);
  if (!result?.guidance) return "Steering";
  return result.layers === undefined ? "Guidance" : "Steering and guidance";
}

function makeColumns(arms: readonly ArmResult[]): Column[] {
  const classifier: Column = {
    heading: `${metricWords(arms).plain} (${metricWords(arms).term})`,
    text: ({ classifier: found }) =>
      found === undefined ? decimal(Number.NaN) : `${decimal(found.mean, 3)} ± ${decimal(found.sd, 3)}`,
    value: (arm) => arm.classifier?.mean,
  };
  return [
    { heading: "texts kept / written", text: (arm) => `${whole(arm.kept)}/${whole(arm.written)}` },
    ...(["success", "coherence", "diversity", "harmonic"] as const).map((measure) => ({
      heading: MEASURES[measure].plain,
      text: (arm: ArmResult) => decimal(arm.score?.[measure] ?? Number.NaN),
      value: (arm: ArmResult) => arm.score?.[measure],
    })),
    ...(arms.some((arm) => arm.classifier !== undefined) ? [classifier] : []),
  ];
}

type Mark = (text: string, row: number, column: number) => string;

/** A table leaves as much to a title, or is a list. */
const NARROWEST_TITLE = 12;

/** Undefined when it does not fit. Headings break over lines, and titles where they do not fit, so that columns are narrow. */
function tableLines(
  arms: readonly ArmResult[],
  columns: readonly Column[],
  cells: readonly (readonly string[])[],
  mark: Mark,
  width: number,
): string[] | undefined {
  const headings = columns.map((column) => wrap(column.heading, 11));
  const widths = columns.map((_, at) =>
    Math.max(...(headings[at] ?? []).map(displayWidth), ...cells.map((row) => displayWidth(row[at] ?? ""))),
  );
  const gap = "  ";
  const room = width - widths.reduce((sum, size) => sum + size + gap.length, 0);
  if (room < NARROWEST_TITLE) return undefined;
  const titles = arms.map((arm) => wrap(visible(arm.title), room));
  const first = Math.max(...titles.flat().map(displayWidth));
  // A word may be longer than the room.
  if (first > room) return undefined;
  const height = Math.max(...headings.map((lines) => lines.length));
  const head = Array.from({ length: height }, (_, line) =>
    [
      " ".repeat(first),
      ...headings.map((lines, at) =>
        pad(lines[line - height + lines.length] ?? "", widths[at] ?? 0, "start"),
      ),
    ].join(gap),
  );
  const rule = [first, ...widths].map((size) => "─".repeat(size)).join(gap);
  const body = titles.flatMap(([title = "", ...rest], row) => [
    [
      pad(title, first, "end"),
      ...columns.map((_, at) => mark(pad(cells[row]?.[at] ?? "", widths[at] ?? 0, "start"), row, at)),
    ].join(gap),
    ...rest,
  ]);
  return [...head, rule, ...body];
}

function listLines(
  arms: readonly ArmResult[],
  columns: readonly Column[],
  cells: readonly (readonly string[])[],
  mark: Mark,
): string[] {
  return arms.flatMap((arm, row) => [
    visible(arm.title),
    ...columns.map(({ heading }, at) => `  ${heading}: ${mark(cells[row]?.[at] ?? "", row, at)}`),
  ]);
}

function legend(arms: readonly ArmResult[], width: number): string[] {
  const words = [
    ...[...MEASURE_ORDER.slice(1), ...MEASURE_ORDER.slice(0, 1)].map((measure) => MEASURES[measure]),
    ...(arms.some((arm) => arm.classifier !== undefined) ? [metricWords(arms)] : []),
  ];
  return [
    ...wrap("All scores go from 0 to 1, and higher is better.", width),
    ...words.flatMap(({ plain, meaning }) => bullet(`${plain}: ${meaning}`, width)),
  ];
}

function dropped(arms: readonly ArmResult[]): string[] {
  return arms.flatMap((arm) => {
    const words = droppedWords(arm.filters);
    return words === "" ? [] : [`Dropped from ${visible(arm.title)}: ${words}.`];
  });
}

function subtitle({ model, cost }: RunReport): string {
  return `${visible(model.name)} · ${whole(cost.generatedTokens)} tokens in ${duration(cost.seconds)} (${compact(cost.tokensPerSecond)} a second)`;
}

function bullet(text: string, width: number): string[] {
  return wrap(text, Math.max(20, width - 2)).map((line, at) => (at === 0 ? "- " : "  ") + line);
}

function bestOf(values: readonly (number | undefined)[]): number | undefined {
  const finite = values.filter((value): value is number => value !== undefined && Number.isFinite(value));
  return finite.length < 2 ? undefined : Math.max(...finite);
}

/** Text from outside cannot send a terminal control sequences or turn the direction of a line. */
function visible(text: string): string {
  return text
    .replace(/[\n\t]+/g, " ")
    .replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
}

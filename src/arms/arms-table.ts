import { METRIC_TITLES } from "../classify/metric.js";
import { displayWidth, pad, wrap } from "../study/report/display-width.js";
import { decimal, signed, whole } from "../study/report/number-text.js";
import type { ArmKindResult, ArmsResults } from "./arms-results.js";

/** The results for a terminal of `width` columns, with what the columns mean. Ends in a line feed. */
export function armsText({ results, metric, testTexts, notes }: ArmsResults, width: number): string {
  const title = METRIC_TITLES[metric];
  const withReference = results.some(({ againstZeroShot }) => againstZeroShot !== undefined);
  const columns: readonly (readonly [heading: string, text: (result: ArmKindResult) => string])[] = [
    ["arm", ({ arm }) => arm],
    ["trained on", ({ trainedOn }) => visible(trainedOn ?? "–")],
    ["texts", ({ size }) => whole(size)],
    ["accuracy", ({ accuracy, seeds }) => spreadText(accuracy, seeds)],
    [title, (result) => spreadText(metric === "auroc" ? result.auroc : result.macroF1, result.seeds)],
    [
      "95 % interval",
      ({ interval }) => (interval ? `${decimal(interval.low)} to ${decimal(interval.high)}` : "–"),
    ],
    ...(withReference ? ([["against zero-shot", againstText]] as const) : []),
  ];
  const cells = results.map((result) => columns.map(([, text]) => text(result)));
  const widths = columns.map(([heading], at) =>
    Math.max(displayWidth(heading), ...cells.map((row) => displayWidth(row[at]!))),
  );
  const line = (row: readonly string[]) =>
    row
      .map((text, at) => pad(text, widths[at]!, at < 2 ? "end" : "start"))
      .join("  ")
      .trimEnd();
  const total = widths.reduce((sum, size) => sum + size + 2, -2);
  const table =
    total <= width
      ? [
          line(columns.map(([heading]) => heading)),
          widths.map((size) => "─".repeat(size)).join("  "),
          ...cells.map(line),
        ]
      : results.flatMap((_, row) => [
          cells[row]!.slice(0, 2).join(", trained on "),
          ...columns.slice(2).map(([heading], at) => `  ${heading}: ${cells[row]![at + 2]}`),
        ]);
  const models = [...new Set(results.map(({ arm, model }) => `${arm}: ${visible(model)}`))];
  return `${[
    [`${whole(testTexts)} test texts. ${models.join("; ")}.`].flatMap((text) => wrap(text, width)),
    results.length === 0 ? ["Nothing could be run."] : table,
    withReference
      ? wrap(
          `Against zero-shot: difference in ${title}, and the p-value of a paired permutation test over the test texts, corrected ` +
            "by Holm's method for all rows; * below 0.05.",
          width,
        )
      : [],
    notes.flatMap((note) => wrap(`Note: ${visible(note)}`, width)),
  ]
    .filter((block) => block.length > 0)
    .map((block) => block.join("\n"))
    .join("\n\n")}\n`;
}

function spreadText(
  spread: { readonly mean: number; readonly sd: number } | undefined,
  seeds: number,
): string {
  if (spread === undefined) return "–";
  return seeds > 1 ? `${decimal(spread.mean)} ± ${decimal(spread.sd)}` : decimal(spread.mean);
}

function againstText({ againstZeroShot: found }: ArmKindResult): string {
  if (found === undefined) return "";
  return `${signed(found.difference)} (p ${found.correctedPValue.toFixed(3)})${found.correctedPValue < 0.05 ? " *" : ""}`;
}

/** Names come from files: they cannot send a terminal control sequences or turn the direction of a line. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
}

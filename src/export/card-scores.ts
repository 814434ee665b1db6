import { markdownTable, markdownText } from "../study/report/markdown.js";
import { type ExportSet, rowsOf } from "./provenance.js";
import type { ReportedArm } from "./report-facts.js";
import type { RunData } from "./run-data.js";

function number(value: number | null | undefined): string {
  return value == null ? "–" : value.toFixed(2);
}

/** The arm of a run's report that a set is of, if the report is about as many texts. */
export function reportedArm({ report }: RunData, set: ExportSet): ReportedArm | undefined {
  return report?.arms.find(
    ({ configuration, kept }) => configuration === set.arm.configuration.name && kept === rowsOf(set).length,
  );
}

/** What the run's report says of the exported texts, as Markdown. */
export function scoresSection(data: RunData, sets: readonly ExportSet[]): string {
  const scored = sets.flatMap((set) => {
    const arm = reportedArm(data, set);
    return arm?.score ? [{ set, arm, score: arm.score }] : [];
  });
  if (data.report === undefined || scored.length === 0) return "The run has no scores of these texts.";
  const axes = ["success", "coherence", "diversity", "harmonic"] as const;
  const head = ["texts", "success", "coherence", "diversity", "harmonic mean", "test macro-F1"];
  const rows = scored.map(({ set, arm, score }) => [
    set.name === "default" ? "all" : set.name,
    ...axes.map((axis) => number(score[axis])),
    arm.classifier ? `${number(arm.classifier.mean)} ± ${number(arm.classifier.sd)}` : "–",
  ]);
  const cells = scored.flatMap(({ set, arm }) =>
    (arm.measures?.cells ?? []).map((cell) => [
      [
        ...(sets.length > 1 ? [set.name] : []),
        cell.language,
        ...(cell.label == null ? [] : [markdownText(cell.label)]),
      ].join(", "),
      ...axes.map((axis) => {
        const { value, low, high } = cell[axis];
        return low == null || high == null
          ? number(value)
          : `${number(value)} (${number(low)} to ${number(high)})`;
      }),
    ]),
  );
  const judges = [...new Set(scored.flatMap(({ arm }) => arm.measures?.judge ?? []))];
  return [
    "From 0 to 1, higher is better. Success: share of texts with the right language and label, as a check trained on held-out texts of people sees it; coherence and diversity: as Tiller measures them; test macro-F1: of classifiers trained on these texts, on texts of people.",
    ...(judges.length === 0 ? [] : [`Judge: ${judges.map(markdownText).join(", ")}.`]),
    "",
    markdownTable(head, rows, true),
    ...(cells.length === 0
      ? []
      : [
          "\nBy language and label, with 95 % intervals where there are any:\n",
          markdownTable(head.slice(0, 5), cells, true),
        ]),
    `\nThe verdict of the run: ${markdownText(data.report.verdict)}`,
  ].join("\n");
}

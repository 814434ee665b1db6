import { spreadText, type TrainedSet, trainedSets } from "./classifier-section.js";
import { markdownTable, markdownText } from "./markdown.js";
import { decimal, signed, whole } from "./number-text.js";
import { metricWords } from "./plain-words.js";
import type { RunReport } from "./run-report.js";

/** What classifiers make of each data set, as blocks of Markdown; empty where none were trained. */
export function classifierMarkdown(report: RunReport): string[] {
  const { comparisons, curves = [], trainer } = report;
  const all = trainedSets(report);
  if (all.length === 0) return [];
  const { term } = metricWords(all);
  return [
    ...(trainer === undefined ? [] : [`Trained: ${markdownText(trainer)}.`]),
    markdownTable(
      ["Trained on", "Macro-F1", "AUROC", "Accuracy", "Trainings", "Texts in the set"],
      all.map(({ title, texts, classifier }) => [
        markdownText(title),
        spreadText(classifier.macroF1 ?? (classifier.metric === "auroc" ? undefined : classifier)),
        spreadText(classifier.auroc),
        spreadText(classifier.accuracy),
        whole(classifier.values.length),
        whole(texts),
      ]),
      true,
    ),
    ...comparisons.map(({ sentence }) => markdownText(sentence)),
    ...(comparisons.length === 0
      ? []
      : [
          markdownTable(
            ["Compared", `Difference (${term})`, "95 % interval", "Verdict"],
            comparisons.map(({ arm, baseline, difference, low, high, verdict }) => [
              `${markdownText(arm)} − ${markdownText(baseline)}`,
              signed(difference, 3),
              `${signed(low, 3)} to ${signed(high, 3)}`,
              markdownText(verdict),
            ]),
            true,
          ),
        ]),
    ...curveBlocks(term, curves, all),
    ...all.flatMap(labelBlocks),
  ];
}

function curveBlocks(
  term: string,
  curves: NonNullable<RunReport["curves"]>,
  all: readonly TrainedSet[],
): string[] {
  const sizes = [...new Set(curves.flatMap(({ points }) => points.map(({ size }) => size)))];
  if (sizes.length === 0) return [];
  const title = (arm: string) => markdownText(all.find(({ name }) => name === arm)?.title ?? arm);
  return [
    `### Learning curves (${term})`,
    markdownTable(
      ["Training texts", ...curves.map(({ arm }) => title(arm))],
      sizes
        .sort((a, b) => a - b)
        .map((size) => [
          whole(size),
          ...curves.map(({ points }) => spreadText(points.find((point) => point.size === size))),
        ]),
      true,
    ),
  ];
}

function labelBlocks({
  title,
  classifier: { perLabel = [], confusion = [], calibration },
}: TrainedSet): string[] {
  if (perLabel.length === 0) return [];
  const labels = perLabel.map(({ label }) => markdownText(label));
  return [
    `### ${markdownText(title)}, label by label`,
    markdownTable(
      ["Label", "Precision", "Recall", "F1", "Test texts"],
      perLabel.map(({ precision, recall, f1, support }, at) => [
        labels[at]!,
        ...[precision, recall, f1].map((value) => decimal(value, 3)),
        whole(support),
      ]),
      true,
    ),
    ...(confusion.length !== labels.length
      ? []
      : [
          markdownTable(
            ["True label, and what it was taken for", ...labels],
            confusion.map((row, at) => [labels[at]!, ...row.map((count) => decimal(count, 1))]),
            true,
          ),
        ]),
    ...(calibration === undefined
      ? []
      : [
          `Expected calibration error ${decimal(calibration.calibrationError, 3)}, Brier score ${decimal(calibration.brier, 3)}, log-loss ${decimal(calibration.logLoss, 3)}.`,
        ]),
  ];
}

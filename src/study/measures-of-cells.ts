import type { Interval } from "../score/bootstrap.js";
import { type ScoreCard, type ScoreRequest, scoreTexts } from "../score/score.js";
import type { CellValue, ScoreCell } from "./report/run-report.js";

/**
 * The scores of a set for each language and label that was asked for, and for each language where there are several.
 */
export function scoreCells(
  request: ScoreRequest,
  { languages, labels }: { readonly languages: readonly string[]; readonly labels: readonly string[] },
): ScoreCell[] {
  const groups = languages.flatMap((language) => [
    ...(languages.length > 1 ? [{ language }] : []),
    ...labels.map((label) => ({ language, label })),
  ]);
  return groups.map((group) => ({ ...group, ...cellOf(scoreTexts(partOf(request, group))) }));
}

/** The texts of a language and label, with their log-probabilities. */
export function partOf(
  request: ScoreRequest,
  { language, label }: { readonly language: string; readonly label?: string },
): ScoreRequest {
  const { texts, logProbabilities = [], scoredIndices = texts.map((_, index) => index) } = request;
  const members = texts.flatMap((text, index) =>
    text.language === language && (label === undefined || text.label === label) ? [index] : [],
  );
  const place = new Map(members.map((index, at) => [index, at]));
  const scored = scoredIndices.flatMap((index, i) => {
    const at = place.get(index);
    return at === undefined ? [] : [{ at, value: logProbabilities[i]! }];
  });
  return {
    ...request,
    texts: members.map((index) => texts[index]!),
    ...(request.logProbabilities === undefined
      ? {}
      : {
          logProbabilities: scored.map(({ value }) => value),
          scoredIndices: scored.map(({ at }) => at),
        }),
  };
}

function cellOf(card: ScoreCard): Omit<ScoreCell, "language" | "label"> {
  const { texts, success, coherence, diversity, harmonic, harmonicInterval, meanWords } = card;
  const reason = texts === 0 ? "there are no texts" : undefined;
  return {
    texts,
    success: cellValue(success.value, success.interval, reason ?? "nothing could be checked"),
    coherence: cellValue(
      coherence.value,
      coherence.interval,
      reason ?? "no text has both a log-probability and a calibrated language",
    ),
    diversity: cellValue(
      diversity.value,
      diversity.interval,
      reason ?? "there is too little text of the cell, or of people, to measure it",
    ),
    harmonic: cellValue(harmonic, harmonicInterval, reason ?? "one of the three is not measured"),
    ...(meanWords === undefined ? {} : { meanWords }),
  };
}

function cellValue(value: number | undefined, interval: Interval | undefined, reason: string): CellValue {
  if (value === undefined) return { absent: reason };
  return { value, ...(interval ? { low: interval.low, high: interval.high } : {}) };
}

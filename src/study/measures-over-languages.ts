import type {
  ArmMeasures,
  MeasuredLanguage,
  ReportedMeasure,
  ReportedMeasures,
  ReportedValue,
} from "./report/run-report.js";

export type OverLanguages = Pick<ArmMeasures, "encoder" | "all" | "languages">;

interface Part {
  readonly language: string;
  readonly weight: number;
  readonly measures: ReportedMeasures;
}

/**
 * Measures over all languages: means of the languages' values, each with the weight of the set's texts, because
 * diversity does not compare between languages. Languages without a value are left out and named.
 */
export function overLanguages(found: ReadonlyMap<string, MeasuredLanguage>): OverLanguages {
  const written = [...found].filter(([, { set }]) => set.texts > 0);
  const parts = (written.length === 0 ? [...found] : written).map(
    ([language, { set, measures }]): Part => ({ language, weight: set.texts, measures }),
  );
  const names = [...new Set(parts.flatMap(({ measures }) => Object.keys(measures)))];
  const encoder = [...found.values()].find(({ embeddings }) => embeddings)?.embeddings?.encoder;
  return {
    ...(encoder === undefined ? {} : { encoder }),
    all: Object.fromEntries(names.map((name) => [name, combined(name, parts)])),
    languages: Object.fromEntries(found),
  };
}

function combined(name: string, parts: readonly Part[]): ReportedMeasure {
  const of = (value: (measure: ReportedMeasure) => ReportedValue): ReportedValue =>
    weightedMean(
      parts.flatMap(({ language, weight, measures }) => {
        const measure = measures[name];
        return measure === undefined ? [] : [{ language, weight, value: value(measure) }];
      }),
      name.startsWith("longestRun"),
    );
  const { value: atEqualSize } = of(({ atEqualSize: value }) => (value === undefined ? {} : { value }));
  return {
    set: of(({ set }) => set),
    ...(atEqualSize === undefined ? {} : { atEqualSize }),
    human: of(({ human }) => human),
    relative: of(({ relative }) => relative),
  };
}

/** @param largest the largest value in place of the mean, for what is the largest of any text. */
function weightedMean(
  parts: readonly { readonly language: string; readonly weight: number; readonly value: ReportedValue }[],
  largest: boolean,
): ReportedValue {
  const [only] = parts;
  if (parts.length === 1 && only) return only.value;
  const there = parts.filter(({ value }) => value.value !== undefined);
  if (there.length === 0) {
    const reasons = parts.flatMap(({ value }) => (value.absent === undefined ? [] : [value.absent]));
    return reasons.length === 0 ? {} : { absent: [...new Set(reasons)].join("; ") };
  }
  const weights = there.reduce((sum, { weight }) => sum + weight, 0);
  const without = parts.filter((part) => !there.includes(part)).map(({ language }) => language);
  const missing = without.length === 0 ? {} : { without };
  if (largest) return { value: Math.max(...there.map(({ value }) => value.value!)), ...missing };
  const value = there.reduce((sum, part) => sum + part.weight * part.value.value!, 0) / weights;
  const errors = there.map((part) => part.weight * (part.value.standardError ?? 0));
  return {
    value,
    ...(there.some((part) => part.value.standardError !== undefined)
      ? { standardError: Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0)) / weights }
      : {}),
    ...missing,
  };
}

/** Precision, recall and F1 of one class; 0 where the quotient has no denominator (scikit-learn's zero_division=0). */
export interface ClassScore {
  readonly label: string;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** How many texts truly have the label. */
  readonly support: number;
}

export interface ConfusionMatrix {
  /** In rising order of UTF-16 units, unless labels were given. */
  readonly labels: readonly string[];
  /** `[true label][predicted label]` */
  readonly counts: readonly Int32Array[];
}

export interface ClassificationScores {
  readonly accuracy: number;
  /** Unweighted mean of the classes' F1. */
  readonly macroF1: number;
  readonly perClass: readonly ClassScore[];
  readonly confusion: ConfusionMatrix;
}

/**
 * Counts true against predicted labels. `labels` fixes the classes and their order; left out, they are all that
 * occur among the true or the predicted labels, as in scikit-learn.
 *
 * @throws RangeError when the two lists differ in length, or hold a label that is not among `labels`.
 */
export function confusionMatrix(
  truth: readonly string[],
  predicted: readonly string[],
  labels?: readonly string[],
): ConfusionMatrix {
  if (truth.length !== predicted.length) {
    throw new RangeError(`${truth.length} true labels and ${predicted.length} predicted labels.`);
  }
  const classes = labels ?? [...new Set([...truth, ...predicted])].sort();
  const numbers = new Map(classes.map((label, number) => [label, number]));
  const numberOf = (label: string): number => {
    const number = numbers.get(label);
    if (number === undefined) {
      throw new RangeError(`Label "${label}" is not among ${classes.join(", ")}.`);
    }
    return number;
  };
  const counts = classes.map(() => new Int32Array(classes.length));
  truth.forEach((label, i) => {
    counts[numberOf(label)]![numberOf(predicted[i]!)]!++;
  });
  return { labels: classes, counts };
}

/**
 * Accuracy, macro-F1 and each class's scores. The classes are those of {@link confusionMatrix}: a label that is
 * never true but was predicted counts with an F1 of 0. All is 0 for no texts.
 */
export function classificationScores(
  truth: readonly string[],
  predicted: readonly string[],
  labels?: readonly string[],
): ClassificationScores {
  const confusion = confusionMatrix(truth, predicted, labels);
  let correct = 0;
  const perClass = confusion.labels.map((label, k): ClassScore => {
    const truePositives = confusion.counts[k]![k]!;
    const support = confusion.counts[k]!.reduce((sum, count) => sum + count, 0);
    const predictions = confusion.counts.reduce((sum, row) => sum + row[k]!, 0);
    correct += truePositives;
    return {
      label,
      precision: predictions === 0 ? 0 : truePositives / predictions,
      recall: support === 0 ? 0 : truePositives / support,
      f1: f1OfCounts(truePositives, support, predictions),
      support,
    };
  });
  return {
    accuracy: truth.length === 0 ? 0 : correct / truth.length,
    macroF1: perClass.reduce((sum, { f1 }) => sum + f1, 0) / Math.max(1, perClass.length),
    perClass,
    confusion,
  };
}

/** Share of texts whose predicted label is the true one. */
export function accuracy(truth: readonly string[], predicted: readonly string[]): number {
  return classificationScores(truth, predicted).accuracy;
}

/** Unweighted mean of the classes' F1; see {@link classificationScores} for which classes count. */
export function macroF1(
  truth: readonly string[],
  predicted: readonly string[],
  labels?: readonly string[],
): number {
  return classificationScores(truth, predicted, labels).macroF1;
}

/** 2 TP / (true + predicted): the harmonic mean of precision and recall; 0 when the class never occurs. */
export function f1OfCounts(truePositives: number, support: number, predictions: number): number {
  return support + predictions === 0 ? 0 : (2 * truePositives) / (support + predictions);
}

import { z } from "zod";
import { RecipeError, StoreError } from "../errors.js";
import {
  fitNgramFeatures,
  type NgramFeatureOptions,
  type NgramFeatures,
  transformTexts,
} from "./features.js";
import {
  argmax,
  type LogisticRegression,
  type LogisticRegressionOptions,
  predictProbabilities,
  trainLogisticRegression,
} from "./logistic-regression.js";

/** A text and its class. */
export interface LabelledText {
  readonly text: string;
  readonly label: string;
}

/** How a text classifier is made: which n-grams, and how the logistic regression on them is trained. */
export interface TextClassifierOptions extends LogisticRegressionOptions {
  /** As in {@link LogisticRegressionOptions}, but true by default: macro-F1 gives every class the same weight. */
  readonly balanced?: boolean | undefined;
  readonly features?: NgramFeatureOptions | undefined;
}

export interface TextClassifier {
  /** In rising order of UTF-16 units. */
  readonly labels: readonly string[];
  /** The most probable label of each text. */
  predict(texts: readonly string[]): string[];
  /** `[texts][labels]` */
  probabilities(texts: readonly string[]): Float64Array[];
  /** Everything that {@link loadTextClassifier} needs, as JSON data. */
  toJSON(): TextClassifierFile;
}

const FORMAT = "tiller-text-classifier/1";

const rangeSchema = z.strictObject({ minimum: z.int().min(1), maximum: z.int().min(1) });

const fileSchema = z.strictObject({
  format: z.literal(FORMAT),
  labels: z.array(z.string()).min(2),
  documents: z.int().min(1),
  vocabularies: z.array(
    z.strictObject({
      kind: z.enum(["word", "character"]),
      range: rangeSchema,
      terms: z.array(z.string()),
      documentFrequencies: z.array(z.int().min(1)),
    }),
  ),
  /** Base64 of little-endian 32-bit floats, `[features][labels]`. */
  weights: z.string(),
  intercepts: z.array(z.number()),
});

/** A stored classifier, as JSON data. */
export type TextClassifierFile = z.output<typeof fileSchema>;

/**
 * Trains logistic regression on n-gram features. Weights are rounded to 32 bits, so that a stored and loaded
 * classifier gives the same probabilities to the last bit.
 *
 * @throws RecipeError for fewer than two labels, or impossible options.
 */
export function trainTextClassifier(
  rows: readonly LabelledText[],
  options: TextClassifierOptions = {},
): TextClassifier {
  const labels = [...new Set(rows.map(({ label }) => label))].sort();
  if (labels.length < 2) {
    throw new RecipeError(
      `A classifier needs texts of two labels or more; ${
        labels.length === 0 ? "there is no text" : `all ${rows.length} texts have the label "${labels[0]}"`
      }.`,
    );
  }
  const numbers = new Map(labels.map((label, number) => [label, number]));
  const texts = rows.map(({ text }) => text);
  const features = fitNgramFeatures(texts, options.features);
  const trained = trainLogisticRegression(
    transformTexts(features, texts),
    Int32Array.from(rows, ({ label }) => numbers.get(label)!),
    labels.length,
    { ...options, balanced: options.balanced ?? true },
  );
  return classifier(labels, features, { ...trained, weights: Float32Array.from(trained.weights) });
}

/**
 * The classifier that `toJSON` wrote.
 *
 * @throws StoreError when `json` is not one.
 */
export function loadTextClassifier(json: unknown): TextClassifier {
  const parsed = fileSchema.safeParse(json);
  if (!parsed.success) throw damaged(z.prettifyError(parsed.error));
  const file = parsed.data;
  for (const { kind, terms, documentFrequencies } of file.vocabularies) {
    if (terms.length !== documentFrequencies.length) {
      throw damaged(`${terms.length} ${kind} terms have ${documentFrequencies.length} document frequencies`);
    }
    if (terms.some((term, i) => i > 0 && terms[i - 1]! >= term)) {
      throw damaged(`its ${kind} terms are not in order`);
    }
  }
  const features: NgramFeatures = {
    documents: file.documents,
    vocabularies: file.vocabularies.map((vocabulary) => ({
      ...vocabulary,
      documentFrequencies: Int32Array.from(vocabulary.documentFrequencies),
    })),
  };
  const columns = file.vocabularies.reduce((sum, { terms }) => sum + terms.length, 0);
  const weights = floatsFromBase64(file.weights);
  const classes = file.labels.length;
  if (weights.length !== columns * classes || file.intercepts.length !== classes) {
    throw damaged(
      `it has ${weights.length} weights and ${file.intercepts.length} intercepts for ${columns} features and ${classes} labels`,
    );
  }
  return classifier(file.labels, features, {
    classes,
    features: columns,
    weights,
    intercepts: Float64Array.from(file.intercepts),
  });
}

function damaged(reason: string): StoreError {
  return new StoreError(`This is not a text classifier of the format ${FORMAT}: ${reason}. Train it again.`);
}

function classifier(
  labels: readonly string[],
  features: NgramFeatures,
  model: LogisticRegression,
): TextClassifier {
  const probabilities = (texts: readonly string[]) =>
    predictProbabilities(model, transformTexts(features, texts));
  return {
    labels,
    probabilities,
    predict: (texts) => probabilities(texts).map((row) => labels[argmax(row)]!),
    toJSON: () => ({
      format: FORMAT,
      labels: [...labels],
      documents: features.documents,
      vocabularies: features.vocabularies.map(({ kind, range, terms, documentFrequencies }) => ({
        kind,
        range: { ...range },
        terms: [...terms],
        documentFrequencies: [...documentFrequencies],
      })),
      weights: base64FromFloats(model.weights),
      intercepts: [...model.intercepts],
    }),
  };
}

function base64FromFloats(values: Float64Array | Float32Array): string {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => {
    bytes.writeFloatLE(value, i * 4);
  });
  return bytes.toString("base64");
}

function floatsFromBase64(base64: string): Float32Array {
  const bytes = Buffer.from(base64, "base64");
  return Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => bytes.readFloatLE(i * 4));
}

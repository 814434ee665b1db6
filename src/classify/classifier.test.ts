import { expect, test } from "vitest";
import { RecipeError, StoreError } from "../errors.js";
import { loadTextClassifier, trainTextClassifier } from "./classifier.js";
import { trainLogisticRegression } from "./logistic-regression.js";
import { sparseFromDense } from "./sparse-matrix.js";

const rows = [
  { text: "wonderful warm soup", label: "praise" },
  { text: "a wonderful evening", label: "praise" },
  { text: "ቆንጆ ምግብ ነው", label: "praise" },
  { text: "dirty cold room", label: "complaint" },
  { text: "a dirty kitchen", label: "complaint" },
  { text: "ቆሻሻ ክፍል ነው", label: "complaint" },
];
const unseen = ["wonderful kitchen, wonderful soup", "dirty evening", "ቆሻሻ ምግብ", ""];

test("learns from texts in two scripts", () => {
  const classifier = trainTextClassifier(rows, { C: 100 });
  expect(classifier.labels).toEqual(["complaint", "praise"]);
  expect(classifier.predict(rows.map(({ text }) => text))).toEqual(rows.map(({ label }) => label));
  expect(classifier.predict(unseen.slice(0, 2))).toEqual(["praise", "complaint"]);
  for (const probabilities of classifier.probabilities(unseen)) {
    expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 12);
  }
});

test("a stored and loaded classifier gives the same probabilities to the last bit", () => {
  const classifier = trainTextClassifier(rows, { features: { maxFeatures: 50 } });
  const loaded = loadTextClassifier(JSON.parse(JSON.stringify(classifier)));
  expect(loaded.labels).toEqual(classifier.labels);
  expect(loaded.probabilities(unseen)).toEqual(classifier.probabilities(unseen));
  expect(JSON.stringify(loaded)).toBe(JSON.stringify(classifier));
});

test("training is balanced unless told otherwise", () => {
  const many = [...rows, ...Array.from({ length: 12 }, () => ({ text: "the room", label: "complaint" }))];
  const praise = (balanced?: boolean) => trainTextClassifier(many, { balanced }).probabilities([""])[0]![1]!;
  expect(praise()).toBe(praise(true));
  expect(praise(false)).toBeLessThan(praise(true));
});

test("needs two labels", () => {
  expect(() => trainTextClassifier(rows.slice(0, 3))).toThrow(/all 3 texts have the label "praise"/);
  expect(() => trainTextClassifier([])).toThrow(RecipeError);
});

test("refuses a file that is not a classifier, or is damaged", () => {
  expect(() => loadTextClassifier({ format: "other" })).toThrow(StoreError);
  const file = trainTextClassifier(rows).toJSON();
  const damage = (change: Partial<typeof file>) => () => loadTextClassifier({ ...file, ...change });
  expect(damage({ weights: file.weights.slice(8) })).toThrow(/weights .* features and 2 labels/);
  const [word, character] = file.vocabularies;
  expect(damage({ vocabularies: [{ ...word!, terms: word!.terms.toReversed() }, character!] })).toThrow(
    /word terms are not in order/,
  );
  expect(damage({ vocabularies: [{ ...word!, documentFrequencies: [1] }, character!] })).toThrow(
    /document frequencies/,
  );
});

test("logistic regression refuses classes without texts and a C that is not above 0", () => {
  const X = sparseFromDense([[1], [2]]);
  expect(() => trainLogisticRegression(X, Int32Array.of(0, 2), 3)).toThrow(/Class 1 of 3/);
  expect(() => trainLogisticRegression(X, Int32Array.of(0, 1), 2, { C: 0 })).toThrow(/C must be/);
  expect(() => trainLogisticRegression(X, Int32Array.of(0, 0), 1)).toThrow(/two classes/);
});

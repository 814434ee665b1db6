import { expect, test } from "vitest";
import { accuracy, classificationScores, confusionMatrix, macroF1 } from "./metrics.js";

/*
from sklearn.metrics import *
t = "a a a a b b b c c d".split(); p = "a a b e b b a a c a".split()
print(confusion_matrix(t, p).tolist(), accuracy_score(t, p), f1_score(t, p, average="macro", zero_division=0))
print(precision_recall_fscore_support(t, p, zero_division=0))
*/
const truth = "a a a a b b b c c d".split(" ");
const predicted = "a a b e b b a a c a".split(" ");

test("scores equal scikit-learn's, with a class that is never predicted and one that is never true", () => {
  const scores = classificationScores(truth, predicted);
  expect(scores.confusion.labels).toEqual(["a", "b", "c", "d", "e"]);
  expect(scores.confusion.counts.map((row) => [...row])).toEqual([
    [2, 1, 0, 0, 1],
    [1, 2, 0, 0, 0],
    [1, 0, 1, 0, 0],
    [1, 0, 0, 0, 0],
    [0, 0, 0, 0, 0],
  ]);
  expect(scores.accuracy).toBe(0.5);
  expect(scores.macroF1).toBeCloseTo(0.3555555555555555, 12);
  const column = (key: "precision" | "recall" | "f1" | "support") => scores.perClass.map((row) => row[key]);
  expect(column("precision")).toEqual([0.4, 2 / 3, 1, 0, 0]);
  expect(column("recall")).toEqual([0.5, 2 / 3, 0.5, 0, 0]);
  for (const [i, f1] of [0.44444444, 0.66666667, 0.66666667, 0, 0].entries()) {
    expect(column("f1")[i]).toBeCloseTo(f1, 7);
  }
  expect(column("support")).toEqual([4, 3, 2, 1, 0]);
  expect(accuracy(truth, predicted)).toBe(0.5);
  expect(macroF1(truth, predicted)).toBe(scores.macroF1);
});

test("given labels fix the classes and their order", () => {
  const matrix = confusionMatrix(["x"], ["y"], ["y", "z", "x"]);
  expect(matrix.counts.map((row) => [...row])).toEqual([
    [0, 0, 0],
    [0, 0, 0],
    [1, 0, 0],
  ]);
});

test("refuses lists of different length and unknown labels", () => {
  expect(() => confusionMatrix(["a"], [])).toThrow(/1 true labels and 0 predicted/);
  expect(() => confusionMatrix(["a"], ["b"], ["a"])).toThrow(/"b" is not among a/);
});

/**
 * Trains the text classifier on train.jsonl and tests it on test.jsonl (fields `text` and `label`) of one or more
 * folders taken together, and does the same with scikit-learn where Python has it:
 *
 *     npx tsx bench/classifier.ts DATA_FOLDER...     # PYTHON=path/to/python to choose one
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { type LabelledText, trainTextClassifier } from "../src/classify/classifier.js";
import { classificationScores } from "../src/classify/metrics.js";

const REFERENCE = `
import json, sys, time
try:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score, f1_score
    from sklearn.pipeline import make_pipeline, make_union
except ImportError:
    sys.exit(3)
train, test = json.load(sys.stdin)
texts = lambda rows: [row["text"] for row in rows]
labels = lambda rows: [row["label"] for row in rows]
start = time.perf_counter()
model = make_pipeline(
    make_union(
        TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\\b\\w+\\b", sublinear_tf=True, max_features=30000),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True, max_features=30000),
    ),
    LogisticRegression(class_weight="balanced", max_iter=1000),
).fit(texts(train), labels(train))
trained = time.perf_counter()
predicted = model.predict(texts(test))
print(json.dumps({
    "macroF1": f1_score(labels(test), predicted, average="macro", zero_division=0),
    "accuracy": accuracy_score(labels(test), predicted),
    "trainSeconds": trained - start,
    "predictSeconds": time.perf_counter() - trained,
}))
`;

interface Outcome {
  readonly macroF1: number;
  readonly accuracy: number;
  readonly trainSeconds: number;
  readonly predictSeconds: number;
}

function read(folder: string, file: string): LabelledText[] {
  const lines = readFileSync(join(folder, file), "utf8").split("\n");
  return lines.filter((line) => line.trim() !== "").map((line) => JSON.parse(line) as LabelledText);
}

function own(train: readonly LabelledText[], test: readonly LabelledText[]): Outcome {
  const start = performance.now();
  const classifier = trainTextClassifier(train);
  const trained = performance.now();
  const predicted = classifier.predict(test.map(({ text }) => text));
  const end = performance.now();
  const { macroF1, accuracy } = classificationScores(
    test.map(({ label }) => label),
    predicted,
  );
  return {
    macroF1,
    accuracy,
    trainSeconds: (trained - start) / 1000,
    predictSeconds: (end - trained) / 1000,
  };
}

function reference(train: readonly LabelledText[], test: readonly LabelledText[]): Outcome | string {
  const python = process.env.PYTHON ?? "python3";
  const result = spawnSync(python, ["-c", REFERENCE], {
    input: JSON.stringify([train, test]),
    encoding: "utf8",
  });
  if (result.error) return `${python} did not start`;
  if (result.status === 3) return `${python} has no scikit-learn`;
  if (result.status !== 0) return `${python} failed: ${result.stderr.trim().split("\n").at(-1)}`;
  return JSON.parse(result.stdout) as Outcome;
}

function print(name: string, outcome: Outcome | string): void {
  if (typeof outcome === "string") {
    console.log(`${name}: not run, ${outcome}`);
    return;
  }
  const { macroF1, accuracy, trainSeconds, predictSeconds } = outcome;
  console.log(
    `${name}: macro-F1 ${macroF1.toFixed(4)}, accuracy ${accuracy.toFixed(4)}, ` +
      `trained in ${trainSeconds.toFixed(1)} s, predicted in ${predictSeconds.toFixed(1)} s`,
  );
}

const folders = process.argv.slice(2);
if (folders.length === 0) {
  console.error("Usage: npx tsx bench/classifier.ts DATA_FOLDER...");
  process.exitCode = 2;
} else {
  const train = folders.flatMap((folder) => read(folder, "train.jsonl"));
  const test = folders.flatMap((folder) => read(folder, "test.jsonl"));
  console.log(`${train.length} training texts, ${test.length} test texts`);
  print("Tiller", own(train, test));
  print("scikit-learn", reference(train, test));
}

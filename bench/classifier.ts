/**
 * Trains the text classifier on train.jsonl and tests it on test.jsonl (fields `text` and `label`) of one or more
 * folders taken together. Where Python has scikit-learn, it does the same: once on the very same features, and once
 * from the texts on scikit-learn's own, whose words differ and whose cap goes by frequency.
 *
 *     npx tsx bench/classifier.ts DATA_FOLDER...     # PYTHON=path/to/python to choose one
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { type LabelledText, trainTextClassifier } from "../src/classify/classifier.js";
import { fitNgramFeatures, transformTexts } from "../src/classify/features.js";
import { classificationScores } from "../src/classify/metrics.js";
import type { SparseMatrix } from "../src/classify/sparse-matrix.js";

const REFERENCE = `
import json, sys, time
try:
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score, f1_score
    from sklearn.pipeline import make_pipeline, make_union
except ImportError:
    sys.exit(3)
given = json.load(sys.stdin)
train, test = given["train"], given["test"]
texts = lambda rows: [row["text"] for row in rows]
labels = lambda rows: [row["label"] for row in rows]
matrix = lambda m: csr_matrix((m["values"], m["columnIndices"], m["rowOffsets"]), shape=(m["rows"], m["columns"]))
regression = lambda: LogisticRegression(class_weight="balanced", max_iter=1000)
own = make_pipeline(
    make_union(
        TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\\b\\w+\\b", sublinear_tf=True, max_features=30000),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4), sublinear_tf=True, max_features=30000),
    ),
    regression(),
)
def run(model, X, T):
    start = time.perf_counter()
    model.fit(X, labels(train))
    trained = time.perf_counter()
    predicted = model.predict(T)
    return {
        "macroF1": f1_score(labels(test), predicted, average="macro", zero_division=0),
        "accuracy": accuracy_score(labels(test), predicted),
        "trainSeconds": trained - start,
        "predictSeconds": time.perf_counter() - trained,
    }
print(json.dumps([
    run(regression(), matrix(given["X"]), matrix(given["T"])),
    run(own, texts(train), texts(test)),
]))
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

const textsOf = (rows: readonly LabelledText[]) => rows.map(({ text }) => text);

function own(train: readonly LabelledText[], test: readonly LabelledText[]): Outcome {
  const start = performance.now();
  const classifier = trainTextClassifier(train);
  const trained = performance.now();
  const predicted = classifier.predict(textsOf(test));
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

/** The outcomes on the same features and from the texts, or why there are none. */
function reference(
  train: readonly LabelledText[],
  test: readonly LabelledText[],
): readonly [Outcome, Outcome] | string {
  const features = fitNgramFeatures(textsOf(train));
  const plain = (matrix: SparseMatrix) => ({
    ...matrix,
    rowOffsets: [...matrix.rowOffsets],
    columnIndices: [...matrix.columnIndices],
    values: [...matrix.values],
  });
  const X = plain(transformTexts(features, textsOf(train)));
  const T = plain(transformTexts(features, textsOf(test)));
  const python = process.env.PYTHON ?? "python3";
  const result = spawnSync(python, ["-c", REFERENCE], {
    input: JSON.stringify({ train, test, X, T }),
    encoding: "utf8",
  });
  if (result.status === 3) return `${python} has no scikit-learn`;
  if (result.status === 0) return JSON.parse(result.stdout) as [Outcome, Outcome];
  return `${python} failed: ${result.error?.message ?? result.stderr.trim().split("\n").at(-1)}`;
}

function print(name: string, { macroF1, accuracy, trainSeconds, predictSeconds }: Outcome): void {
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
  const outcomes = reference(train, test);
  if (typeof outcomes === "string") {
    console.log(`scikit-learn: not run, ${outcomes}`);
  } else {
    print("scikit-learn's regression on Tiller's features", outcomes[0]);
    print("scikit-learn from the texts", outcomes[1]);
  }
}

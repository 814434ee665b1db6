import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { embeddingTrainer } from "../src/classify/embedding-trainer.js";
import { compareArms, type TrainedArm } from "../src/classify/evaluate-arms.js";
import { fitNgramFeatures, transformTexts } from "../src/classify/features.js";
import { argmax } from "../src/classify/logistic-regression.js";
import { classificationScores } from "../src/classify/metrics.js";
import { ngramTrainer } from "../src/classify/ngram-trainer.js";
import type { SparseMatrix } from "../src/classify/sparse-matrix.js";
import type { TextTrainer } from "../src/classify/trainer.js";
import { encodeTexts } from "../src/encode/encode-texts.js";
import type { Encoder } from "../src/encode/encoder.js";
import { openEncoder } from "../src/encode/open-encoder.js";

/** scikit-learn on the very features that Tiller's classifiers have. */
const REFERENCE = `
import json, sys
try:
    import numpy as np
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
except ImportError:
    sys.exit(3)
given = json.load(sys.stdin)
sparse = lambda m: csr_matrix((m["values"], m["columnIndices"], m["rowOffsets"]), shape=(m["rows"], m["columns"]))
def score(model, X, T):
    model.fit(X, given["y"])
    return f1_score(given["t"], model.predict(T), average="macro", zero_division=0)
regression = lambda: LogisticRegression(max_iter=2000)
print(json.dumps([
    score(regression(), sparse(given["X"]), sparse(given["T"])),
    score(make_pipeline(StandardScaler(), regression()), np.array(given["E"]), np.array(given["F"])),
]))
`;
const LANGUAGES = ["en", "de", "id", "sw", "am", "th", "ka", "yo"];
const PER_LABEL = [5, 10, 20, 40, 60];
const SEEDS = 5;

interface Row {
  readonly text: string;
  readonly label: string;
}

function read(file: string): Row[] {
  return readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
}

const textsOf = (rows: readonly Row[]) => rows.map(({ text }) => text);
const labelsOf = (rows: readonly Row[]) => rows.map(({ label }) => label);

/** Macro-F1 on the test of a classifier trained on all training texts. */
async function scoreOf(trainer: TextTrainer, train: readonly Row[], test: readonly Row[]): Promise<number> {
  const labels = [...new Set(labelsOf(train))].sort();
  const texts = await trainer.prepare([...textsOf(train), ...textsOf(test)]);
  const rows = Int32Array.from(train.keys());
  const y = Int32Array.from(train, ({ label }) => labels.indexOf(label));
  const model = await texts.train(rows, y, { classes: labels.length, seed: 1 });
  const found = await model.probabilities(Int32Array.from(test.keys(), (i) => train.length + i));
  const predicted = found.map((row) => labels[argmax(row)]!);
  return classificationScores(labelsOf(test), predicted).macroF1;
}

/** scikit-learn's macro-F1 on the n-gram features and on the embeddings, or why there is none. */
async function reference(
  train: readonly Row[],
  test: readonly Row[],
  encoder: Encoder,
): Promise<[number, number] | string> {
  const features = fitNgramFeatures(textsOf(train));
  const plain = (matrix: SparseMatrix) => ({
    ...matrix,
    rowOffsets: [...matrix.rowOffsets],
    columnIndices: [...matrix.columnIndices],
    values: [...matrix.values],
  });
  const dense = async (rows: readonly Row[]) => {
    const { columns, values } = await encodeTexts(encoder, textsOf(rows));
    return rows.map((_, i) => [...values.subarray(i * columns, (i + 1) * columns)]);
  };
  const python = process.env.PYTHON ?? "python3";
  const result = spawnSync(python, ["-c", REFERENCE], {
    input: JSON.stringify({
      y: labelsOf(train),
      t: labelsOf(test),
      X: plain(transformTexts(features, textsOf(train))),
      T: plain(transformTexts(features, textsOf(test))),
      E: await dense(train),
      F: await dense(test),
    }),
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  if (result.status === 3) return `${python} has no scikit-learn`;
  if (result.status === 0) return JSON.parse(result.stdout) as [number, number];
  return `${python} failed: ${result.error?.message ?? result.stderr.trim().split("\n").at(-1)}`;
}

/** Mean macro-F1 on the test for sizes of class-balanced draws, over seeds. */
async function curve(trainer: TextTrainer, train: readonly Row[], test: readonly Row[], language: string) {
  const labelled = (rows: readonly Row[]) => rows.map((row) => ({ ...row, language }));
  const points: number[] = [];
  for (const perLabel of PER_LABEL) {
    const { arms } = await compareArms({
      arms: [{ name: "human", rows: labelled(train) }],
      test: labelled(test),
      seeds: SEEDS,
      seed: 1,
      baselines: [],
      trainer,
      perLabel,
    });
    points.push((arms[0] as TrainedArm).macroF1.mean);
  }
  return points;
}

/**
 * Classifiers on the human topics of SIB-200, all 701 training sentences against 204 test sentences: macro-F1 in per
 * cent, and scikit-learn's on the very same features. Then learning curves, over balanced draws.
 *
 * `PYTHON` names a Python with scikit-learn, `ENCODER` an encoder as a recipe would (default `ngrams`, which has no
 * weights).
 */
export async function* classifierTable(data: string): AsyncGenerator<string> {
  await using encoder = await openEncoder(process.env.ENCODER ?? "ngrams");
  const trainers = [
    ngramTrainer(),
    embeddingTrainer(encoder),
    embeddingTrainer(encoder, { head: "hidden-layer" }),
  ];
  yield trainers.map(({ name }, i) => `${"ABC"[i]}: ${name}`).join("; ");
  yield `lang        A  sklearn        B  sklearn        C`;
  const sets = LANGUAGES.map((language) => {
    const file = (part: string) => join(data, "topic-sib200", language, `${part}.jsonl`);
    return { language, train: read(file("train")), test: read(file("test")) };
  });
  for (const { language, train, test } of sets) {
    const own: number[] = [];
    for (const trainer of trainers) own.push(await scoreOf(trainer, train, test));
    const found = await reference(train, test, encoder);
    const other = typeof found === "string" ? ["–", "–"] : found.map(percent);
    const cells = [percent(own[0]!), other[0]!, percent(own[1]!), other[1]!, percent(own[2]!)];
    yield `${language.padEnd(4)}${cells.map((cell) => cell.padStart(9)).join("")}${typeof found === "string" ? `  ${found}` : ""}`;
  }
  yield "";
  yield `texts${PER_LABEL.map((count) => String(7 * count).padStart(9)).join("")}`;
  for (const { language, train, test } of sets) {
    for (const [i, trainer] of trainers.slice(0, 2).entries()) {
      const points = await curve(trainer, train, test, language);
      yield `${language} ${"AB"[i]} ${points.map((value) => percent(value).padStart(9)).join("")}  ${points.map(bar).join("")}`;
    }
  }
}

const percent = (share: number) => (100 * share).toFixed(1);
/** A share as a block from empty to full. */
const bar = (share: number) => "▁▂▃▄▅▆▇█"[Math.min(7, Math.floor(8 * share))]!;

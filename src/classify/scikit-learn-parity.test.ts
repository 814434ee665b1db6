import { expect, test } from "vitest";
import { fitNgramFeatures, type NgramFeatures, transformTexts } from "./features.js";
import { predictProbabilities, trainLogisticRegression } from "./logistic-regression.js";
import { denseFromSparse, type SparseMatrix, sparseFromDense } from "./sparse-matrix.js";

/*
Expected values: python -m pip install scikit-learn==1.9.1 regex, then this script on ROWS and TEST below
(Python tuples of label and text; Python strings).

import unicodedata, numpy as np, regex, scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
norm = lambda t: unicodedata.normalize("NFC", unicodedata.normalize("NFC", t).lower())
def words(t):
    w = regex.findall(r"[\p{L}\p{M}\p{N}]+", norm(t))
    return w + [" ".join(p) for p in zip(w, w[1:])]
def chars(t):  # what analyzer="char_wb", ngram_range=(1, 4) does, checked equal to it
    out = []
    for token in norm(t).split():
        g = [" ", *token, " "]
        for n in range(1, 5):
            out += ["".join(g[i:i + n]) for i in range(max(1, len(g) - n + 1))]
            if n >= len(g): break
    return out
train = [t for _, t in ROWS]; y = [l for l, _ in ROWS]
vs = [TfidfVectorizer(analyzer=a, sublinear_tf=True) for a in (words, chars)]
X = sp.hstack([v.fit_transform(train) for v in vs]).tocsr()
T = sp.hstack([v.transform(TEST) for v in vs]).tocsr()
k = len(vs[0].vocabulary_)
column = lambda block, term: vs[block].vocabulary_[term] + block * k
print([len(v.vocabulary_) for v in vs])
for M in (X, T): print(M[:, :k].sum(1).ravel().round(6), M[:, k:].sum(1).ravel().round(6))
print(X[5, column(0, "dirty")], ...)  # VALUES
for C, cw in ((1, None), (10, "balanced")):
    m = LogisticRegression(C=C, class_weight=cw, tol=1e-10, max_iter=100000).fit(X, y)
    print(m.intercept_, m.predict_proba(T), m.coef_[:, column(0, "dirty")], np.linalg.norm(m.coef_))
keep = [i for i, l in enumerate(y) if l != "question"]
m = LogisticRegression(C=2, tol=1e-10, max_iter=100000).fit(X[keep], [y[i] for i in keep])
print(m.intercept_, m.predict_proba(T), np.linalg.norm(m.coef_))
*/

const ROWS: readonly (readonly [string, string])[] = [
  ["praise", "The soup was warm and the bread was wonderful"],
  ["praise", "Wonderful staff, warm rooms, we will come again"],
  ["praise", "यह किताब बहुत सुंदर है और कहानी भी सुंदर है"],
  ["praise", "ምግቡ በጣም ጥሩ ነው፣ አገልግሎቱም ጥሩ ነበር"],
  ["praise", "ይህ መጽሐፍ በጣም ቆንጆ ነው"],
  ["complaint", "The soup was cold and the room was dirty, dirty, dirty"],
  ["complaint", "Never again: the staff was rude"],
  ["complaint", "यह कमरा बहुत गंदा है और खाना ठंडा था"],
  ["complaint", "ምግቡ ቀዝቃዛ ነበር፣ ክፍሉም ቆሻሻ ነው"],
  ["question", "When does the kitchen open, and is the soup warm?"],
  ["question", "यह किताब कितने की है?"],
  ["question", "ክፍሉ ስንት ነው? መቼ ነው የሚከፈተው?"],
];
const TEST = ["The room was cold and rude staff came", "कहानी बहुत सुंदर है", "መጽሐፉ ስንት ነው?"];
const LABELS = ["complaint", "praise", "question"];

const texts = ROWS.map(([, text]) => text);
const y = Int32Array.from(ROWS, ([label]) => LABELS.indexOf(label));
const features = fitNgramFeatures(texts);
const X = transformTexts(features, texts);
const T = transformTexts(features, TEST);
const wordColumns = features.vocabularies[0]!.terms.length;

function column(fitted: NgramFeatures, block: 0 | 1, term: string): number {
  const place = fitted.vocabularies[block]!.terms.indexOf(term);
  if (place < 0) throw new Error(`no term "${term}"`);
  return block * wordColumns + place;
}

function blockSums(matrix: SparseMatrix): [number[], number[]] {
  const dense = denseFromSparse(matrix);
  const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);
  return [
    dense.map((row) => sum(row.subarray(0, wordColumns))),
    dense.map((row) => sum(row.subarray(wordColumns))),
  ];
}

function expectClose(actual: ArrayLike<number>, expected: readonly number[], digits = 6): void {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => {
    expect(actual[i]).toBeCloseTo(value, digits - 1);
  });
}

test("tf-idf features equal scikit-learn's", () => {
  expect(features.vocabularies.map(({ terms }) => terms.length)).toEqual([126, 679]);
  const [trainWords, trainCharacters] = blockSums(X);
  expectClose(
    trainWords,
    [
      3.824348, 3.860522, 3.872803, 3.374305, 2.981985, 3.808342, 3.292949, 4.105894, 3.298424, 4.214521,
      2.98198, 3.159054,
    ],
  );
  expectClose(
    trainCharacters,
    [
      9.952029, 11.192722, 9.370156, 8.560456, 7.48982, 9.434221, 9.471733, 9.691478, 8.674918, 10.603382,
      7.336981, 8.318173,
    ],
  );
  const [testWords, testCharacters] = blockSums(T);
  expectClose(testWords, [3.288595, 2.437057, 1.708027]);
  expectClose(testCharacters, [9.399701, 7.781738, 5.781746]);
});

test.each([
  [5, 0, "dirty", 0.464052],
  [5, 0, "dirty dirty", 0.374394],
  [5, 0, "the", 0.254938],
  [5, 1, " th", 0.091972],
  [2, 0, "सुंदर", 0.392097],
  [2, 1, "सुं", 0.145626],
  [2, 1, " है ", 0.125065],
  [3, 1, "ጥሩ ", 0.179019],
  [11, 0, "ስንት ነው", 0.311147],
] as const)("row %i, block %i, %j has scikit-learn's weight", (row, block, term, expected) => {
  expect(denseFromSparse(X)[row]![column(features, block, term)]).toBeCloseTo(expected, 5);
});

test.each([
  {
    options: { C: 1 },
    intercepts: [0.020081, 0.250392, -0.270473],
    probabilities: [
      [0.502083, 0.323101, 0.174815],
      [0.248978, 0.575654, 0.175368],
      [0.253161, 0.365654, 0.381184],
    ],
    dirty: [0.200796, -0.123853, -0.076943],
    questionMark: [-0.067293, -0.082655, 0.149949],
    sum: [-0.031859, 0.059229, -0.02737],
    norm: 2.228367,
  },
  {
    options: { C: 10, balanced: true },
    intercepts: [0.031279, 0.216451, -0.24773],
    probabilities: [
      [0.77231, 0.153896, 0.073794],
      [0.114616, 0.819259, 0.066126],
      [0.130308, 0.228042, 0.64165],
    ],
    dirty: [0.569197, -0.343111, -0.226085],
    questionMark: [-0.188476, -0.224519, 0.412995],
    sum: [-0.087815, 0.173195, -0.08538],
    norm: 6.101699,
  },
])("logistic regression with $options equals scikit-learn's", (expected) => {
  const model = trainLogisticRegression(X, y, 3, { ...expected.options, tolerance: 1e-7 });
  expect(model.converged).toBe(true);
  expectClose(model.intercepts, expected.intercepts, 5);
  predictProbabilities(model, T).forEach((row, i) => {
    expectClose(row, expected.probabilities[i]!, 5);
  });
  for (const [block, term, weights] of [
    [0, "dirty", expected.dirty],
    [1, "?", expected.questionMark],
    [1, "सुं", expected.sum],
  ] as const) {
    const first = column(features, block, term) * 3;
    expectClose(model.weights.slice(first, first + 3), weights, 5);
  }
  expect(Math.hypot(...model.weights)).toBeCloseTo(expected.norm, 4);
});

test("two classes give the probabilities of scikit-learn's one-vector form", () => {
  const keep = [...y.keys()].filter((i) => y[i] !== 2);
  const dense = denseFromSparse(X);
  const kept = sparseFromDense(keep.map((i) => dense[i]!));
  const model = trainLogisticRegression(
    kept,
    Int32Array.from(keep, (i) => y[i]!),
    2,
    {
      C: 2,
      tolerance: 1e-7,
    },
  );
  expectClose([model.intercepts[1]! - model.intercepts[0]!], [0.25474], 5);
  const expected = [
    [0.597886, 0.402114],
    [0.311844, 0.688156],
    [0.398576, 0.601424],
  ];
  predictProbabilities(model, T).forEach((row, i) => {
    expectClose(row, expected[i]!, 5);
  });
  const differences = Array.from(
    { length: model.features },
    (_, j) => model.weights[2 * j + 1]! - model.weights[2 * j]!,
  );
  expect(Math.hypot(...differences)).toBeCloseTo(2.136108, 4);
});

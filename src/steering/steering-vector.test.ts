import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Capture } from "../engine/engine.js";
import { EngineError, ModelError, RecipeError } from "../errors.js";
import {
  ANY_LANGUAGE,
  addCapture,
  type ClassMeans,
  emptyClassMeans,
  meanOf,
  type Weighting,
} from "./class-means.js";
import { readClassMeans, writeClassMeans } from "./class-means-file.js";
import { stacked } from "./dense-matrix.js";
import { lat } from "./lat.js";
import { linearDiscriminant } from "./linear-discriminant.js";
import { logisticProbe } from "./logistic-probe.js";
import { pcaDifference, pcaOfClasses } from "./pca.js";
import {
  makeSteeringVector,
  needsTextVectors,
  problemOf,
  STEERING_METHODS,
  type SteeringMethod,
  type SteeringVectorOptions,
} from "./steering-vector.js";
import { addTextVector, contrastRows, emptyTextVectors, pairsOf, type TextVectors } from "./text-vectors.js";

const WIDTH = 4;
const model = { sha256: "m".repeat(64), architecture: "llama", name: "Tiny", width: WIDTH };

/** What an engine gives for a text of `length` tokens whose residuals are those of the snippet below. */
function captureOf(text: number, length: number, layer = 3): Capture {
  const values = new Float32Array(WIDTH);
  let normSum = 0;
  for (let token = 0; token < length; token += 1) {
    let squares = 0;
    for (let d = 0; d < WIDTH; d += 1) {
      const residual = ((7 * text + 5 * token + 3 * d + text * token * d) % 11) - 4.5;
      values[d]! += residual / length;
      squares += residual * residual;
    }
    normSum += Math.sqrt(squares);
  }
  const empty = new Int32Array(0);
  return { text, layer, positions: empty, tokens: empty, values, count: length, meanNorm: normSum / length };
}

function example(): { means: ClassMeans; textVectors: TextVectors } {
  const means = emptyClassMeans(model, [3], "d".repeat(64));
  const textVectors = emptyTextVectors(model, [3], "d".repeat(64));
  const add = (language: string, label: string, texts: [number, number][]): void => {
    for (const [text, length] of texts) {
      addCapture(means, { language, class: label }, captureOf(text, length));
      addTextVector(textVectors, { language, class: label }, captureOf(text, length));
    }
  };
  const good: [number, number][] = [
    [0, 2],
    [1, 5],
    [2, 3],
  ];
  const bad: [number, number][] = [
    [3, 4],
    [4, 1],
    [5, 6],
  ];
  add("en", "human", good);
  add("en", "back-translated", bad);
  add("da", "human", [
    [6, 3],
    [7, 3],
  ]);
  add("de", "human", [
    [8, 2],
    [9, 7],
  ]);
  add(ANY_LANGUAGE, "negative", bad);
  add(ANY_LANGUAGE, "positive", good);
  add(ANY_LANGUAGE, "neutral", [
    [10, 2],
    [11, 4],
  ]);
  return { means, textVectors };
}

const exampleMeans = (): ClassMeans => example().means;

test("a quality vector says when its bad texts are corrupted, and no translations", () => {
  const { means } = example();
  const corrupted: ClassMeans = {
    ...means,
    groups: means.groups.map((sums) =>
      sums.group.class === "back-translated"
        ? { ...sums, group: { ...sums.group, class: "corrupted" } }
        : sums,
    ),
  };
  const options = { method: "quality", language: "en", tillerVersion: "test" } as const;
  const vector = makeSteeringVector(corrupted, options);
  expect(vector.origin).toBe("human texts less corrupted ones");
  expect(vector.layers).toEqual(makeSteeringVector(means, options).layers);
  expect(makeSteeringVector(means, options).origin).toBeUndefined();
});

// import numpy as np
// def h(text, length):
//     t, d = np.arange(length)[:, None], np.arange(4)[None, :]
//     return ((7 * text + 5 * t + 3 * d + text * t * d) % 11) - 4.5
// def mean(texts, weighting):
//     rows = [h(*text) for text in texts]
//     return np.concatenate(rows).mean(0) if weighting == "token" else np.mean([r.mean(0) for r in rows], 0)
// def norm(*groups): return np.concatenate([np.linalg.norm(h(*t), axis=1) for g in groups for t in g]).mean()
// unit = lambda v: v / max(np.linalg.norm(v), 1e-12)
// good, bad = [(0, 2), (1, 5), (2, 3)], [(3, 4), (4, 1), (5, 6)]
// da, de, third = [(6, 3), (7, 3)], [(8, 2), (9, 7)], [(10, 2), (11, 4)]
// for w in ("token", "text"):
//     m = lambda g: mean(g, w)
//     for name, v in (("quality", m(good) - m(bad)), ("language", m(good) - (m(da) + m(de)) / 2),
//                     ("difference", m(bad) - (m(good) + m(third)) / 2)):
//         print(w, name, np.linalg.norm(v), unit(v).tolist())
// print(norm(good, bad), norm(good, da, de), norm(bad, good, third))
const expected: [SteeringMethod, Weighting, norm: number, unit: number[], residualNorm: number][] = [
  [
    "quality",
    "token",
    1.4201035930086343,
    [-0.7873945419804452, 0.5121265313693952, 0.33288224539010686, 0.08322056134752671],
    5.951245663795426,
  ],
  [
    "language",
    "token",
    1.7604450194955443,
    [-0.8804591923263543, 0.15778838572156886, -0.29664216515654956, -0.33451137772972606],
    6.052527275237606,
  ],
  [
    "mean-difference",
    "token",
    0.8929732838014268,
    [0.33765304851180783, -0.5344759310614043, -0.6973638338610704, -0.33765304851180783],
    6.095221270529925,
  ],
  [
    "quality",
    "text",
    2.269673931005601,
    [-0.7881699941349304, -0.24722102300505575, 0.5629785672392359, 0.02692506191144172],
    5.951245663795426,
  ],
  [
    "language",
    "text",
    2.2995004907433043,
    [-0.7028786676829056, 0.15980006046510453, -0.34427766806466886, -0.6015799252498426],
    6.052527275237606,
  ],
  [
    "mean-difference",
    "text",
    2.039328782397789,
    [0.36708701292928053, 0.5053405632532952, -0.7798045079852063, -0.04222522226644784],
    6.095221270529925,
  ],
];

const wanted = (method: SteeringMethod): SteeringVectorOptions =>
  method === "language" || method === "quality"
    ? { method, language: "en", tillerVersion: "0" }
    : { method, language: "sk", class: "negative", tillerVersion: "0" };

describe("steering vectors from class means", () => {
  test.each(expected)("%s, weighting %s", (method, weighting, norm, unit, residualNorm) => {
    const vector = makeSteeringVector(exampleMeans(), { ...wanted(method), weighting });
    const [layer] = vector.layers;
    expect(layer!.layer).toBe(3);
    expect(layer!.differenceNorm).toBeCloseTo(norm, 6);
    layer!.unit.forEach((value, d) => {
      expect(value).toBeCloseTo(unit[d]!, 6);
    });
    expect(layer!.residualNorm).toBeCloseTo(residualNorm, 10);
  });

  test("the default weighting is paper A's for its two methods, and by text for mean difference", () => {
    const weightings = expected
      .slice(0, 3)
      .map(([method]) => makeSteeringVector(exampleMeans(), wanted(method)).weighting);
    expect(weightings).toEqual(["token", "token", "text"]);
  });

  test("counts the texts and tokens that entered", () => {
    const vector = makeSteeringVector(exampleMeans(), wanted("language"));
    expect(vector).toMatchObject({
      texts: 7,
      tokens: 10 + 6 + 9,
      class: "human",
      dataSha256: "d".repeat(64),
    });
  });

  test("a language's own contrast comes before the one for every language", () => {
    const means = exampleMeans();
    addCapture(means, { language: "sk", class: "negative" }, captureOf(12, 3));
    const general = makeSteeringVector(means, wanted("mean-difference"));
    addCapture(means, { language: "sk", class: "positive" }, captureOf(13, 3));
    const own = makeSteeringVector(means, wanted("mean-difference"));
    expect([general.texts, own.texts]).toEqual([8, 2]);
  });

  test("what is missing is named", () => {
    const means = exampleMeans();
    expect(() => makeSteeringVector(means, { ...wanted("quality"), language: "da" })).toThrow(
      /contrast: for da/,
    );
    expect(() => makeSteeringVector(means, { ...wanted("language"), language: "cs" })).toThrow(/en, da, de/);
    expect(() => makeSteeringVector(means, { ...wanted("quality"), layers: [4] })).toThrow(
      /layer 4.*layers 3/s,
    );
    expect(() => makeSteeringVector(means, { ...wanted("mean-difference"), class: "angry" })).toThrow(
      RecipeError,
    );
  });

  test("classes with equal means give no vector", () => {
    const means = emptyClassMeans(model, [3], "");
    addCapture(means, { language: "en", class: "a" }, captureOf(1, 2));
    addCapture(means, { language: "en", class: "b" }, captureOf(1, 2));
    const options = { method: "mean-difference", class: "a", language: "en", tillerVersion: "0" } as const;
    expect(() => makeSteeringVector(means, options)).toThrow(/cannot steer: at layer 3 its length is 0/);
  });

  test.each(["mean-difference", "lda"] as const)("nor do means that differ by rounding: %s", (method) => {
    const means = emptyClassMeans(model, [3], "");
    const textVectors = emptyTextVectors(model, [3], "");
    for (const [label, change] of [
      ["a", 1],
      ["b", 1 + 2 ** -23],
    ] as const) {
      for (const text of [1, 2]) {
        const capture = captureOf(text, 2);
        const rounded = { ...capture, values: capture.values.map((value) => change * value) };
        addCapture(means, { language: "en", class: label }, rounded);
        addTextVector(textVectors, { language: "en", class: label }, rounded);
      }
    }
    const options = { method, class: "a", language: "en", textVectors, tillerVersion: "0" };
    expect(() => makeSteeringVector(means, options)).toThrow(
      /at layer 3 the class means differ by rounding alone \(by \d.*e-\d+, where residuals have the norm \d/,
    );
  });
});

// v = mean(good, "token") - mean(de, "token"), with h and mean as above, then its norm and unit(v)
test("a language vector can point away from one language alone", () => {
  const { layers, tokens } = makeSteeringVector(exampleMeans(), { ...wanted("language"), from: "de" });
  const unit = [-0.2667911250279385, 0.49405763894062676, -0.810254527862628, 0.1679795972398131];
  layers[0]!.unit.forEach((value, d) => {
    expect(value).toBeCloseTo(unit[d]!, 6);
  });
  expect(layers[0]!.differenceNorm).toBeCloseTo(1.1244751862288669, 6);
  expect(tokens).toBe(10 + 9);
  for (const from of ["en", "cs"]) {
    expect(() => makeSteeringVector(exampleMeans(), { ...wanted("language"), from })).toThrow(/en, da, de/);
  }
});

describe("every method", () => {
  test.each(STEERING_METHODS)("%s makes a vector with the norms of the class means", (method) => {
    const { means, textVectors } = example();
    const options = { ...wanted(method), textVectors };
    const vector = makeSteeringVector(means, options);
    expect(vector).toMatchObject({ method, positions: "all-but-first" });
    expect(vector.weighting).toBe(method === "language" || method === "quality" ? "token" : "text");
    expect(makeSteeringVector(means, options)).toEqual(vector);
    expect(problemOf(vector)).toBeUndefined();
    if (method === "language" || method === "quality") return;
    const { layers, texts, tokens } = makeSteeringVector(means, wanted("mean-difference"));
    expect(vector).toMatchObject({ texts, tokens, class: "negative", language: "sk" });
    const { differenceNorm, residualNorm } = layers[0]!;
    expect(vector.layers[0]).toMatchObject({ layer: 3, differenceNorm, residualNorm });
  });

  test.each(STEERING_METHODS.filter(needsTextVectors))("%s needs the texts of the means", (method) => {
    const { means, textVectors } = example();
    expect(() => makeSteeringVector(means, wanted(method))).toThrow(RangeError);
    const others = { ...textVectors, dataSha256: "e".repeat(64) };
    expect(() => makeSteeringVector(means, { ...wanted(method), textVectors: others })).toThrow(
      /different texts/,
    );
    addCapture(means, { language: ANY_LANGUAGE, class: "negative" }, captureOf(30, 2));
    expect(() => makeSteeringVector(means, { ...wanted(method), textVectors })).toThrow(/different texts/);
  });

  test.each(["pca-diff", "pca-center", "lat", "logistic-probe", "lda"] as const)(
    "%s is the function of its name",
    (method) => {
      const { means, textVectors } = example();
      const groups = ["negative", "positive", "neutral"].map((label) => ({
        language: ANY_LANGUAGE,
        class: label,
      }));
      const contrast = contrastRows(textVectors, groups, 3);
      const others = stacked(contrast.others);
      const direction = {
        "pca-diff": () => pcaDifference(pairsOf(contrast)),
        "pca-center": () => pcaOfClasses(contrast.wanted, others),
        lat: () => lat(contrast.wanted, others, 9),
        "logistic-probe": () => logisticProbe(contrast.wanted, others),
        lda: () => linearDiscriminant(contrast.wanted, others),
      }[method]();
      const vector = makeSteeringVector(means, { ...wanted(method), textVectors, seed: 9 });
      expect(vector.layers[0]!.unit).toEqual(direction.unit);
    },
  );

  test("pca-center takes classes of one size for pairs, unless it is told", () => {
    const { means, textVectors } = example();
    const options = { ...wanted("pca-center"), language: "en", class: "human", textVectors };
    const unitOf = (paired?: boolean) =>
      makeSteeringVector(means, { ...options, ...(paired === undefined ? {} : { paired }) }).layers[0]!.unit;
    expect(unitOf()).toEqual(unitOf(true));
    expect(unitOf()).not.toEqual(unitOf(false));
    const unequal = { ...wanted("pca-center"), textVectors };
    expect(makeSteeringVector(means, unequal)).toEqual(
      makeSteeringVector(means, { ...unequal, paired: false }),
    );
  });

  test("the seed draws the pairs of lat and the random direction", () => {
    const { means, textVectors } = example();
    for (const method of ["lat", "random"] as const) {
      const units = [1, 2, 3, 4].map(
        (seed) => makeSteeringVector(means, { ...wanted(method), textVectors, seed }).layers[0]!.unit,
      );
      expect(new Set(units.map(String)).size).toBeGreaterThan(1);
    }
  });

  test("a class is asked for, and what fails is named", () => {
    const { means, textVectors } = example();
    expect(() =>
      makeSteeringVector(means, { method: "lda", language: "en", textVectors, tillerVersion: "0" }),
    ).toThrow(/lda vector needs a class/);
    const one = { ...wanted("pca-diff"), class: "angry", textVectors };
    expect(() => makeSteeringVector(means, one)).toThrow(
      /^The pca-diff vector for angry \(sk\) cannot be made at layer 3\. contrast: for sk/,
    );
  });

  test("the pooled positions are kept", () => {
    expect(makeSteeringVector(exampleMeans(), { ...wanted("quality"), positions: "last" }).positions).toBe(
      "last",
    );
  });
});

test("a vector whose residual norm is not known can steer, with a norm of 0 or NaN it cannot", () => {
  const vector = makeSteeringVector(exampleMeans(), wanted("quality"));
  const withNorm = (residualNorm: number | undefined) =>
    problemOf({ ...vector, layers: vector.layers.map((layer) => ({ ...layer, residualNorm })) });
  expect(withNorm(undefined)).toBeUndefined();
  expect(withNorm(0)).toMatch(/residual norm is 0/);
  expect(withNorm(Number.NaN)).toMatch(/residual norm is NaN/);
});

describe("addCapture refuses", () => {
  const group = { language: "en", class: "a" };
  const means = emptyClassMeans(model, [3], "");
  test.each([
    ["another layer", captureOf(0, 2, 5), /not asked for/],
    ["rows instead of a mean", { ...captureOf(0, 2), values: new Float32Array(8) }, /8 values/],
    ["no tokens", { ...captureOf(0, 2), count: 0 }, /no token behind the first/],
    ["NaN", { ...captureOf(0, 2), values: Float32Array.of(1, Number.NaN, 1, 1) }, /not finite/],
    ["infinity", { ...captureOf(0, 2), meanNorm: Number.POSITIVE_INFINITY }, /not finite/],
  ])("%s", (_, capture, message) => {
    expect(() => addCapture(means, group, capture)).toThrow(message);
    expect(() => addCapture(means, group, capture)).toThrow(EngineError);
  });
});

describe("class means in a file", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "tiller-means-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test("come back bit for bit, so that vectors made later are the same", () => {
    const path = join(folder, "means.gguf");
    const means = exampleMeans();
    writeClassMeans(path, means);
    const back = readClassMeans(path, { modelSha256: model.sha256, dataSha256: means.dataSha256 });
    expect(back).toEqual(means);
    expect(makeSteeringVector(back, wanted("language"))).toEqual(
      makeSteeringVector(means, wanted("language")),
    );
    addCapture(back, { language: "da", class: "human" }, captureOf(20, 4));
    expect(meanOf(back, { language: "da", class: "human" }, 3, "token")).not.toEqual(
      meanOf(means, { language: "da", class: "human" }, 3, "token"),
    );
  });

  test("are the same bytes every time", () => {
    const [first, second] = ["a.gguf", "b.gguf"].map((name) => {
      writeClassMeans(join(folder, name), exampleMeans());
      return readFileSync(join(folder, name));
    });
    expect(first!.equals(second!)).toBe(true);
  });

  test("are refused for another model or other texts", () => {
    const path = join(folder, "refused.gguf");
    writeClassMeans(path, exampleMeans());
    expect(() => readClassMeans(path, { modelSha256: "x".repeat(64) })).toThrow(/mmmm.* and not from xxxx/);
    expect(() => readClassMeans(path, { dataSha256: "y".repeat(64) })).toThrow(ModelError);
  });
});

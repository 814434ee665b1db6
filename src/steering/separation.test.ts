import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Capture, CaptureOptions, Engine, ModelInfo, ReadText } from "../engine/engine.js";
import { EngineError, ModelError, RecipeError } from "../errors.js";
import { areaUnderRoc } from "../score/area-under-roc.js";
import { ANY_LANGUAGE } from "./class-means.js";
import type { ContrastTexts } from "./contrast-split.js";
import { isotonicFit } from "./isotonic.js";
import { cohensD, measureSeparation } from "./separation.js";
import type { SteeringVector } from "./steering-vector.js";

// Made by fixtures/separation.py with scikit-learn and NumPy.
const fixture: {
  pairs: { positive: number[]; negative: number[]; auroc: number; cohensD: number }[];
  isotonic: { values: number[]; weights: number[]; fit: number[] }[];
} = JSON.parse(readFileSync(new URL("fixtures/separation.json", import.meta.url), "utf8"));

test.each(fixture.pairs)(
  "area under the ROC curve $auroc and Cohen's d, as scikit-learn and NumPy",
  (pair) => {
    expect(areaUnderRoc(pair.positive, pair.negative)).toBeCloseTo(pair.auroc, 12);
    expect(cohensD(pair.positive, pair.negative)).toBeCloseTo(pair.cohensD, 12);
  },
);

test.each(fixture.isotonic)(
  "isotonic fit of $values.length values, as scikit-learn",
  ({ values, weights, fit }) => {
    isotonicFit(values, weights).forEach((value, index) => {
      expect(value).toBeCloseTo(fit[index]!, 12);
    });
  },
);

test("isotonic regression refuses weights that are no weights", () => {
  expect(() => isotonicFit([1, 2], [1])).toThrow(RangeError);
  expect(() => isotonicFit([1, 2], [1, 0])).toThrow(RangeError);
  expect(isotonicFit([])).toEqual([]);
});

const model = {
  sha256: "a".repeat(64),
  width: 2,
  layers: 4,
  name: "Tiny",
  architecture: "llama",
} as ModelInfo;

/** The residual of the text "x y" is [x, y] times the layer's number plus one. */
function engineOf(seen: string[] = [], broken = Number.NaN): Pick<Engine, "model" | "capture"> {
  return {
    model,
    async *capture(texts: readonly ReadText[], { layers }: CaptureOptions): AsyncIterable<Capture> {
      for (const [text, read] of texts.entries()) {
        seen.push(read as string);
        const [x, y] = (read as string).split(" ").map(Number);
        for (const layer of layers) {
          const values = Float32Array.of(x! * (layer + 1), read === "broken" ? broken : y! * (layer + 1));
          yield {
            text,
            layer,
            positions: new Int32Array(),
            tokens: new Int32Array(),
            values,
            count: 3,
            meanNorm: 1,
          };
        }
      }
    },
  };
}

function vectorOf(changes: Partial<SteeringVector> = {}): SteeringVector {
  const at = (layer: number, ...unit: number[]) => ({
    layer,
    unit: Float32Array.from(unit),
    differenceNorm: 1,
    residualNorm: 1,
  });
  return {
    method: "mean-difference",
    class: "good",
    language: "en",
    weighting: "text",
    positions: "all-but-first",
    model,
    dataSha256: "",
    texts: 4,
    tokens: 8,
    tillerVersion: "0.1.0",
    layers: [at(1, 1, 0), at(2, 0, -1)],
    ...changes,
  };
}

const set = (language: string, label: string, ...texts: string[]): ContrastTexts => ({
  language,
  class: label,
  texts,
});

describe("measureSeparation", () => {
  const sets = [set("en", "bad", "1 5", "2 9"), set("en", "good", "3 1", "1 2"), set("de", "good", "9 9")];

  test("projects each text on the direction, layer by layer, in one pass over the texts that matter", async () => {
    const seen: string[] = [];
    const [first, second] = await measureSeparation(
      engineOf(seen),
      [vectorOf(), vectorOf({ class: "bad" })],
      sets,
    );
    expect(seen).toEqual(["1 5", "2 9", "3 1", "1 2"]);
    expect(first).toMatchObject({ texts: 2, others: 2 });
    // At layer 1 the projections are 6, 2 against 2, 4; at layer 2 they are -3, -6 against -15, -27.
    expect(first!.layers).toEqual([
      {
        layer: 1,
        auroc: (1 + 1 + 0.5 + 0) / 4,
        cohensD: 1 / Math.sqrt((8 + 2) / 2),
        classMean: 4,
        othersMean: 3,
      },
      { layer: 2, auroc: 1, cohensD: 16.5 / Math.sqrt((4.5 + 72) / 2), classMean: -4.5, othersMean: -21 },
    ]);
    expect(second!.layers.map(({ auroc }) => auroc)).toEqual([1 - 0.625, 0]);
  });

  test("sets a language against the others, and everything else against the other classes", async () => {
    const human = [
      set("en", "human", "1 0", "2 0"),
      set("en", "back-translated", "9 0"),
      set("de", "human", "0 0"),
      set("sl", "human", "5 0"),
      set(ANY_LANGUAGE, "human", "7 0"),
    ];
    const of = (method: SteeringVector["method"]) => vectorOf({ method, class: "human" });
    const [language, quality] = await measureSeparation(engineOf(), [of("language"), of("quality")], human, {
      layers: [1],
    });
    expect(language).toMatchObject({ texts: 2, others: 2, layers: [{ auroc: 0.5 }] });
    expect(quality).toMatchObject({ texts: 2, others: 1, layers: [{ auroc: 0 }] });
  });

  test("takes the sets for every language where there are none of its own", async () => {
    const any = [set(ANY_LANGUAGE, "good", "3 0"), set(ANY_LANGUAGE, "bad", "1 0")];
    const [found] = await measureSeparation(engineOf(), [vectorOf()], any, { layers: [1] });
    expect(found).toMatchObject({ texts: 1, others: 1, layers: [{ layer: 1, auroc: 1 }] });
  });

  test("refuses a vector of another model, a layer that is not there, and texts that are not", async () => {
    const measure = (vector: SteeringVector, layers?: number[], of = sets) =>
      measureSeparation(engineOf(), [vector], of, { layers });
    const foreign = vectorOf({ model: { ...model, sha256: "b".repeat(64) } });
    await expect(measure(foreign)).rejects.toThrow(ModelError);
    await expect(measure(foreign)).rejects.toThrow(/good \(en\) was made from another model.*b{64}.*a{64}/s);
    await expect(measure(vectorOf(), [3])).rejects.toThrow(/no layer 3, only 1, 2/);
    await expect(measure(vectorOf({ class: "odd" }))).rejects.toThrow(RecipeError);
    const language = vectorOf({ method: "language", class: "human" });
    await expect(measure(language)).rejects.toThrow(/separation of en needs held-out texts/);
    const empty = [set("en", "good"), set("en", "bad", "1 1")];
    await expect(measure(vectorOf(), [1], empty)).rejects.toThrow(RecipeError);
  });

  test("refuses a residual that is not finite", async () => {
    const texts = [set("en", "good", "broken"), set("en", "bad", "1 1")];
    await expect(measureSeparation(engineOf(), [vectorOf()], texts)).rejects.toThrow(EngineError);
  });
});

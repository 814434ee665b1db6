import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RecipeError } from "../errors.js";
import { problemOf, type SteeringVector } from "./steering-vector.js";
import {
  addVectors,
  combineVectors,
  orthogonalise,
  projectOut,
  scaleVector,
  subtractVectors,
} from "./vector-algebra.js";

interface Parts {
  readonly length: number;
  readonly unit: readonly number[];
}
type ByLayer<T> = Record<string, T>;

/** From NumPy, by vector-algebra.py, which has the command. */
const expected: {
  vectors: Record<"a" | "b" | "c", ByLayer<number[]>>;
  add: ByLayer<Parts>;
  weighted: ByLayer<Parts>;
  subtract: ByLayer<Parts>;
  nested: ByLayer<Parts>;
  projectOut: ByLayer<Parts>;
  orthogonalise: ByLayer<Parts[]>;
} = JSON.parse(readFileSync(new URL("fixtures/vector-algebra.json", import.meta.url), "utf8"));

function vectorOf(layers: ByLayer<readonly number[]>, changes: Partial<SteeringVector> = {}): SteeringVector {
  return {
    method: "mean-difference",
    class: "positive",
    language: "en",
    weighting: "text",
    positions: "all-but-first",
    model: {
      sha256: "a".repeat(64),
      architecture: "llama",
      name: "Tiny",
      width: Object.values(layers)[0]!.length,
    },
    dataSha256: "b".repeat(64),
    texts: 10,
    tokens: 100,
    tillerVersion: "0.1.0",
    // A statistic of the texts, which must play no part.
    layers: Object.entries(layers).map(([layer, unit]) => ({
      layer: Number(layer),
      unit: Float32Array.from(unit),
      differenceNorm: 17,
      residualNorm: 3 + Number(layer),
    })),
    ...changes,
  };
}

const a = vectorOf(expected.vectors.a);
const b = vectorOf(expected.vectors.b, { class: "negative" });
const c = vectorOf(expected.vectors.c, { class: "neutral" });

function expectParts(vector: SteeringVector, wanted: ByLayer<Parts>): void {
  expect(vector.layers.map(({ layer }) => String(layer))).toEqual(Object.keys(wanted));
  expect(problemOf(vector)).toBeUndefined();
  for (const { layer, unit, differenceNorm } of vector.layers) {
    expect(differenceNorm).toBeCloseTo(wanted[layer]!.length, 6);
    unit.forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[layer]!.unit[i]!, 6);
    });
  }
}

/** The vector with its length, at its first layer. */
function values({ layers, method }: SteeringVector): number[] {
  const { unit, differenceNorm } = layers[0]!;
  return [...unit].map((value) => value * (method === "combined" ? differenceNorm : 1));
}

function dot(x: SteeringVector, y: SteeringVector): number {
  return [...x.layers[0]!.unit].reduce((sum, value, i) => sum + value * y.layers[0]!.unit[i]!, 0);
}

/** Vectors of five dimensions at one layer. */
const anyVector = fc
  .array(fc.integer({ min: -9, max: 9 }), { minLength: 5, maxLength: 5 })
  .filter((row) => row.some((value) => value !== 0))
  .map((row) => {
    const norm = Math.hypot(...row);
    return vectorOf({ 4: row.map((value) => value / norm) });
  });

describe("sums", () => {
  test("are NumPy's", () => {
    expectParts(addVectors(a, b), expected.add);
    expectParts(addVectors(a, b, { weights: [1, -0.5] }), expected.weighted);
    expectParts(subtractVectors(a, b), expected.subtract);
    expectParts(addVectors(scaleVector(addVectors(a, b), -2), c), expected.nested);
  });

  test("do not depend on the brackets, and a vector counts as often as it is added", () => {
    fc.assert(
      fc.property(anyVector, anyVector, anyVector, (x, y, z) => {
        let nested: SteeringVector;
        try {
          nested = addVectors(addVectors(x, y), scaleVector(z, 2));
        } catch (error) {
          expect(error).toBeInstanceOf(RecipeError);
          return;
        }
        const flat = combineVectors([z, y, x, z]);
        values(nested).forEach((value, i) => {
          expect(value).toBeCloseTo(values(flat)[i]!, 5);
        });
      }),
      { seed: 1 },
    );
  });

  test("say how they were computed, and take the first operand's facts where there can be but one", () => {
    const sum = addVectors(a, { ...b, language: "sk", positions: "last" }, { weights: [1, -0.5] });
    expect(sum).toMatchObject({
      method: "combined",
      origin: "positive (en) - 0.5 * negative (sk)",
      class: "positive",
      language: "any",
      positions: "all-but-first, last",
      texts: 10,
      dataSha256: a.dataSha256,
    });
    const named = combineVectors([sum, c], { labels: ["x.gguf", "y.gguf"], weights: [-1, 2] });
    expect(named.origin).toBe("-x.gguf + 2 * y.gguf");
    expect(addVectors(sum, c).origin).toBe("(positive (en) - 0.5 * negative (sk)) + neutral (en)");
    const otherTexts = addVectors(a, { ...b, dataSha256: "c".repeat(64) });
    expect(otherTexts).toMatchObject({ dataSha256: "", texts: 20, tokens: 200 });
  });

  test("take each layer's residual norm and the model from the first that knows them", () => {
    const model = { sha256: "", architecture: "llama", name: "llama", width: 8 };
    const unknown = a.layers.map((layer) => ({ ...layer, residualNorm: undefined, differenceNorm: 1 }));
    const foreign = { ...a, method: "imported" as const, model, layers: unknown };
    const sum = addVectors(foreign, b);
    expect(sum.layers.map(({ residualNorm }) => residualNorm)).toEqual([5, 8]);
    expect(sum.model).toEqual(b.model);
    expect(scaleVector(foreign, 2).layers[0]!.residualNorm).toBeUndefined();
  });

  test("are at the layers that all have", () => {
    const deep = { ...b, layers: b.layers.slice(1) };
    expect(addVectors(a, deep).layers.map(({ layer }) => layer)).toEqual([5]);
    const shallow = { ...a, layers: a.layers.slice(0, 1) };
    expect(() => addVectors(shallow, deep)).toThrow(
      "no layer in common: positive (en) has 2; negative (en) has 5",
    );
  });

  test("of other models or widths are refused", () => {
    const other = { ...b, model: { ...b.model, sha256: "c".repeat(64) } };
    expect(() => addVectors(a, other)).toThrow(/different models.*aaaa.*cccc/);
    expect(() => projectOut(a, [c, other])).toThrow(RecipeError);
    const unknown = { ...a.model, sha256: "" };
    expect(() => addVectors(a, { ...b, model: { ...unknown, width: 9 } })).toThrow(/8 dimensions.*with 9/);
    expect(() => addVectors(a, { ...b, model: { ...unknown, architecture: "gemma3" } })).toThrow(/different/);
    // The two that know their model differ, though each agrees with the one between them.
    expect(() => combineVectors([a, { ...b, model: unknown }, other])).toThrow(/different models/);
  });

  test("that are zero are refused, naming the layer", () => {
    expect(() => subtractVectors(a, a)).toThrow(/positive \(en\) - positive \(en\) is zero at layer 2/);
    const half = { ...b, layers: [b.layers[0]!, a.layers[1]!] };
    expect(() => subtractVectors(a, half)).toThrow(/zero at layer 5/);
    // What is left of the rounding to 32 bits is no direction.
    const third = scaleVector(a, 1 / 3);
    expect(() => combineVectors([a, third], { weights: [1, -3] })).toThrow(/is zero/);
    expect(() => scaleVector(a, 0)).toThrow(/is zero at layer 2/);
    expect(() => scaleVector(a, 1e300)).toThrow(/too large a number at layer 2/);
  });

  test("take one number for each vector", () => {
    expect(() => scaleVector(a, Number.NaN)).toThrow(/found NaN/);
    expect(() => addVectors(a, b, { weights: [1] })).toThrow(/each of the 2 vectors; found 1/);
    expect(() => combineVectors([])).toThrow(RecipeError);
  });

  test("leave their operands as they were", () => {
    const before = structuredClone(a);
    addVectors(a, b, { weights: [3, -1] });
    projectOut(a, [b]);
    orthogonalise([b, a]);
    expect(a).toStrictEqual(before);
  });
});

describe("projections", () => {
  test("are NumPy's, out of the span of all the others", () => {
    expectParts(projectOut(a, [b, c]), expected.projectOut);
    expect(projectOut(a, [b, c]).origin).toBe("positive (en) without negative (en), neutral (en)");
  });

  test("are orthogonal to every one of the others, which may depend on each other", () => {
    fc.assert(
      fc.property(anyVector, fc.array(anyVector, { minLength: 1, maxLength: 4 }), (x, others) => {
        let rest: SteeringVector;
        try {
          rest = projectOut(x, others);
        } catch (error) {
          expect((error as Error).message).toMatch(/is zero at layer 4/);
          return;
        }
        for (const other of others) expect(Math.abs(dot(rest, other))).toBeLessThan(1e-5);
      }),
      { seed: 1 },
    );
  });

  test("need something to project out, and something left", () => {
    expect(() => projectOut(a, [])).toThrow(RecipeError);
    expect(() => projectOut(a, [scaleVector(a, -3)])).toThrow(/zero at layer 2/);
    expect(() => projectOut(addVectors(a, b), [a, b])).toThrow(/zero at layer 2/);
  });
});

describe("orthogonal sets", () => {
  test("are NumPy's QR, in the given order", () => {
    const [first, second, third] = orthogonalise([a, b, c]);
    expect(first).toEqual(a);
    for (const [i, vector] of [second!, third!].entries()) {
      const wanted = Object.entries(expected.orthogonalise).map(([layer, parts]) => [layer, parts[i + 1]!]);
      expectParts(vector, Object.fromEntries(wanted));
    }
    expect(third!.origin).toBe("neutral (en) without positive (en), negative (en)");
  });

  test("stay orthogonal when the vectors nearly coincide", () => {
    const size = 1e-3;
    const norm = Math.hypot(1, size);
    const near = [0, 1, 2].map((i) =>
      vectorOf({ 4: [1, 0, 0, 0].map((value, j) => (j === i + 1 ? size : value) / norm) }),
    );
    const made = orthogonalise(near);
    expect(Math.abs(dot(made[0]!, made[1]!))).toBeLessThan(1e-6);
    expect(Math.abs(dot(made[0]!, made[2]!))).toBeLessThan(1e-6);
    expect(Math.abs(dot(made[1]!, made[2]!))).toBeLessThan(1e-6);
  });

  test("have the layers that all have", () => {
    const made = orthogonalise([a, { ...b, layers: b.layers.slice(1) }]);
    expect(made.map(({ layers }) => layers.map(({ layer }) => layer))).toEqual([[5], [5]]);
  });

  test("are refused for vectors that depend on each other", () => {
    expect(() => orthogonalise([a, b, addVectors(a, b)], { labels: ["x", "y", "z"] })).toThrow(
      /z without x, y is zero at layer 2/,
    );
    expect(() => orthogonalise([a])).toThrow(RecipeError);
  });
});

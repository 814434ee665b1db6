/** For tests: the numbers and sentences of fixtures/embedding-scores.py, and what Python makes of them. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import type { DenseMatrix } from "../steering/dense-matrix.js";

export type Shape = readonly [rows: number, columns: number, seed: number, clusters: number, shift: number];

interface Diversity {
  readonly pairwiseDistance: number;
  readonly vendiScore: number;
  readonly nearestNeighbourDistance: number;
}

interface Comparison {
  readonly human: Diversity;
  readonly set: Diversity;
  readonly neighbourhood: Readonly<Record<"precision" | "recall" | "density" | "coverage", number>>;
  readonly centroidCosine: number;
  readonly meanCosine: number;
  readonly adversarial: readonly number[];
}

interface Probe {
  readonly heldOutAuroc: number;
  readonly probabilities: readonly number[];
}

export interface EmbeddingFixture {
  readonly eigen: Readonly<Record<string, readonly number[]>>;
  readonly matrices: Readonly<Record<string, Comparison & { readonly shapes: readonly [Shape, Shape] }>>;
  readonly scripts: Readonly<
    Record<
      Script,
      Comparison & {
        readonly adversarialTexts: readonly number[];
        readonly mauve: number;
        readonly probe: Probe;
      }
    >
  >;
  readonly frontier: {
    readonly p: readonly number[];
    readonly q: readonly number[];
    readonly area: number;
    readonly curve: readonly (readonly [number, number])[];
  };
  readonly mauve: Readonly<
    Record<string, { value: number; components: number; inertia: number; clusters: number }>
  >;
  readonly calibration: {
    readonly positive: number[];
    readonly negative: number[];
    readonly expected: readonly [number, number];
  };
  readonly probe: Probe;
  readonly foldSizes: readonly (readonly [number, number])[];
}

export function embeddingFixture(): EmbeddingFixture {
  return JSON.parse(readFileSync(new URL("fixtures/embedding-scores.json", import.meta.url), "utf8"));
}

/** `numbers` of fixtures/embedding-scores.py. */
export function numbers(...[rows, columns, seed, clusters, shift]: Shape): DenseMatrix {
  let state = seed;
  const values = Float32Array.from({ length: rows * columns }, (_, at) => {
    const i = Math.floor(at / columns);
    const j = at % columns;
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const noise = (state >>> 20) / 4096 - 0.5 + (j === 0 ? shift : 0);
    return clusters > 0 ? noise / 8 + (j === i % clusters ? 4 : 0) : noise;
  });
  return { rows, columns, values };
}

const WORDS = {
  Latin:
    "soup waiter bread music terrace bill dessert was seemed tasted felt looked cold kind stale loud sunny wrong sweet",
  Ethiopic: "ምግቡ አገልግሎቱ ቡናው ሙዚቃው ክፍሉ ዋጋው ጥሩ መጥፎ ቀዝቃዛ ሞቃት ቆንጆ ርካሽ ውድ በጣም ትንሽ ነው ነበር ይመስላል",
  Devanagari: "खाना सेवा कॉफी संगीत कमरा दाम अच्छा बुरा ठंडा गर्म सुंदर सस्ता महंगा बहुत थोड़ा है था लगता",
};

export type Script = keyof typeof WORDS;

/** `sentences` of fixtures/embedding-scores.py. */
export function sentences(
  script: Script,
  count: number,
  seed: number,
  used: number,
  length: number,
): string[] {
  const words = WORDS[script].split(" ").slice(0, used);
  let state = seed;
  return Array.from({ length: count }, () =>
    Array.from({ length }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return words[(state >>> 16) % words.length]!;
    }).join(" "),
  );
}

/** `topics` of fixtures/embedding-scores.py. */
export function topics(script: Script, count: number, seed: number, used: number): string[] {
  const words = WORDS[script].split(" ");
  let state = seed;
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: 12 }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return words[3 * (i % used) + ((state >>> 16) % 3)]!;
    }).join(" "),
  );
}

const rowsOf = (columns: number): fc.Arbitrary<DenseMatrix> =>
  fc
    .array(
      fc.oneof(
        {
          weight: 8,
          arbitrary: fc.array(fc.integer({ min: -3, max: 3 }), { minLength: columns, maxLength: columns }),
        },
        fc.constant(new Array<number>(columns).fill(0)),
        fc.constant(new Array<number>(columns).fill(Number.NaN)),
        fc.array(fc.double(), { minLength: columns, maxLength: columns }),
      ),
      { maxLength: 14 },
    )
    .map((rows) => ({ rows: rows.length, columns, values: Float64Array.from(rows.flat()) }));

/** Random rows, some of them copies, zeros, or not finite. */
export const anyRows: fc.Arbitrary<DenseMatrix> = fc.integer({ min: 1, max: 6 }).chain(rowsOf);

/** Two sets of random rows of one width. */
export const anyTwoSets: fc.Arbitrary<[DenseMatrix, DenseMatrix]> = fc
  .integer({ min: 1, max: 6 })
  .chain((columns) => fc.tuple(rowsOf(columns), rowsOf(columns)));

export function reordered(matrix: DenseMatrix, order: readonly number[]): DenseMatrix {
  const { columns } = matrix;
  const values = new Float64Array(order.length * columns);
  order.forEach((row, at) => {
    values.set(matrix.values.subarray(row * columns, (row + 1) * columns), at * columns);
  });
  return { rows: order.length, columns, values };
}

/** The rows, `times` over. */
export function repeated(matrix: DenseMatrix, times: number): DenseMatrix {
  const rows = [...new Array(matrix.rows).keys()];
  return reordered(matrix, Array.from({ length: times }, () => rows).flat());
}

/** A matrix from its rows. */
export function matrixOf(...rows: readonly (readonly number[])[]): DenseMatrix {
  return { rows: rows.length, columns: rows[0]?.length ?? 0, values: Float64Array.from(rows.flat()) };
}

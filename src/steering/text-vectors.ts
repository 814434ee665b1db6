import type { Capture } from "../engine/engine.js";
import { EngineError, RecipeError } from "../errors.js";
import { type CapturedModel, type ClassGroup, checkCapture } from "./class-means.js";
import { type DenseMatrix, stacked } from "./dense-matrix.js";

/** Pooled residuals of one group's texts at one layer. */
export interface TextRows {
  /** The row of each text, by the text's number. */
  readonly rows: Map<number, number>;
  /** `[capacity][width]`, of which `rows.size` rows are in use. */
  values: Float32Array;
}

export interface GroupRows {
  readonly group: ClassGroup;
  readonly layers: ReadonlyMap<number, TextRows>;
}

/**
 * The pooled residual of every single text per language, class and layer, for methods that need more than means.
 * Each text counts once, however long it is. Unlike `ClassMeans` it grows with the texts: 4 · width bytes for a text
 * and layer, so 8 MB for 1,000 texts of width 2,048 at one layer. Ask only for layers that are to be steered.
 */
export interface TextVectors {
  readonly model: CapturedModel;
  /** 0-based blocks, ascending. */
  readonly layers: readonly number[];
  /** SHA-256 of the texts, so that vectors of other texts are not taken for these. */
  readonly dataSha256: string;
  /** In the order in which the groups appeared. */
  readonly groups: GroupRows[];
}

/** Vectors of no texts yet. */
export function emptyTextVectors(
  model: CapturedModel,
  layers: readonly number[],
  dataSha256: string,
): TextVectors {
  return { model, layers: [...new Set(layers)].sort((a, b) => a - b), dataSha256, groups: [] };
}

function findGroup(vectors: TextVectors, group: ClassGroup): GroupRows | undefined {
  return vectors.groups.find(
    (rows) => rows.group.language === group.language && rows.group.class === group.class,
  );
}

function addedGroup(vectors: TextVectors, { language, class: label }: ClassGroup): GroupRows {
  const layers = vectors.layers.map((layer): [number, TextRows] => [
    layer,
    { rows: new Map(), values: new Float32Array(0) },
  ]);
  const rows = { group: { language, class: label }, layers: new Map(layers) };
  vectors.groups.push(rows);
  return rows;
}

/**
 * Keeps one text's mean residual at one layer, captured with pooling `mean`. A capture of a layer that was not asked
 * for is passed over, so that one pass over the texts can serve means of many layers and vectors of a few.
 *
 * The texts of a group are told apart, and put in order, by `capture.text`: a group whose texts are captured in more
 * than one call needs numbers that go on.
 *
 * @throws EngineError if the capture is of another width, of no tokens, not of numbers, or of a text that is there.
 */
export function addTextVector(vectors: TextVectors, group: ClassGroup, capture: Capture): void {
  if (!vectors.layers.includes(capture.layer)) return;
  const { width } = vectors.model;
  checkCapture(capture, group, width);
  const kept = (findGroup(vectors, group) ?? addedGroup(vectors, group)).layers.get(capture.layer)!;
  if (kept.rows.has(capture.text)) {
    throw new EngineError(
      `Text ${capture.text} of class ${group.class} (${group.language}), layer ${capture.layer}, was captured before.`,
    );
  }
  const row = kept.rows.size;
  if (kept.values.length === row * width) {
    const grown = new Float32Array(Math.max(16, 2 * row) * width);
    grown.set(kept.values);
    kept.values = grown;
  }
  kept.values.set(capture.values, row * width);
  kept.rows.set(capture.text, row);
}

/** The numbers of a group's texts at a layer, ascending. */
export function textNumbers(rows: TextRows): number[] {
  return [...rows.rows.keys()].sort((a, b) => a - b);
}

/**
 * Pooled residuals of one group at one layer, in the order of the texts' numbers. `[texts][width]`
 * @throws RecipeError if there are none, naming what there is.
 */
export function textRowsOf(vectors: TextVectors, group: ClassGroup, layer: number): DenseMatrix {
  const kept = findGroup(vectors, group)?.layers.get(layer);
  if (kept === undefined || kept.rows.size === 0) {
    const known = vectors.groups.map((other) => `${other.group.class} (${other.group.language})`).join(", ");
    throw new RecipeError(
      `There are no text vectors of class ${group.class}, language ${group.language}, layer ${layer}. ` +
        `Captured: ${known || "nothing"}; layers ${vectors.layers.join(", ")}.`,
    );
  }
  const { width } = vectors.model;
  const numbers = textNumbers(kept);
  const values = new Float32Array(numbers.length * width);
  numbers.forEach((number, at) => {
    const row = kept.rows.get(number)!;
    values.set(kept.values.subarray(row * width, (row + 1) * width), at * width);
  });
  return { rows: numbers.length, columns: width, values };
}

/** A contrast's two sides. */
export interface ContrastRows {
  /** The class's texts. `[texts][width]` */
  readonly wanted: DenseMatrix;
  /** The texts of each of the other classes. */
  readonly others: readonly DenseMatrix[];
}

/**
 * The texts of a contrast's classes, each class's by itself.
 * @param groups as `contrastGroups` gives them, the wanted class first.
 * @throws RecipeError if a group has no texts at the layer.
 */
export function contrastRows(
  vectors: TextVectors,
  groups: readonly ClassGroup[],
  layer: number,
): ContrastRows {
  const [wanted, ...others] = groups.map((group) => textRowsOf(vectors, group, layer));
  if (wanted === undefined || others.length === 0) throw new RangeError("A contrast has two groups or more.");
  return { wanted, others };
}

/** Pairs of texts: row i of one matrix and row i of the other. `[pairs][width]` each */
export interface TextPairs {
  readonly rows: DenseMatrix;
  readonly partners: DenseMatrix;
}

/**
 * Pairs text i of the class with text i of each other class, one other class after the other, so that with k other
 * classes of as many texts every text of the class is in k pairs. Where one class has fewer texts than the other, the
 * longer one's last texts are in no pair.
 */
export function pairsOf({ wanted, others }: ContrastRows): TextPairs {
  const rows: DenseMatrix[] = [];
  const partners: DenseMatrix[] = [];
  for (const other of others) {
    const pairs = Math.min(wanted.rows, other.rows);
    rows.push(firstRows(wanted, pairs));
    partners.push(firstRows(other, pairs));
  }
  return { rows: stacked(rows), partners: stacked(partners) };
}

function firstRows(matrix: DenseMatrix, rows: number): DenseMatrix {
  return { ...matrix, rows, values: matrix.values.subarray(0, rows * matrix.columns) };
}

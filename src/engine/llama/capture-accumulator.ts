import { EngineError } from "../../errors.js";
import type { Capture, CaptureOptions } from "../engine.js";
import { compileSelection, type SelectableRow } from "../selection.js";
import type { Row } from "./packing.js";

interface Site {
  sum: Float64Array;
  rows: Float32Array[];
  positions: number[];
  tokens: number[];
  count: number;
  normSum: number;
}

/**
 * Credits captured rows to their texts. The rows of a decode are named before it by `begin`, in the order in
 * which the residual stream holds them. A text's first row is left out, be it BOS or, where a model adds none, the first
 * token: attention sinks into it, and its residual is many times as long as any other's.
 */
export class CaptureAccumulator {
  readonly #width: number;
  readonly #layers: ReadonlySet<number>;
  readonly #pooling: CaptureOptions["pooling"];
  readonly #selects: ((row: SelectableRow) => boolean) | undefined;
  readonly #sites = new Map<number, Map<number, Site>>();
  #rows: readonly Row[] = [];

  constructor(
    model: { width: number },
    { layers, pooling, where }: Pick<CaptureOptions, "layers" | "pooling" | "where">,
  ) {
    this.#width = model.width;
    this.#layers = new Set(layers);
    this.#pooling = pooling;
    this.#selects = compileSelection(where);
  }

  begin(rows: readonly Row[]): void {
    this.#rows = rows;
  }

  /** Takes the residual stream after a block. `values` is `[rows][width]`. Throws if rows are missing. */
  take(layer: number, values: Float32Array): void {
    if (!this.#layers.has(layer)) return;
    const width = this.#width;
    if (values.length !== this.#rows.length * width) {
      throw new EngineError(
        `Layer ${layer} gave ${values.length / width} of ${this.#rows.length} rows: llama.cpp regroups them in this ` +
          "architecture, so that they cannot be credited to their texts. Choose another model.",
      );
    }
    for (const [i, row] of this.#rows.entries()) {
      if (row.position === 0) continue;
      if (this.#selects && !this.#selects(row)) continue;
      this.#add(this.#site(row.text, layer), row, values.subarray(i * width, (i + 1) * width));
    }
  }

  /** Hands out what was captured of a text, layer by layer, and forgets it. Throws if the selection picked nothing. */
  finish(text: number, emit: (capture: Capture) => void): void {
    for (const layer of [...this.#layers].sort((a, b) => a - b)) {
      const site = this.#site(text, layer);
      const { count } = site;
      if (count === 0 && this.#selects) {
        throw new EngineError(
          `The selection picks no row of text ${text + 1}. Choose other positions or tokens.`,
        );
      }
      const values =
        this.#pooling === "mean"
          ? Float32Array.from(site.sum, (value) => (count === 0 ? 0 : value / count))
          : concatenate(site.rows, this.#width);
      emit({
        text,
        layer,
        positions: Int32Array.from(site.positions),
        tokens: Int32Array.from(site.tokens),
        values,
        count,
        meanNorm: count === 0 ? 0 : site.normSum / count,
      });
    }
    this.#sites.delete(text);
  }

  #site(text: number, layer: number): Site {
    const layers = this.#sites.get(text) ?? new Map<number, Site>();
    this.#sites.set(text, layers);
    let site = layers.get(layer);
    if (!site) {
      site = {
        sum: new Float64Array(this.#width),
        rows: [],
        positions: [],
        tokens: [],
        count: 0,
        normSum: 0,
      };
      layers.set(layer, site);
    }
    return site;
  }

  #add(site: Site, row: Row, values: Float32Array): void {
    const { sum } = site;
    let squares = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      sum[i]! += value;
      squares += value * value;
    }
    site.count++;
    site.normSum += Math.sqrt(squares);
    if (this.#pooling === "rows") {
      site.rows.push(values.slice());
      site.positions.push(row.position);
      site.tokens.push(row.token);
    }
  }
}

function concatenate(rows: readonly Float32Array[], width: number): Float32Array {
  const all = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    all.set(row, i * width);
  });
  return all;
}

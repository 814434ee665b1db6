import { EngineError } from "../../errors.js";
import type { Capture, CaptureOptions } from "../engine.js";
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
 * which the residual stream holds them. A BOS token is left out: its residual is an outlier many times longer
 * than any other's.
 */
export class CaptureAccumulator {
  readonly #width: number;
  readonly #bos: number;
  readonly #layers: ReadonlySet<number>;
  readonly #pooling: CaptureOptions["pooling"];
  readonly #sites = new Map<number, Map<number, Site>>();
  #rows: readonly Row[] = [];

  constructor(
    model: { width: number; vocabulary: { bos: number; addsBos: boolean } },
    layers: readonly number[],
    pooling: CaptureOptions["pooling"],
  ) {
    this.#width = model.width;
    this.#bos = model.vocabulary.addsBos ? model.vocabulary.bos : -1;
    this.#layers = new Set(layers);
    this.#pooling = pooling;
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
      if (row.position === 0 && row.token === this.#bos) continue;
      this.#add(this.#site(row.text, layer), row, values.subarray(i * width, (i + 1) * width));
    }
  }

  /** Hands out what was captured of a text, layer by layer, and forgets it. */
  finish(text: number, emit: (capture: Capture) => void): void {
    for (const layer of [...this.#layers].sort((a, b) => a - b)) {
      const site = this.#site(text, layer);
      const { count } = site;
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
    let squares = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      site.sum[i]! += value;
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

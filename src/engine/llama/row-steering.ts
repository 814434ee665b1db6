import { EngineError } from "../../errors.js";
import type { SelectableRow } from "../selection.js";
import type { ResidualHandler } from "./hooks.js";
import type { Gate, SteeringPlan } from "./interventions.js";
import { dot, norm } from "./operations.js";

/** The mean of a prompt's residuals so far, for a condition over the prompt; `open` once it is decided. */
export interface PromptGate {
  readonly sum: Float64Array;
  count: number;
  open: boolean;
}

/** A row of a decode with what is done to it. */
export interface SteeredRow extends SelectableRow {
  readonly plan: SteeringPlan | undefined;
  /** One for each of the plan's conditions; those over single rows are not used. */
  readonly gates?: readonly PromptGate[] | undefined;
}

/** Gates of a prompt of which nothing has been read. */
export function promptGates(plan: SteeringPlan, width: number): PromptGate[] {
  return plan.gates.map(() => ({ sum: new Float64Array(width), count: 0, open: false }));
}

/** Gates that go on from where a prompt's are, for a text of its own. */
export function copiedGates(gates: readonly PromptGate[]): PromptGate[] {
  return gates.map(({ sum, count, open }) => ({ sum: sum.slice(), count, open }));
}

export function resetGates(gates: readonly PromptGate[]): void {
  for (const gate of gates) {
    gate.sum.fill(0);
    gate.count = 0;
    gate.open = false;
  }
}

/**
 * Applies to each row of a decode its own interventions. `begin` names the rows before the decode, in the order in
 * which the residual stream holds them.
 */
export class RowSteering {
  readonly #width: number;
  readonly #last: number;
  #rows: readonly (SteeredRow | undefined)[] = [];
  #outputs: readonly number[] | undefined;
  /** Whether the conditions of each row are met, as far as they have been measured in this decode. */
  readonly #met = new Map<Gate, boolean[]>();

  constructor(model: { layers: number; width: number }) {
    this.#width = model.width;
    this.#last = model.layers - 1;
  }

  /**
   * @param outputs Numbers of the rows whose logits were asked for, if not of all: in most architectures the last
   * block holds no others.
   */
  begin(rows: readonly (SteeredRow | undefined)[], outputs?: readonly number[]): void {
    this.#rows = rows;
    this.#outputs = outputs;
    this.#met.clear();
  }

  /** Numbers of the rows that a block's output holds, or undefined if it holds all. Throws EngineError if it holds others. */
  #held(layer: number, values: Float32Array): readonly number[] | undefined {
    const found = values.length / this.#width;
    if (found === this.#rows.length) return undefined;
    const expected = layer === this.#last && this.#outputs ? this.#outputs : this.#rows;
    if (found === expected.length) return this.#outputs;
    throw new EngineError(
      `Layer ${layer} gave ${found} of ${expected.length} rows: llama.cpp regroups them in this architecture, so that ` +
        "they cannot be told apart. Choose another model.",
    );
  }

  readonly handle: ResidualHandler = (layer, values) => {
    const held = this.#held(layer, values);
    const width = this.#width;
    let changed = false;
    for (let place = 0; place * width < values.length; place++) {
      const number = held ? held[place]! : place;
      const row = this.#rows[number];
      if (!row?.plan) continue;
      const start = place * width;
      if (row.plan.gates.length > 0) this.#measure(layer, values, start, number, row, row.plan);
      for (const { selects, gate, factor, operation } of row.plan.steps.get(layer) ?? []) {
        if (selects && !selects(row)) continue;
        if (gate !== undefined && !this.#isOpen(row.plan.gates[gate]!, gate, number, row)) continue;
        const share = factor ? factor(row) : 1;
        if (share === 0) continue;
        operation(values, start, share);
        changed = true;
      }
    }
    return changed;
  };

  #isOpen(gate: Gate, index: number, number: number, row: SteeredRow): boolean {
    // Rows before the prompt's last one have passed by when a text is written; here they may be in the same decode.
    if (gate.over === "prompt") {
      return row.position >= row.promptLength - 1 && (row.gates?.[index]?.open ?? false);
    }
    return this.#met.get(gate)?.[number] ?? false;
  }

  #measure(
    layer: number,
    values: Float32Array,
    start: number,
    number: number,
    row: SteeredRow,
    plan: SteeringPlan,
  ): void {
    for (const [index, gate] of plan.gates.entries()) {
      if (gate.layer !== layer) continue;
      if (gate.over === "prompt") {
        if (row.gates) this.#listen(gate, row.gates[index]!, values, start, row);
        continue;
      }
      const along = dot(values, start, gate.unit);
      const length = gate.measure === "cosine" ? norm(values, start, this.#width) : 1;
      const met = this.#met.get(gate) ?? [];
      met[number] = isMet(gate, length === 0 ? 0 : along / length);
      this.#met.set(gate, met);
    }
  }

  /** Takes a row of a prompt into its mean, and decides when it is the prompt's last. */
  #listen(gate: Gate, state: PromptGate, values: Float32Array, start: number, row: SteeredRow): void {
    const { position, promptLength } = row;
    if (position >= promptLength) return;
    // The first row is an outlier, as it is for captures.
    if (position > 0) {
      for (let i = 0; i < this.#width; i++) state.sum[i]! += values[start + i]!;
      state.count++;
    }
    if (position < promptLength - 1 || state.count === 0) return;
    const mean = Float32Array.from(state.sum, (value) => value / state.count);
    const along = dot(mean, 0, gate.unit);
    const length = gate.measure === "cosine" ? norm(mean, 0, this.#width) : 1;
    state.open = isMet(gate, length === 0 ? 0 : along / length);
  }
}

function isMet({ above, below }: Gate, value: number): boolean {
  return value > above && value < below;
}

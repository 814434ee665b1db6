import { expect, test } from "vitest";
import type { Intervention } from "../intervention.js";
import { planSteering } from "./interventions.js";
import { promptGates, RowSteering, type SteeredRow } from "./row-steering.js";

const WIDTH = 2;
const MODEL = { layers: 4, width: WIDTH, steersNatively: () => true };

/** Adds (0, 1) at layer 2 if the prompt's mean at layer 1, BOS left out, leans to (1, 0). */
const CONDITIONAL: Intervention = {
  kind: "add",
  layer: 2,
  vector: Float32Array.of(0, 1),
  when: { layer: 1, vector: Float32Array.of(1, 0), measure: "projection", over: "prompt", above: 0 },
};

/** Which rows of a prompt of three tokens with an answer of two are changed at layer 2, when they are read in these batches. */
function changedRows(
  batches: readonly (readonly number[])[],
  residual: (position: number) => number,
): number[] {
  const plan = planSteering({ interventions: [CONDITIONAL] }, MODEL);
  const steering = new RowSteering(MODEL);
  const gates = promptGates(plan, WIDTH);
  return batches.flatMap((positions) => {
    const rows = positions.map(
      (position): SteeredRow => ({ position, token: position + 1, promptLength: 3, plan, gates }),
    );
    steering.begin(rows);
    steering.handle(1, Float32Array.from(positions.flatMap((position) => [residual(position), 0])));
    const values = new Float32Array(WIDTH * rows.length);
    steering.handle(2, values);
    return positions.filter((_, row) => values[WIDTH * row + 1] === 1);
  });
}

test("a condition over the prompt acts from its last token on, however the text is cut into batches", () => {
  // BOS leans the other way, and more; the answer as well.
  const leaning = (position: number) => [-9, 1, 1, -9, -9][position]!;
  for (const batches of [
    [[0, 1, 2, 3, 4]],
    [
      [0, 1, 2],
      [3, 4],
    ],
    [[0, 1], [2], [3], [4]],
  ]) {
    expect(changedRows(batches, leaning)).toEqual([2, 3, 4]);
    expect(changedRows(batches, (position) => -leaning(position))).toEqual([]);
  }
});

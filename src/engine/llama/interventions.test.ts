import { expect, test } from "vitest";
import type { Intervention } from "../intervention.js";
import type { Selection } from "../selection.js";
import { planSteering, requireReach } from "./interventions.js";

const WIDTH = 4;
const model = (native: readonly number[]) => ({
  layers: 6,
  width: WIDTH,
  steersNatively: (layer: number) => native.includes(layer),
});
const ALL = model([1, 2, 3, 4, 5]);
const add = (layer: number, value = 1): Intervention => ({
  kind: "add",
  layer,
  vector: new Float32Array(WIDTH).fill(value),
});
const route = (interventions: readonly Intervention[], of = ALL) => planSteering({ interventions }, of).route;

test("plain additions take the control vector where it works, and their sum for each layer", () => {
  const plan = planSteering({ interventions: [add(2), add(3), add(2, 0.5)] }, ALL);
  expect(plan.route).toBe("native");
  expect([...plan.additions.keys()]).toEqual([2, 3]);
  expect([...plan.additions.get(2)!]).toEqual([1.5, 1.5, 1.5, 1.5]);
  expect(route([])).toBe("native");
});

test("the callback takes layer 0, every other operation, and what llama.cpp's control vector leaves out", () => {
  expect(route([add(0)])).toBe("callback");
  expect(route([add(2), add(3)], model([2]))).toBe("callback");
  expect(route([add(2), { kind: "ablate", layer: 3, direction: new Float32Array(WIDTH).fill(1) }])).toBe(
    "callback",
  );
  expect(route([{ ...add(2), where: { phase: "generated" } }])).toBe("callback");
  expect(route([{ ...add(2), schedule: [{ token: 0, factor: 1 }] }])).toBe("callback");
  // A selection of everything is none.
  expect(route([{ ...add(2), where: { phase: "all", exclude: [] } }])).toBe("native");
});

test("the control vector cannot be asked for what it cannot do", () => {
  const interventions = [add(0)];
  expect(() => planSteering({ interventions, route: "native" }, ALL)).toThrow(/none at layer 0/);
});

test("a beginning is shared among prompts unless what is done there depends on the rest of the prompt", () => {
  const plan = (where?: Selection) =>
    planSteering({ interventions: [{ ...add(2), ...(where ? { where } : {}) }] }, ALL);
  expect(plan()).toMatchObject({ sharesBeginnings: true, touchesPrompts: true });
  expect(plan({ phase: "generated" })).toMatchObject({ sharesBeginnings: true, touchesPrompts: false });
  const last: Selection = { include: [{ anchor: "prompt-end", from: -1, to: -1 }] };
  expect(plan(last)).toMatchObject({ sharesBeginnings: false, touchesPrompts: true });
});

test("an intervention must be able to reach a row: of the prompt by its tokens, or one that may be drawn", () => {
  const reach = (where: Selection, most = 8) =>
    requireReach(
      planSteering({ interventions: [{ ...add(2), where }] }, ALL),
      Int32Array.of(1, 7, 9, 4),
      most,
    );
  expect(() => reach({ include: [{ tokens: [9] }] })).not.toThrow();
  expect(() => reach({ include: [{ tokens: [5] }] })).not.toThrow();
  expect(() => reach({ include: [{ tokens: [5] }] }, 4)).toThrow(/picks no row: the prompt has 4 tokens/);
  expect(() => reach({ include: [{ tokens: [9] }], exclude: [{ tokens: [9] }] })).toThrow(/picks no row/);
  expect(() => reach({ include: [{ anchor: "start", from: 7, to: 9 }] })).not.toThrow();
  expect(() => reach({ include: [{ anchor: "start", from: 8, to: 9 }] })).toThrow(/picks no row/);
  expect(() => reach({ phase: "generated" }, 4)).toThrow(/picks no row/);
});

test("an intervention whose schedule is 0 wherever the text can come is refused", () => {
  const reach = (first: number, most: number) => {
    const schedule = [
      { token: first, factor: 0 },
      { token: first + 2, factor: 1 },
    ];
    const plan = planSteering({ interventions: [{ ...add(2), schedule }] }, ALL);
    requireReach(plan, Int32Array.of(1, 7, 9, 4), most);
  };
  // The prompt has positions 0 to 3, and the fourth drawn token's row is 7.
  expect(() => reach(2, 8)).not.toThrow();
  expect(() => reach(3, 8)).toThrow(/picks no row.*another schedule/);
});

test("a text that could be of any length is looked at only as far as the first row that is reached", () => {
  const plan = planSteering({ interventions: [{ ...add(2), where: { phase: "generated" } }] }, ALL);
  expect(() => requireReach(plan, Int32Array.of(1, 7), 1e15)).not.toThrow();
});

import { expect, test } from "vitest";
import type { GuidanceCell } from "../recipe/guidance-axes.js";
import { guidanceSchema } from "../recipe/guidance-schema.js";
import { guidedStreams, type StreamInputs } from "./guided-streams.js";

const parse = (guidance: object) => guidanceSchema.parse(guidance);

/** Weight, expert and prompt of each stream. */
const streams = (guidance: object, cell: Omit<GuidanceCell, "preset">, inputs: StreamInputs = {}) => {
  const read = parse(guidance);
  return guidedStreams(read, { preset: read.preset, ...cell }, inputs).streams.map(
    ({ weight, expert, prompt }) => [weight, expert, prompt],
  );
};

const NEGATIVES = { negatives: "one two" };

test.each<[object, Omit<GuidanceCell, "preset">, unknown[]]>([
  [{ preset: "contrastive-expert" }, { gamma: 0.5 }, [[1.5, "expert"], [-0.5]]],
  [{ preset: "negative-prompt" }, { eta: 0.6 }, [[1], [-0.6, undefined, "one two"]]],
  [{ preset: "negative-prompt" }, { eta: 0 }, [[1]]],
  [
    { preset: "negative-prompt", expert: "e.gguf" },
    { eta: 0.6 },
    [
      [1, "expert"],
      [-0.6, "expert", "one two"],
    ],
  ],
  [{ preset: "steer" }, { gamma: 0.5, eta: 0.6 }, [[1.5, "expert"], [-0.5], [-0.6, "expert", "one two"]]],
  [{ preset: "steer" }, { gamma: 0.5, eta: 0 }, [[1.5, "expert"], [-0.5]]],
  [{ preset: "classifier-free" }, { gamma: 1 }, [[2], [-1, undefined, "other"]]],
  [{ preset: "dexperts" }, { gamma: 2 }, [[1], [2, "expert"], [-2, "antiExpert"]]],
  [{ preset: "contrastive-decoding" }, { gamma: 0.5 }, [[1.5], [-0.5, "amateur"]]],
  [{ preset: "steered-contrast" }, { gamma: 1 }, [[2], [-1]]],
])("%j with %j", (guidance, cell, expected) => {
  const whole = expected.map((stream) => [...(stream as unknown[]), undefined, undefined].slice(0, 3));
  expect(streams(guidance, cell, { ...NEGATIVES, unprompted: "other" })).toEqual(whole);
});

test("limits go with it, and contrastive decoding has a plausibility of its own", () => {
  const schedule = [{ token: 3, factor: 0.5 }];
  const limits = { plausibility: 0.2, schedule, entropyAbove: 1, after: 2 };
  const free = parse({ preset: "classifier-free", ...limits });
  expect(guidedStreams(free, { preset: "classifier-free", gamma: 1 }, {})).toMatchObject(limits);
  const contrast = parse({ preset: "contrastive-decoding" });
  expect(guidedStreams(contrast, { preset: "contrastive-decoding", gamma: 1 }, {})).toMatchObject({
    plausibility: 0.1,
  });
  const given = parse({ preset: "contrastive-decoding", plausibility: 0 });
  expect(guidedStreams(given, { preset: "contrastive-decoding", gamma: 1 }, {})).toMatchObject({
    plausibility: 0,
  });
});

test("ends are spared unless the recipe says otherwise, and unfit experts are not steered", () => {
  const inputs = { ...NEGATIVES, unsteered: new Set(["expert" as const]) };
  const cell = { preset: "steer", gamma: 0.5, eta: 0.6 } as const;
  const [expert, base, negative] = guidedStreams(parse({ preset: "steer" }), cell, inputs).streams;
  expect([expert!.interventions, base!.interventions, negative!.interventions]).toEqual([[], undefined, []]);
  expect(negative!.sparesEnd).toBe(true);
  expect(guidedStreams(parse({ preset: "steer", spareEnd: false }), cell, inputs).streams[2]!.sparesEnd).toBe(
    false,
  );
});

test("η above 0 needs negative examples", () => {
  const guidance = parse({ preset: "negative-prompt" });
  expect(() => guidedStreams(guidance, { preset: "negative-prompt", eta: 1 }, {})).toThrow(
    /pool of negative examples is empty/,
  );
});

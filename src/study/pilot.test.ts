import { expect, test } from "vitest";
import type { ScoreCard } from "../score/score.js";
import { type PilotOutcome, pilotOrders, rankConfigurations } from "./pilot.js";

interface Scores {
  readonly success?: number;
  readonly coherence?: number;
  readonly diversity?: number;
}

function outcome(
  layer: number,
  strength: number,
  scores: Scores,
  more: Partial<PilotOutcome> = {},
): PilotOutcome {
  const card = {
    success: { value: scores.success },
    coherence: { value: scores.coherence },
    diversity: { value: scores.diversity },
  } as unknown as ScoreCard;
  return {
    configuration: {
      name: `mean-difference@${layer}x${strength}`,
      prompting: "zero-shot",
      steering: { method: "mean-difference", operation: "add", layers: [layer], strength },
    },
    absoluteStrength: strength,
    written: 8,
    kept: 8,
    complete: true,
    collapsed: false,
    round: 0,
    card,
    ...more,
  };
}

const chosen = (...outcomes: PilotOutcome[]) => rankConfigurations(outcomes)[0]?.configuration.name;
const even = (value: number): Scores => ({ success: value, coherence: value, diversity: value });

test("the largest harmonic mean is chosen: one weak score cannot be bought off", () => {
  const lopsided = outcome(1, 0.3, { success: 1, coherence: 0.2, diversity: 1 });
  expect(chosen(lopsided, outcome(2, 0.1, even(0.6)))).toBe("mean-difference@2x0.1");
});

test("who reached a later round stands before who had the better mean of fewer texts", () => {
  const early = outcome(1, 0.1, even(0.9));
  const late = outcome(2, 0.1, even(0.6), { round: 1 });
  expect(rankConfigurations([early, late, outcome(3, 0.1, even(0))])).toEqual([late, early]);
});

test("of equals the weakest, then the earliest layer", () => {
  expect(chosen(outcome(2, 0.1, even(0.5)), outcome(1, 0.1, even(0.5)), outcome(0, 0.2, even(0.5)))).toBe(
    "mean-difference@1x0.1",
  );
});

test("of equal guidance the one with the smallest weights", () => {
  const guided = (gamma: number, eta: number) =>
    outcome(0, 0, even(0.5), {
      configuration: {
        name: `steer@g${gamma}e${eta}`,
        prompting: "zero-shot",
        guidance: { preset: "steer", gamma, eta },
      },
      absoluteStrength: undefined,
    });
  expect(chosen(guided(0.6, 0.6), guided(0, 0.6), guided(0.2, 0.6))).toBe("steer@g0e0.6");
});

test("a collapsed configuration is chosen only if there is no other", () => {
  const collapsed = outcome(1, 0.9, even(0.9), { collapsed: true });
  expect(chosen(collapsed, outcome(1, 0.1, even(0.3)))).toBe("mean-difference@1x0.1");
  expect(chosen(collapsed)).toBe("mean-difference@1x0.9");
});

test("nothing is chosen from zeros, or from what is not whole", () => {
  expect(chosen(outcome(1, 0.1, { success: 0, coherence: 1, diversity: 1 }))).toBeUndefined();
  expect(chosen(outcome(1, 0.1, even(0.9), { complete: false }))).toBeUndefined();
  expect(chosen()).toBeUndefined();
});

test("where the model cannot judge coherence for any, success and diversity decide", () => {
  const scores = { success: 0.8, diversity: 0.5 };
  expect(chosen(outcome(1, 0.1, scores), outcome(2, 0.1, { success: 0.5, diversity: 0.4 }))).toBe(
    "mean-difference@1x0.1",
  );
  // One that lacks what the others have is not compared with them.
  expect(chosen(outcome(1, 0.1, scores), outcome(2, 0.1, even(0.3)))).toBe("mean-difference@2x0.1");
});

test("a pilot asks for as many texts of each configuration as it is told, and no more", () => {
  const { configuration } = outcome(1, 0.1, {});
  expect(pilotOrders([configuration], 6)).toEqual([
    { configuration, counts: "written", wanted: 6, limit: 6 },
  ]);
});

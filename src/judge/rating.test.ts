import fc from "fast-check";
import { expect, it } from "vitest";
import type { RatedText, Rating } from "./judge.js";
import { criterionRating, orderEffects, preference, ratingScore, summarizeRatings } from "./rating.js";

const rated = (concept: number, instruction: number, fluency: number): RatedText => {
  const of = (rating: number) => ({ expected: rating, likeliest: rating });
  return { concept: of(concept), instruction: of(instruction), fluency: of(fluency) };
};

it("averages both orders, and says how far apart they were", () => {
  // Means of the columns: 0.2, 0.3, 0.5. Expectations of the rows: 1.6 and 1.0.
  const found = criterionRating([
    { probabilities: [0.1, 0.2, 0.7], mass: 0.5 },
    { probabilities: [0.3, 0.4, 0.3], mass: 0.25 },
  ]);
  expect(found.expected).toBeCloseTo(1.3, 14);
  expect(found.likeliest).toBe(2);
  expect(found.orderEffect).toBeCloseTo(0.6, 14);
  expect(found.ordersAgree).toBe(false);
  expect(found.mass).toBe(0.375);
});

it("rates in one order without an order check", () => {
  expect(criterionRating([{ probabilities: [0, 0.75, 0.25] }])).toEqual({ expected: 1.25, likeliest: 1 });
});

it("takes the lowest of equally likely ratings", () => {
  const sure = (rating: number) => ({ probabilities: [0, 1, 2].map((one) => (one === rating ? 1 : 0)) });
  expect(criterionRating([sure(1), sure(2)])).toEqual({
    expected: 1.5,
    likeliest: 1,
    orderEffect: -1,
    ordersAgree: false,
  });
});

it("turns the second order of a pair round", () => {
  // `a` is A with 0.9 at first, and B with 0.2 then.
  const found = preference([{ probabilities: [0.9, 0.1] }, { probabilities: [0.8, 0.2] }]);
  expect(found.a).toBeCloseTo(0.55, 14);
  expect(found.orderEffect).toBeCloseTo(0.7, 14);
  expect(found.ordersAgree).toBe(false);
  expect(preference([{ probabilities: [0.9, 0.1] }, { probabilities: [0.3, 0.7] }]).ordersAgree).toBe(true);
});

it("scores a text by the harmonic mean of its ratings, 0 with a 0", () => {
  // 3 / (1/2 + 1/1 + 1/2) = 1.5; 3 / (1/2 + 1/2 + 1/1) = 1.5; 3 / (1/1 + 1/1 + 1/2) = 1.2
  expect(ratingScore(rated(2, 1, 2))).toBe(1.5);
  expect(ratingScore(rated(2, 2, 1))).toBe(1.5);
  expect(ratingScore(rated(1, 1, 2))).toBeCloseTo(1.2, 14);
  expect(ratingScore(rated(2, 2, 2))).toBe(2);
  expect(ratingScore(rated(1, 1, 1))).toBe(1);
  for (const zero of [rated(0, 2, 2), rated(2, 0, 2), rated(2, 2, 0), rated(0, 0, 0)]) {
    expect(ratingScore(zero)).toBe(0);
  }
  const unsure = { ...rated(2, 2, 0), fluency: { expected: 0.5, likeliest: 0 } };
  // 3 / (1/2 + 1/2 + 2) = 1
  expect([ratingScore(unsure), ratingScore(unsure, "expected")]).toEqual([0, 1]);
});

it("measures order effects over many answers", () => {
  const checks = [
    { orderEffect: 0.5, ordersAgree: true },
    { orderEffect: -1.5, ordersAgree: false },
    { orderEffect: 0.25, ordersAgree: true },
    {},
  ];
  expect(orderEffects(checks)).toEqual({ disagreement: 1 / 3, size: 0.75, bias: -0.25 });
  expect(orderEffects([{}])).toEqual({ disagreement: undefined, size: undefined, bias: undefined });
});

it("sums up ratings, and counts absences apart", () => {
  const ratings: Rating[] = [
    rated(2, 1, 2),
    rated(0, 2, 2),
    { absent: "down", reason: "no answer" },
    { absent: "down", reason: "no answer" },
    { absent: "nonsense", reason: "a poem" },
  ];
  const summary = summarizeRatings(ratings);
  expect(summary).toMatchObject({
    rated: 2,
    absent: { down: 2, refused: 0, nonsense: 1, failed: 0 },
    reasons: ["no answer", "a poem"],
    score: 0.75,
    concept: { expected: 1, likeliest: 1, mass: undefined, disagreement: undefined },
    fluency: { expected: 2 },
  });
  const nothing = summarizeRatings(ratings.slice(2));
  expect([nothing.rated, nothing.score, nothing.concept.expected]).toEqual([0, undefined, undefined]);
});

it("stays within its ranges", () => {
  const weights = fc
    .array(fc.constantFrom<number[]>(0, 1e-6, 0.1, 0.3, 0.7, 1), { minLength: 3, maxLength: 3 })
    .filter((values) => values.some((value) => value > 0))
    .map((values) => {
      const sum = values.reduce((a, b) => a + b, 0);
      return { probabilities: values.map((value) => value / sum) };
    });
  const criterion = fc.array(weights, { minLength: 1, maxLength: 2 }).map(criterionRating);
  fc.assert(
    fc.property(criterion, criterion, criterion, (concept, instruction, fluency) => {
      const text = { concept, instruction, fluency };
      for (const of of ["likeliest", "expected"] as const) {
        const values = [concept[of], instruction[of], fluency[of]];
        const score = ratingScore(text, of);
        expect(score).toBeGreaterThanOrEqual(Math.min(...values) * (1 - 1e-12));
        expect(score).toBeLessThanOrEqual(2 + 1e-12);
        if (of === "likeliest") expect(score === 0).toBe(values.includes(0));
      }
      for (const one of [concept, instruction, fluency]) {
        expect(one.expected).toBeLessThanOrEqual(2);
        expect(Math.abs(one.orderEffect ?? 0)).toBeLessThanOrEqual(2 + 1e-12);
      }
    }),
    { seed: 5 },
  );
});

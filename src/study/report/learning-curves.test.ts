import { expect, it } from "vitest";
import { drawFigure } from "./figure.js";
import { curveKey, learningCurves, MOST_CURVES, type NamedCurve } from "./learning-curves.js";
import { scatterPlot } from "./scatter-plot.js";

const curve = (title: string, means: readonly number[]): NamedCurve => ({
  arm: title,
  title,
  points: means.map((mean, i) => ({ size: 10 * 2 ** i, mean, sd: 0.01 })),
});

const points = (source: string) =>
  [...source.matchAll(/role-mark point"[^>/]*>(.*?)<\/g>/g)].map(([, group = ""]) =>
    [...group.matchAll(/translate\(([-\d.]+),([-\d.]+)\)/g)].map(
      ([, x, y]) => [Number(x), Number(y)] as const,
    ),
  );

it("draws a curve for each data set: more texts to the right, a better score higher", async () => {
  const { source } = await drawFigure(
    learningCurves("Macro-F1", [curve("<a>", [0.5, 0.6, 0.65]), curve("b", [0.4, 0.45])]),
  );
  const [first, second] = points(source);
  expect([first?.length, second?.length]).toEqual([3, 2]);
  const step = first![1]![0] - first![0]![0];
  expect(first![2]![0] - first![1]![0]).toBeCloseTo(step, 6);
  expect(first![1]![1]).toBeLessThan(first![0]![1]);
  expect(second![0]![1]).toBeGreaterThan(first![0]![1]);
  expect(source).toContain("&lt;a&gt;: 0.650 with 40; b: 0.450 with 20");
});

it("draws no more curves than can be told apart, and names those", async () => {
  const all = Array.from({ length: MOST_CURVES + 2 }, (_, i) => curve(`set ${i}`, [0.1 * i, 0.2]));
  const { source } = await drawFigure(learningCurves("Macro-F1", all));
  expect(points(source)).toHaveLength(MOST_CURVES);
  expect(curveKey(all).source.match(/<li>/g)).toHaveLength(MOST_CURVES);
});

it("stands curves without points and without numbers", async () => {
  for (const all of [[], [curve("a", [])], [curve("a", [Number.NaN])], [curve("a", [0.5])]]) {
    const { source } = await drawFigure(learningCurves("AUROC", all));
    expect(source).not.toMatch(/NaN|Infinity|undefined/);
  }
});

it("scatters data sets, the baselines as squares of their own colour", async () => {
  const all = [0.2, 0.5, 0.9].map((x, i) => ({ x, y: 0.3 + x / 2, spread: 0.02, baseline: i === 1 }));
  const { source } = await drawFigure(
    scatterPlot({ x: "success", y: "AUROC" }, [...all, { x: Number.NaN, y: 1, spread: 0, baseline: false }]),
  );
  const [found] = points(source);
  expect(found).toHaveLength(3);
  const [a, b, c] = found!;
  expect([a![0] < b![0], b![0] < c![0], a![1] > b![1], b![1] > c![1]]).toEqual([true, true, true, true]);
  expect(/role-mark point"[^>/]*>(.*?)<\/g>/.exec(source)![1]!.match(/stroke="var\(--mark\)"/g)).toHaveLength(
    1,
  );
  expect(source).toContain('aria-label="AUROC against success, 3 data sets"');
});

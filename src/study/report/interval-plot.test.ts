import { describe, expect, it } from "vitest";
import { axis, intervalPlot } from "./interval-plot.js";

const row = (mean: number, sd: number) => ({
  name: "<arm>",
  mean,
  low: mean - sd,
  high: mean + sd,
  values: [mean - sd, mean + 2 * sd],
  highlighted: false,
  text: `${mean}`,
});

describe("axis", () => {
  it.each([
    [[0.7, 0.75], 0.01, 2],
    [[0.71, 0.711], 0.005, 3],
    [[0, 1], 0.2, 1],
    [[0.5], 0.005, 3],
  ])("of %j has ticks %d apart", (values, step, digits) => {
    const found = axis(values);
    expect(found.digits).toBe(digits);
    expect(found.low).toBeLessThan(Math.min(...values));
    expect(found.high).toBeGreaterThan(Math.max(...values));
    expect(found.ticks.length).toBeGreaterThanOrEqual(3);
    expect(found.ticks.length).toBeLessThanOrEqual(8);
    expect((found.ticks[1] ?? 0) - (found.ticks[0] ?? 0)).toBeCloseTo(step, 12);
    for (const tick of found.ticks) expect(tick >= found.low && tick <= found.high).toBe(true);
  });
});

describe("intervalPlot", () => {
  it("puts a larger mean further right, and its interval around it", () => {
    const { source } = intervalPlot([row(0.6, 0.02), row(0.7, 0.03)]);
    const means = [...source.matchAll(/class="mean" cx="([\d.]+)%"/g)].map((match) => Number(match[1]));
    const lines = [...source.matchAll(/class="interval" x1="([\d.]+)%" x2="([\d.]+)%" y1="15"/g)];
    expect(means[1]).toBeGreaterThan(means[0] ?? 100);
    lines.forEach((line, at) => {
      expect((Number(line[1]) + Number(line[2])) / 2).toBeCloseTo(means[at] ?? 0, 1);
    });
    expect(source).toContain("&lt;arm&gt;");
  });

  it("leaves out what was not measured, and stands an empty list", () => {
    for (const rows of [[], [row(Number.NaN, 0.1)], [row(0.5, Number.NaN)]]) {
      expect(intervalPlot(rows).source).not.toMatch(/NaN|Infinity|undefined/);
    }
  });
});

import { describe, expect, it } from "vitest";
import { drawFigure } from "./figure.js";
import { extent, type IntervalRow, intervalPlot } from "./interval-plot.js";

const row = (mean: number, sd: number, name = "</svg><script>"): IntervalRow => ({
  name,
  mean,
  low: mean - sd,
  high: mean + sd,
  values: [mean - sd, mean + 2 * sd],
  highlighted: false,
  text: `${mean}`,
});

async function drawn(rows: readonly IntervalRow[]): Promise<string> {
  return (await drawFigure(intervalPlot("Macro-F1", rows))).source;
}

/** What is within the marks of a name. */
function group(source: string, name: string): string {
  return new RegExp(`role-mark ${name}"[^>/]*>(.*?)</g>`).exec(source)?.[1] ?? "";
}

const x = (text: string) => [...text.matchAll(/translate\(([-\d.]+),/g)].map((match) => Number(match[1]));

describe("intervalPlot", () => {
  it("puts a larger mean further right, and its interval around it", async () => {
    const source = await drawn([row(0.6, 0.02), row(0.7, 0.03)]);
    const means = x(group(source, "mean"));
    expect(means).toHaveLength(2);
    expect(means[1]).toBeGreaterThan(means[0]!);
    const rules = group(source, "interval");
    const starts = x(rules);
    const lengths = [...rules.matchAll(/ x2="([-\d.]+)"/g)].map((match) => Number(match[1]));
    starts.forEach((start, at) => {
      expect(start + lengths[at]! / 2).toBeCloseTo(means[at]!, 0);
    });
    expect(x(group(source, "single"))).toHaveLength(4);
    expect(group(source, "name")).toContain("&lt;/svg&gt;&lt;script&gt;");
  });

  it("gives a long name a line of its own, and cuts one that is too long for any", async () => {
    const short = await drawn([row(0.6, 0.1, "a"), row(0.7, 0.1, "b")]);
    const long = await drawn([row(0.6, 0.1, "a"), row(0.7, 0.1, `${"名前".repeat(11)}ab`)]);
    const longer = await drawn([row(0.6, 0.1, "a"), row(0.7, 0.1, "名前".repeat(30))]);
    const height = (source: string) => Number(/ height="(\d+)"/.exec(source)?.[1]);
    expect(height(long)).toBeGreaterThan(height(short));
    expect(height(longer)).toBe(height(long));
    expect(group(long, "name")).not.toContain("…");
    expect(group(longer, "name")).toContain("名…");
  });

  it("leaves out what was not measured, and stands an empty list", async () => {
    for (const rows of [[], [row(Number.NaN, 0.1)], [row(0.5, Number.NaN)], [row(0.5, 0)]]) {
      expect(await drawn(rows)).not.toMatch(/NaN|Infinity|undefined/);
    }
  });
});

describe("extent", () => {
  it.each([
    [[], [0, 1]],
    [[Number.NaN], [0, 1]],
    [[0.5], [0.49, 0.51]],
    [
      [0.7, Number.NaN, 0.2],
      [0.2, 0.7],
    ],
  ])("of %j is %j", (values, expected) => expect(extent(values)).toEqual(expected));
});

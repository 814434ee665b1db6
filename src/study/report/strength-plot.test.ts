import { describe, expect, test } from "vitest";
import { RANGE_THRESHOLDS } from "../../steering/range-from-points.js";
import type { CellRange, StrengthRanges } from "../../steering/strength-range.js";
import { PLOT_STYLE, strengthPlot } from "./strength-plot.js";

const cell: CellRange = {
  name: "layer 5",
  layers: [5],
  begins: 0.1,
  breaks: 0.8,
  safe: [0.1, 0.4],
  recommended: [0.16, 0.25, 0.4],
  moves: "unclear",
  points: [
    { strength: 0.05, totalVariation: 0.03, klDivergence: 0.01, texts: 0 },
    { strength: 0.1, totalVariation: 0.06, klDivergence: 0.02, texts: 8, coherence: 1.3, perplexity: 12.3 },
    { strength: 0.2, totalVariation: 0.12, klDivergence: 0.05, texts: 8, coherence: 0.97 },
    { strength: 0.4, totalVariation: 0.3, klDivergence: 0.3, texts: 8, coherence: 0.9, perplexity: 20 },
    { strength: 0.8, totalVariation: 1, klDivergence: undefined, texts: 0, coherence: 0 },
  ],
};
const nothing = { begins: undefined, breaks: undefined, safe: undefined, recommended: [], moves: undefined };

function plotOf(...cells: Partial<CellRange>[]): Promise<string> {
  const ranges: StrengthRanges = {
    cells: cells.map((changes) => ({ ...cell, ...changes })),
    unsteered: undefined,
    thresholds: RANGE_THRESHOLDS,
    written: { texts: 0, tokens: 0 },
    notes: [],
  };
  return strengthPlot(ranges, 'A <title> & "more"');
}

/** Places of the marks of a name in the last panel. */
function places(source: string, name: string): (readonly [number, number])[] {
  const groups = [...source.matchAll(new RegExp(`role-mark ${name}"[^>/]*>(.*?)</g>`, "g"))];
  return [...(groups.at(-1)?.[1] ?? "").matchAll(/translate\(([-\d.]+),([-\d.]+)\)/g)].map(
    ([, x, y]) => [Number(x), Number(y)] as const,
  );
}

describe("strengthPlot", () => {
  test("puts strengths to the right on a logarithmic scale, and values up", async () => {
    const source = await plotOf({});
    const effect = places(source, "effect-point");
    expect(effect).toHaveLength(5);
    const steps = effect.slice(1).map(([x], index) => x - effect[index]![0]);
    for (const step of steps) expect(step).toBeCloseTo(steps[0]!, 6);
    const heights = effect.map(([, y]) => y);
    expect([...heights].sort((a, b) => b - a)).toEqual(heights);
    // Coherence falls; 1.3 is drawn at the top of the scale and not above it.
    const coherence = places(source, "coherence-point").map(([, y]) => y);
    expect(coherence).toHaveLength(4);
    expect(coherence[0]).toBe(0);
    expect([...coherence].sort((a, b) => a - b)).toEqual(coherence);
  });

  test("shades the safe interval, from where it begins to its end", async () => {
    const source = await plotOf({});
    const [, start, width] = /role-mark safe-range"[^>]*><path d="M([\d.]+),0h([\d.]+)v/.exec(source) ?? [];
    const [begins, breaks] = places(source, "edge").map(([x]) => x);
    expect(begins).toBeCloseTo(Number(start), 6);
    expect(Number(start) + Number(width)).toBeLessThan(breaks!);
    expect(places(source, "use-mark")).toHaveLength(3);
    expect(source).toContain("▲ use 0.16, 0.25, 0.4");
    expect(source).toContain("layer 5: safe from 0.1 to 0.4.");
  });

  test("is one well-formed file of its own, with what comes from outside escaped", async () => {
    const source = await plotOf({ name: "<script>\u0007" }, {}, {});
    expect(source).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(source).toContain("A &lt;title&gt; &amp; &quot;more&quot;");
    expect(source).not.toMatch(/<script|NaN|Infinity|undefined/);
    expect(source).not.toContain("\u0007");
    const opened = [...source.matchAll(/<([a-z]+)[^<>]*[^/]>|<([a-z]+)>/g)].length;
    expect([...source.matchAll(/<\/[a-z]+>/g)]).toHaveLength(opened);
    const size = (text: string) => Number(/viewBox="0 0 \d+ (\d+)"/.exec(text)?.[1]);
    expect(size(source)).toBeGreaterThan(size(await plotOf({}, {})));
    expect(size(await plotOf({}, {}))).toBe(size(await plotOf({})));
    expect(await plotOf({})).toBe(await plotOf({}));
  });

  test.each([
    [{ ...nothing }, "no strength changes what the model says"],
    [{ ...nothing, begins: 0.1 }, "where texts break is not known"],
    [{ ...nothing, begins: 0.1, breaks: 0.1 }, "texts break as soon as anything changes"],
    [{ ...nothing, moves: "away" as const, breaks: 0.8 }, "texts move the other way"],
  ])("says why there is nothing to use: %j", async (changes, words) => {
    const source = await plotOf(changes);
    expect(source).toContain(words);
    expect(source).toContain("no safe strength");
    expect([places(source, "safe-range"), places(source, "use-mark")]).toEqual([[], []]);
    expect(source).not.toMatch(/role-mark safe-range"[^>]*><path|NaN|undefined/);
  });

  test("stands no cell, and a cell of one strength or of none", async () => {
    for (const cells of [[], [{ points: [cell.points[1]!] }], [{ points: [] }]]) {
      expect(await plotOf(...cells)).not.toMatch(/NaN|Infinity|undefined/);
    }
  });
});

describe("the figure's colours", () => {
  const themes = [...PLOT_STYLE.matchAll(/\.strength-plot\{(--[^}]*)\}/g)].map((match) => match[1]!);
  const colour = (theme: string, name: string) =>
    new RegExp(`--${name}:#([0-9a-f]{6})`).exec(theme)?.[1] ?? "";

  test.each([
    ["light", 0],
    ["dark", 1],
  ])("can be told from the %s page", (_, at) => {
    const theme = themes[at]!;
    for (const [ink, ground, least] of [
      ["ink", "page", 4.5],
      ["soft", "page", 4.5],
      ["soft", "safe", 4.5],
      ["accent", "page", 3],
      ["accent", "safe", 3],
      ["mark", "page", 3],
      ["mark", "safe", 3],
    ] as const) {
      expect(
        contrast(colour(theme, ink), colour(theme, ground)),
        `${ink} on ${ground}`,
      ).toBeGreaterThanOrEqual(least);
    }
  });
});

/** WCAG 2.2, "contrast ratio" of "relative luminance". */
function contrast(a: string, b: string): number {
  const luminance = (hex: string) => {
    const [r = 0, g = 0, b = 0] = [0, 2, 4]
      .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light! + 0.05) / (dark! + 0.05);
}

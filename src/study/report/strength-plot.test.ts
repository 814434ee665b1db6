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

function plotOf(...cells: Partial<CellRange>[]): string {
  const ranges: StrengthRanges = {
    cells: cells.map((changes) => ({ ...cell, ...changes })),
    unsteered: undefined,
    thresholds: RANGE_THRESHOLDS,
    written: { texts: 0, tokens: 0 },
    notes: [],
  };
  return strengthPlot(ranges, 'A <title> & "more"');
}

function numbers(source: string, pattern: RegExp): number[] {
  return [...source.matchAll(pattern)].map((match) => Number(match[1]));
}

describe("strengthPlot", () => {
  test("puts strengths to the right on a logarithmic scale, and values up", () => {
    const source = plotOf({});
    const x = numbers(source, /class="square" x="([\d.-]+)" [^>]*><title>/g);
    expect(x).toHaveLength(5);
    const steps = x.slice(1).map((value, index) => value - x[index]!);
    for (const step of steps) expect(step).toBeCloseTo(steps[0]!, 0);
    const effect = numbers(source, /class="square" x="[\d.-]+" y="([\d.-]+)" [^>]*><title>/g);
    expect([...effect].sort((a, b) => b - a)).toEqual(effect);
    // Coherence falls; 1.3 is drawn at the top of the scale and not above it.
    const coherence = numbers(source, /<circle cx="[\d.]+" cy="([\d.]+)" r="3.5"><title>/g);
    expect(coherence).toHaveLength(4);
    expect(coherence[0]).toBe(0);
    expect([...coherence].sort((a, b) => a - b)).toEqual(coherence);
  });

  test("shades the safe interval, from where it begins to its end", () => {
    const source = plotOf({});
    const [start, width] = [
      /class="safe" x="([\d.]+)" y="0"/,
      /class="safe" x="[\d.]+" y="0" width="([\d.]+)"/,
    ].map((pattern) => Number(pattern.exec(source)?.[1]));
    const edges = numbers(source, /class="edge" x1="([\d.]+)"/g);
    expect(edges[0]).toBeCloseTo(start!, 6);
    expect(start! + width!).toBeLessThan(edges[1]!);
    expect(source).toContain("▲ use 0.16, 0.25, 0.4");
    expect(source).toContain("layer 5: safe from 0.1 to 0.4.");
    expect(source).toContain("strength 0.1: next token changed 0.06, coherence 1.30, perplexity 12.3");
  });

  test("is one well-formed file of its own, with what comes from outside escaped", () => {
    const source = plotOf({ name: "<script>" }, {}, {});
    expect(source).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(source).toContain("A &lt;title&gt; &amp; &quot;more&quot;");
    expect(source).not.toMatch(/<script|NaN|Infinity|undefined/);
    const opened = [...source.matchAll(/<([a-z]+)[^<>]*[^/]>|<([a-z]+)>/g)].length;
    expect([...source.matchAll(/<\/[a-z]+>/g)]).toHaveLength(opened);
    const size = (text: string) => numbers(text, /viewBox="0 0 \d+ (\d+)"/g)[0]!;
    expect(size(source)).toBeGreaterThan(size(plotOf({}, {})));
    expect(size(plotOf({}, {}))).toBe(size(plotOf({})));
  });

  test.each([
    [{ ...nothing }, "no strength changes what the model says"],
    [{ ...nothing, begins: 0.1 }, "where texts break is not known"],
    [{ ...nothing, begins: 0.1, breaks: 0.1 }, "texts break as soon as anything changes"],
    [{ ...nothing, moves: "away" as const, breaks: 0.8 }, "texts move the other way"],
  ])("says why there is nothing to use: %j", (changes, words) => {
    const source = plotOf(changes);
    expect(source).toContain(words);
    expect(source).toContain("no safe strength");
    expect(source).not.toMatch(/<rect class="safe" x="[\d.]+" y="0"|class="use"|NaN|undefined/);
  });

  test("stands no cell, and a cell of one strength", () => {
    expect(plotOf()).not.toMatch(/NaN|Infinity|undefined/);
    expect(plotOf({ points: [cell.points[1]!] })).not.toMatch(/NaN|Infinity|undefined/);
  });
});

describe("the figure's colours", () => {
  const themes = [...PLOT_STYLE.matchAll(/\.strength-plot\{(--[^}]*?)\}?(?:font|\})/g)].map(
    (match) => match[1]!,
  );
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

import { describe, expect, it } from "vitest";
import { drawFigure } from "./figure.js";
import { HEAT_STEPS, type HeatMapCell, heatLegend, heatMap, layersName } from "./heat-map.js";
import { MOST_CURVES } from "./learning-curves.js";
import { PAGE_STYLE } from "./page-style.js";

const AXES = { column: "strength", row: "layer" };
const cell = (layer: number | number[], strength: number, value: number | undefined): HeatMapCell => ({
  row: { order: [layer].flat(), name: layersName([layer].flat()) },
  column: { order: [strength], name: String(strength) },
  value,
  collapsed: false,
  chosen: false,
});

async function drawn(cells: readonly HeatMapCell[], axes = AXES, title = "Harmonic mean"): Promise<string> {
  return (await drawFigure(heatMap(title, cells, axes))).source;
}

/** Marks of a name, as their tags. */
function marks(source: string, name: string): string[] {
  const group = new RegExp(`<g class="mark-\\w+ role-mark ${name}"[^>/]*>(.*?)</g>`).exec(source)?.[1] ?? "";
  return group.match(/<(?:path|text)[^>]*>/g) ?? [];
}

describe("heatMap", () => {
  it("has a value for each cell, with layers upwards and strengths to the right", async () => {
    const source = await drawn([cell(10, 0.2, 0.51), cell(4, 0.1, 0.31), cell(4, 0.2, 0.41)]);
    const place = (value: string) => {
      const found = new RegExp(
        `<text[^>]* transform="translate\\(([\\d.]+),([\\d.]+)\\)"[^>]*>${value}</text>`,
      ).exec(source);
      return { x: Number(found?.[1]), y: Number(found?.[2]) };
    };
    expect(place("0.41").x).toBeGreaterThan(place("0.31").x);
    expect(place("0.41").y).toBe(place("0.31").y);
    expect(place("0.51").y).toBeLessThan(place("0.41").y);
    expect(place("0.51").x).toBe(place("0.41").x);
    expect(source).toContain(
      'aria-label="Harmonic mean by layer and strength. Highest: 0.51 at layer 10, strength 0.2."',
    );
    // Layer 10 was not tried at 0.1.
    expect(marks(source, "open-cell")).toHaveLength(1);
  });

  it("has a row for layers that are steered together, named by the first and the last", async () => {
    const source = await drawn([[2], [2, 5], [2, 5, 9]].map((layers) => cell(layers, 0.1, 0.5)));
    expect([...source.matchAll(/<text text-anchor="end"[^>]*>([^<]*)</g)].map((match) => match[1])).toEqual([
      "2…9",
      "2+5",
      "2",
    ]);
    expect(marks(source, "open-cell")).toHaveLength(0);
  });

  it("draws a value that was not measured as a dash, and leaves a cell without one open", async () => {
    const source = await drawn([cell(0, 1, Number.NaN), cell(0, 2, undefined), cell(0, 3, 0.5)]);
    expect(source).toContain(">–</text>");
    expect(source).not.toMatch(/NaN|Infinity|undefined/);
    expect(marks(source, "open-cell")).toHaveLength(2);
    expect(marks(source, "cell")).toHaveLength(1);
  });

  it("does not speak of rows where there is one without a name", async () => {
    const row = { order: [0], name: "" };
    const cells = [0, 0.2].map((weight) => ({ ...cell(0, weight, 0.5 + weight), row }));
    const source = await drawn(cells, { column: "η", row: "" }, "Diversity");
    expect(source).toContain("Diversity by η. Highest: 0.70 at η 0.2.");
    expect(source.match(/role-axis-title/g)).toHaveLength(1);
  });

  it.each([
    [0, 0],
    [0.0999, 0],
    [0.1, 1],
    [0.3, 3],
    [0.7, 7],
    [1, 9],
    [1.2, 9],
    [-0.1, 0],
  ])("%d has colour %d, and the ink that goes with it", async (value, step) => {
    const source = await drawn([cell(0, 1, value)]);
    expect(marks(source, "cell")[0]).toContain(`fill="var(--heat-${step})"`);
    expect(marks(source, "value")[0]).toContain(`fill="var(--heat-ink-${step})"`);
  });

  it("frames the chosen cell and says of a collapsed one that it is", async () => {
    const source = await drawn([
      { ...cell(0, 1, 0.5), chosen: true },
      { ...cell(1, 1, 0.1), collapsed: true },
    ]);
    expect(marks(source, "chosen-cell")).toHaveLength(1);
    expect(source.match(/>collapsed</g)).toHaveLength(1);
  });

  it("stands no cells", async () => {
    expect(await drawn([])).not.toMatch(/NaN|Infinity|undefined/);
  });

  it("has as many steps in the legend as in the scale", async () => {
    const { source } = await drawFigure(heatLegend());
    expect(marks(source, "step")).toHaveLength(HEAT_STEPS);
  });
});

describe("the colours of the heat map", () => {
  const themes = [...PAGE_STYLE.matchAll(/:root\{(?!color-scheme:light;)([^}]*)\}/g)].map(
    (match) => match[1] ?? "",
  );
  const colour = (theme: string, name: string) =>
    new RegExp(`--${name}:#([0-9a-f]{6});`).exec(theme)?.[1] ?? "";

  it.each([
    ["light", 0],
    ["dark", 1],
  ])("can be read on the %s page: contrast of at least 4.5", (_, at) => {
    const theme = themes[at] ?? "";
    for (let step = 0; step < HEAT_STEPS; step += 1) {
      const contrast = contrastRatio(colour(theme, `heat-${step}`), colour(theme, `heat-ink-${step}`));
      expect(contrast, `step ${step}`).toBeGreaterThanOrEqual(4.5);
    }
    for (let series = 0; series < MOST_CURVES; series += 1) {
      const contrast = contrastRatio(colour(theme, `series-${series}`), colour(theme, "page"));
      expect(contrast, `series ${series}`).toBeGreaterThanOrEqual(3);
    }
    for (const name of ["ink", "soft", "accent"]) {
      expect(contrastRatio(colour(theme, name), colour(theme, "page")), name).toBeGreaterThanOrEqual(4.5);
    }
  });

  it.each([
    ["darker on the light page", 0, -1],
    ["brighter on the dark page", 1, 1],
  ])("get %s with every step", (_, at, direction) => {
    const theme = themes[at] ?? "";
    for (let step = 1; step < HEAT_STEPS; step += 1) {
      const change = luminance(colour(theme, `heat-${step}`)) - luminance(colour(theme, `heat-${step - 1}`));
      expect(Math.sign(change), `step ${step}`).toBe(direction);
    }
  });
});

/** WCAG 2.2, "relative luminance" and "contrast ratio". */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [0, 2, 4]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrastRatio(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

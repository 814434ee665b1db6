import type { Figure } from "./figure.js";
import { html, isolated, type Markup } from "./markup.js";
import { decimal, whole } from "./number-text.js";
import type { LearningCurve } from "./run-report.js";
import { spreadPlot } from "./spread-plot.js";

/** Curves that one figure can hold apart; each has a colour and a shape of its own. */
export const MOST_CURVES = 6;

/** Shapes of Vega, and the characters that look like them. */
const SHAPES = [
  ["circle", "●"],
  ["square", "■"],
  ["triangle-up", "▲"],
  ["diamond", "◆"],
  ["triangle-down", "▼"],
  ["cross", "✚"],
] as const;

export interface NamedCurve extends LearningCurve {
  readonly title: string;
}

/** Score by number of training texts, a line for each data set; rules are one standard deviation to each side. */
export function learningCurves(metric: string, all: readonly NamedCurve[]): Figure {
  const points = all.slice(0, MOST_CURVES).flatMap(({ points }, series) =>
    points
      .filter(({ size, mean }) => size > 0 && Number.isFinite(size) && Number.isFinite(mean))
      .map(({ size, mean, sd }) => {
        const spread = Number.isFinite(sd) ? sd : 0;
        return {
          series,
          size,
          mean,
          low: mean - spread,
          high: mean + spread,
          colour: `var(--series-${series})`,
          shape: SHAPES[series]![0],
        };
      }),
  );
  const sizes = [...new Set(points.map(({ size }) => size))].sort((a, b) => a - b);
  const x = { scale: "x", field: "size" };
  const colour = { field: "colour" };
  return {
    name: "learning-curves",
    label: `${metric} by number of training texts. ${all
      .slice(0, MOST_CURVES)
      .map(({ title, points: [...found] }) => {
        const last = found.at(-1);
        return last ? `${title}: ${decimal(last.mean, 3)} with ${whole(last.size)}` : title;
      })
      .join("; ")}`,
    spec: spreadPlot({
      points,
      x: {
        name: "x",
        type: "log",
        domain: sizes.length === 0 ? [1, 10] : [sizes[0]! * 0.94, sizes.at(-1)! * 1.06],
        range: "width",
      },
      xAxis: {
        scale: "x",
        orient: "bottom",
        values: sizes,
        format: "d",
        labelOverlap: "greedy",
        title: "training texts →",
        titlePadding: 6,
      },
      yTitle: metric,
      marks: [
        {
          type: "group",
          name: "curve",
          aria: false,
          from: { facet: { name: "curve-points", data: "points", groupby: "series" } },
          marks: [
            {
              type: "rule",
              name: "spread",
              from: { data: "curve-points" },
              aria: false,
              encode: {
                enter: {
                  x,
                  y: { scale: "y", field: "low" },
                  y2: { scale: "y", field: "high" },
                  stroke: colour,
                  strokeWidth: { value: 1.5 },
                  opacity: { value: 0.5 },
                },
              },
            },
            {
              type: "line",
              name: "line",
              from: { data: "curve-points" },
              aria: false,
              sort: { field: "datum.size" },
              encode: {
                enter: { x, y: { scale: "y", field: "mean" }, stroke: colour, strokeWidth: { value: 2 } },
              },
            },
            {
              type: "symbol",
              name: "point",
              from: { data: "curve-points" },
              aria: false,
              encode: {
                enter: {
                  x,
                  y: { scale: "y", field: "mean" },
                  shape: { field: "shape" },
                  size: { value: 70 },
                  fill: colour,
                  stroke: { value: "var(--page)" },
                  strokeWidth: { value: 1 },
                },
              },
            },
          ],
        },
      ],
    }),
  };
}

/** Which line is whose. In the page's text and not in the figure: a browser knows how wide any script is. */
export function curveKey(curves: readonly NamedCurve[]): Markup {
  return html`<ul class="series">${curves
    .slice(0, MOST_CURVES)
    .map(({ title }, series) => seriesKey(series, SHAPES[series]![1], title))}</ul>`;
}

function seriesKey(series: number, character: string, title: string): Markup {
  return html`<li><span class="series-${series}" aria-hidden="true">${character}</span> ${isolated(title)}</li>`;
}

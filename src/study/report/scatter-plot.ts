import type { Figure } from "./figure.js";
import { extent } from "./interval-plot.js";
import { spreadPlot } from "./spread-plot.js";

export interface ScatterPoint {
  readonly x: number;
  readonly y: number;
  /** Length of the rule to each side, in units of y. */
  readonly spread: number;
  /** Drawn as an open square. */
  readonly baseline: boolean;
}

/** Points with the spread of their y, the baselines apart from the others; both scales show the values' range alone. */
export function scatterPlot(
  names: { readonly x: string; readonly y: string },
  all: readonly ScatterPoint[],
): Figure {
  const points = all
    .filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))
    .map((point) => {
      const spread = Number.isFinite(point.spread) ? point.spread : 0;
      return { ...point, low: point.y - spread, high: point.y + spread };
    });
  const x = { scale: "x", field: "x" };
  const colour = [{ test: "datum.baseline", value: "var(--mark)" }, { value: "var(--accent)" }];
  return {
    name: "scatter-plot",
    label: `${names.y} against ${names.x}, ${points.length} data sets`,
    spec: spreadPlot({
      points,
      x: {
        name: "x",
        type: "linear",
        zero: false,
        nice: true,
        padding: 6,
        domain: extent(points.map((point) => point.x)),
        range: "width",
      },
      xAxis: { scale: "x", orient: "bottom", tickCount: 5, title: `${names.x} →`, titlePadding: 6 },
      yTitle: names.y,
      yPadding: 6,
      marks: [
        {
          type: "rule",
          name: "spread",
          from: { data: "points" },
          aria: false,
          encode: {
            enter: {
              x,
              y: { scale: "y", field: "low" },
              y2: { scale: "y", field: "high" },
              stroke: colour,
              opacity: { value: 0.4 },
              strokeWidth: { value: 1.5 },
            },
          },
        },
        {
          type: "symbol",
          name: "point",
          from: { data: "points" },
          aria: false,
          encode: {
            enter: {
              x,
              y: { scale: "y", field: "y" },
              shape: [{ test: "datum.baseline", value: "square" }, { value: "circle" }],
              size: { value: 80 },
              fill: [{ test: "datum.baseline", value: "var(--page)" }, { value: "var(--accent)" }],
              fillOpacity: [{ test: "datum.baseline", value: 1 }, { value: 0.7 }],
              stroke: colour,
              strokeWidth: [{ test: "datum.baseline", value: 2 }, { value: 0.5 }],
            },
          },
        },
      ],
    }),
  };
}

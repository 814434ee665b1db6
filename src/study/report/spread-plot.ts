import type { Axis, Mark, Scale, Spec } from "vega";
import { extent } from "./interval-plot.js";

/** What is drawn by a rule from `low` to `high`. */
interface SpreadPoint {
  readonly low: number;
  readonly high: number;
}

export interface SpreadPlot {
  readonly points: readonly SpreadPoint[];
  /** The scale called `x`, and its axis. */
  readonly x: Scale;
  readonly xAxis: Axis;
  readonly yTitle: string;
  /** Pixels that the values keep from the upper and lower edge. */
  readonly yPadding?: number;
  /** Of the data `points`. */
  readonly marks: Mark[];
}

/** The frame of figures that show scores with their spread: size, the data `points`, and a scale y of the spreads' range. */
export function spreadPlot({ points, x, xAxis, yTitle, yPadding, marks }: SpreadPlot): Spec {
  return {
    width: 284,
    height: 210,
    padding: { left: 54, right: 12, top: 8, bottom: 40 },
    autosize: "none",
    data: [{ name: "points", values: [...points] }],
    scales: [
      x,
      {
        name: "y",
        type: "linear",
        zero: false,
        nice: true,
        ...(yPadding === undefined ? {} : { padding: yPadding }),
        domain: extent(points.flatMap(({ low, high }) => [low, high])),
        range: "height",
      },
    ],
    axes: [
      xAxis,
      {
        scale: "y",
        orient: "left",
        ticks: false,
        tickCount: 5,
        grid: true,
        title: `${yTitle} →`,
        titleX: -36,
      },
    ],
    marks,
  };
}

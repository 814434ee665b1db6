import type { Figure } from "./figure.js";
import { decimal, whole } from "./number-text.js";

/** A place on an axis. */
export interface AxisValue {
  /** Compared number by number; the shorter list first. */
  readonly order: readonly number[];
  /** As much as has room beside a map. */
  readonly name: string;
}

export interface HeatMapCell {
  readonly column: AxisValue;
  readonly row: AxisValue;
  /** 0 to 1; not finite is shown as a dash, undefined as a cell that was not tried. */
  readonly value: number | undefined;
  readonly collapsed: boolean;
  readonly chosen: boolean;
}

/** What the axes are, such as `strength` and `layer`; a map of one row has no name for it. */
export interface HeatMapAxes {
  readonly column: string;
  readonly row: string;
}

/** Steps of the colour scale, each a tenth wide; the style sheet has a colour and an ink for each. */
export const HEAT_STEPS = 10;

const CELL = { width: 50, height: 36 } as const;

const steps = (name: string) => Array.from({ length: HEAT_STEPS }, (_, step) => `var(--${name}-${step})`);

/**
 * Rows (up) by columns (to the right): the value stands in each cell, so that colour is never the only sign. The
 * scale is fixed, 0 to 1, so that several maps can be compared. Cells that lie on no axis are left out.
 */
export function heatMap(title: string, all: readonly HeatMapCell[], axes: HeatMapAxes): Figure {
  const cells = all.filter((cell) => [...cell.column.order, ...cell.row.order].every(Number.isFinite));
  const rows = unique(cells.map((cell) => cell.row)).reverse();
  const columns = unique(cells.map((cell) => cell.column));
  const key = (place: AxisValue) => place.order.join();
  const place = (cell: HeatMapCell) => ({ column: key(cell.column), row: key(cell.row) });
  const valued = cells.filter(isValued);
  const tried = new Set(valued.map((cell) => JSON.stringify(place(cell))));
  const untried = rows
    .flatMap((row) => columns.map((column) => ({ column: key(column), row: key(row) })))
    .filter((empty) => !tried.has(JSON.stringify(empty)));
  const shown = valued.map((cell) => ({
    ...place(cell),
    value: cell.value,
    text: decimal(cell.value),
    measured: Number.isFinite(cell.value),
    collapsed: cell.collapsed,
    chosen: cell.chosen,
  }));
  const box = {
    x: { scale: "column", field: "column", offset: 1 },
    y: { scale: "row", field: "row", offset: 1 },
    width: { value: CELL.width - 2 },
    height: { value: CELL.height - 2 },
  };
  const open = {
    stroke: { value: "var(--soft)" },
    strokeWidth: { value: 0.75 },
    strokeDash: { value: [2, 3] },
  };
  const written = (text: { field: string } | { value: string }, size: number, raised: number) => ({
    text,
    x: { scale: "column", field: "column", offset: CELL.width / 2 },
    y: [
      { test: "datum.collapsed", scale: "row", field: "row", offset: CELL.height / 2 - raised },
      { scale: "row", field: "row", offset: CELL.height / 2 },
    ],
    align: { value: "center" as const },
    baseline: { value: "middle" as const },
    fontSize: { value: size },
    fill: [
      { test: "!datum.measured", value: "var(--soft)" },
      { scale: "ink", field: "value" },
    ],
  });
  const axis = (scale: string, orient: "bottom" | "left", name: string) => ({
    scale,
    orient,
    ticks: false,
    labelPadding: 7,
    ...(name === "" ? {} : { title: `${name} →`, titlePadding: 6 }),
    encode: { labels: { update: { text: { scale: `${scale}-name`, field: "value" } } } },
  });
  const scales = (name: string, values: readonly AxisValue[], range: "width" | "height") => [
    { name, type: "band" as const, domain: values.map(key), range },
    {
      name: `${name}-name`,
      type: "ordinal" as const,
      domain: values.map(key),
      range: values.map((value) => value.name),
    },
  ];
  return {
    name: "heat-map",
    label: describe(title, valued, axes),
    spec: {
      width: columns.length * CELL.width,
      height: rows.length * CELL.height,
      padding: 2,
      data: [
        { name: "open", values: [...untried, ...shown.filter(({ measured }) => !measured)] },
        { name: "cells", values: shown },
        { name: "measured", source: "cells", transform: [{ type: "filter", expr: "datum.measured" }] },
        { name: "collapsed", source: "cells", transform: [{ type: "filter", expr: "datum.collapsed" }] },
        { name: "chosen", source: "cells", transform: [{ type: "filter", expr: "datum.chosen" }] },
      ],
      scales: [
        ...scales("column", columns, "width"),
        ...scales("row", rows, "height"),
        { name: "fill", type: "quantize", domain: [0, 1], range: steps("heat") },
        { name: "ink", type: "quantize", domain: [0, 1], range: steps("heat-ink") },
      ],
      axes: [axis("column", "bottom", axes.column), axis("row", "left", axes.row)],
      marks: [
        {
          type: "rect",
          name: "open-cell",
          from: { data: "open" },
          aria: false,
          encode: { enter: { ...box, ...open } },
        },
        {
          type: "rect",
          name: "cell",
          from: { data: "measured" },
          aria: false,
          encode: {
            enter: {
              ...box,
              fill: { scale: "fill", field: "value" },
            },
          },
        },
        {
          type: "text",
          name: "value",
          from: { data: "cells" },
          aria: false,
          encode: { enter: written({ field: "text" }, 13, 5) },
        },
        {
          type: "text",
          name: "collapsed-cell",
          from: { data: "collapsed" },
          aria: false,
          encode: { enter: written({ value: "collapsed" }, 9.5, -9) },
        },
        {
          type: "rect",
          name: "chosen-cell",
          from: { data: "chosen" },
          aria: false,
          encode: {
            enter: { ...box, stroke: { value: "var(--mark)" }, strokeWidth: { value: 3 } },
          },
        },
      ],
    },
  };
}

/** The colour scale, with its ends named. */
export function heatLegend(): Figure {
  const width = 22 * HEAT_STEPS;
  return {
    name: "heat-legend",
    label: "Colour scale from 0 to 1",
    spec: {
      width,
      height: 12,
      padding: 2,
      data: [{ name: "steps", values: steps("heat").map((fill, step) => ({ fill, step })) }],
      scales: [{ name: "value", type: "linear", domain: [0, 1], range: "width" }],
      axes: [
        {
          scale: "value",
          orient: "bottom",
          ticks: false,
          values: [0, 0.5, 1],
          format: "~g",
          labelPadding: 4,
        },
      ],
      marks: [
        {
          type: "rect",
          name: "step",
          from: { data: "steps" },
          aria: false,
          encode: {
            enter: {
              x: { signal: `datum.step * ${width / HEAT_STEPS}` },
              width: { value: width / HEAT_STEPS },
              height: { value: 12 },
              fill: { field: "fill" },
            },
          },
        },
      ],
    },
  };
}

type ValuedCell = HeatMapCell & { readonly value: number };

function isValued(cell: HeatMapCell): cell is ValuedCell {
  return cell.value !== undefined;
}

function describe(title: string, cells: readonly ValuedCell[], axes: HeatMapAxes): string {
  const best = cells.reduce<ValuedCell | undefined>(
    (a, b) => (Number.isFinite(b.value) && (a === undefined || b.value > a.value) ? b : a),
    undefined,
  );
  if (best === undefined) return title;
  const named = [
    { axis: axes.row, name: best.row.name },
    { axis: axes.column, name: best.column.name },
  ].filter(({ axis }) => axis !== "");
  const place = named.map(({ axis, name }) => `${axis} ${name}`).join(", ");
  return `${title} by ${named.map(({ axis }) => axis).join(" and ")}. Highest: ${decimal(best.value)} at ${place}.`;
}

function unique(values: readonly AxisValue[]): AxisValue[] {
  return [...new Map(values.map((value) => [value.order.join(), value])).values()].sort(
    (a, b) => a.order[0]! - b.order[0]! || a.order.length - b.order.length,
  );
}

/** `8`, `5+8`, `5…21`: as much as has room beside a map. */
export function layersName(layers: readonly number[]): string {
  const names = layers.map(whole);
  return names.length > 2 ? `${names[0]}…${names.at(-1)}` : names.join("+");
}

import { displayWidth } from "./display-width.js";
import type { Figure } from "./figure.js";

export interface IntervalRow {
  readonly name: string;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** Single measurements, drawn small. */
  readonly values: readonly number[];
  /** Drawn in the accent colour. */
  readonly highlighted: boolean;
  /** The numbers in words, at the right of the name. */
  readonly text: string;
}

const WIDTH = 326;
/** Columns of text that a line has room for: of a name, whose letters are broad, and of a name and its numbers. */
const COLUMNS = { name: 47, both: 50 } as const;

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/** A dot with an interval for each row, on one scale; rows without a mean are left out. */
export function intervalPlot(title: string, rows: readonly IntervalRow[]): Figure {
  const shown = rows.filter((row) => Number.isFinite(row.mean));
  const isDrawn = (row: IntervalRow) => Number.isFinite(row.low) && Number.isFinite(row.high);
  // A long name has a line of its own: its end may be all that tells it from another.
  const tall = shown.some((row) => displayWidth(row.name) + displayWidth(row.text) + 2 > COLUMNS.both);
  const height = tall ? 64 : 48;
  const middle = height - 16;
  const means = shown.map((row, at) => ({
    at: at * height,
    mean: row.mean,
    name: shortened(row.name, COLUMNS.name),
    text: row.text,
    colour: row.highlighted ? "var(--accent)" : "var(--soft)",
    low: row.low,
    high: row.high,
    drawn: isDrawn(row),
  }));
  const values = shown.flatMap((row, at) =>
    row.values
      .filter(Number.isFinite)
      .map((value) => ({ at: at * height, value, colour: means[at]!.colour })),
  );
  const place = (field: string) => ({ scale: "x", field });
  const y = (offset: number) => ({ field: "at", offset });
  const colour = { field: "colour" };
  return {
    name: "interval-plot",
    label: `${title}. ${shown.map((row) => `${row.name}: ${row.text}`).join("; ")}`,
    spec: {
      width: WIDTH,
      height: Math.max(1, shown.length) * height,
      padding: { left: 12, right: 12, top: 4, bottom: 24 },
      autosize: "none",
      data: [
        { name: "means", values: means },
        { name: "intervals", source: "means", transform: [{ type: "filter", expr: "datum.drawn" }] },
        { name: "values", values },
      ],
      scales: [
        {
          name: "x",
          type: "linear",
          zero: false,
          nice: true,
          domain: extent(shown.flatMap((row) => [row.mean, row.low, row.high, ...row.values])),
          range: "width",
        },
      ],
      axes: [{ scale: "x", orient: "bottom", ticks: false, tickCount: 5, grid: true }],
      marks: [
        {
          type: "text",
          name: "name",
          from: { data: "means" },
          aria: false,
          encode: {
            enter: {
              text: { field: "name" },
              y: y(14),
              fontSize: { value: 13 },
              fontWeight: { value: 600 },
              fill: { value: "var(--ink)" },
            },
          },
        },
        {
          type: "text",
          name: "numbers",
          from: { data: "means" },
          aria: false,
          encode: {
            enter: {
              text: { field: "text" },
              x: { value: tall ? 0 : WIDTH },
              y: y(tall ? 31 : 14),
              align: { value: tall ? "left" : "right" },
              fontSize: { value: 13 },
              fill: { value: "var(--soft)" },
            },
          },
        },
        {
          type: "rule",
          name: "interval",
          from: { data: "intervals" },
          aria: false,
          encode: {
            enter: {
              x: place("low"),
              x2: place("high"),
              y: y(middle),
              stroke: colour,
              strokeWidth: { value: 2 },
            },
          },
        },
        {
          type: "symbol",
          name: "single",
          from: { data: "values" },
          aria: false,
          encode: {
            enter: {
              x: place("value"),
              y: y(middle),
              size: { value: 30 },
              fill: colour,
              opacity: { value: 0.4 },
            },
          },
        },
        {
          type: "symbol",
          name: "mean",
          from: { data: "means" },
          aria: false,
          encode: {
            enter: {
              x: place("mean"),
              y: y(middle),
              size: { value: 110 },
              fill: colour,
              stroke: { value: "var(--page)" },
              strokeWidth: { value: 1.5 },
            },
          },
        },
      ],
    },
  };
}

/** Least and greatest of the finite values; a little apart where they are one, and 0 to 1 where there is none. */
export function extent(values: readonly number[]): [number, number] {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return [0, 1];
  const least = finite.reduce((a, b) => Math.min(a, b));
  const most = finite.reduce((a, b) => Math.max(a, b));
  return most - least < 0.01 ? [least - 0.01, most + 0.01] : [least, most];
}

/** At most so many columns; what is cut off is an ellipsis. */
function shortened(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let kept = "";
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    width += displayWidth(segment);
    if (width >= columns) break;
    kept += segment;
  }
  return `${kept}…`;
}

import type { GroupMark, Mark } from "vega";
import type { CellRange, StrengthPoint, StrengthRanges } from "../../steering/strength-range.js";
import { drawFigure, FIGURE_STYLE } from "./figure.js";
import { compact } from "./number-text.js";

const PANEL = { width: 460, height: 276 } as const;
const PLOT = { left: 50, top: 66, width: 360, height: 162 } as const;
const HEADER = 66;
const COLUMNS = 2;
/** Coherence of some texts is above that of the unsteered ones. */
const TOP_VALUE = 1.1;

/** The colours of the report's page: the figure stands alone, and is read on light and on dark. */
export const PLOT_STYLE = `
.strength-plot{--page:#ffffff;--ink:#17202a;--soft:#566370;--line:#d7dee6;--accent:#1d5590;--mark:#b3410e;--safe:#e3ecf6}
@media (prefers-color-scheme:dark){.strength-plot{--page:#0f151c;--ink:#e6edf4;--soft:#9fb0c0;--line:#2c3946;--accent:#7db6e8;--mark:#ff9d5c;--safe:#1d354e}}
${FIGURE_STYLE}
`;

/**
 * Coherence and effect against strength as an SVG of its own, a panel for each cell, with the interval in which one
 * may steer. Both are drawn on one scale from 0 to 1, against the logarithm of the strength.
 */
export async function strengthPlot(ranges: StrengthRanges, title: string): Promise<string> {
  const { cells } = ranges;
  const columns = Math.max(1, Math.min(COLUMNS, cells.length));
  const width = columns * PANEL.width;
  const height = HEADER + Math.ceil(cells.length / columns) * PANEL.height;
  const panels = cells.map((cell, index) =>
    panel(
      cell,
      (index % columns) * PANEL.width + PLOT.left,
      HEADER + Math.floor(index / columns) * PANEL.height + PLOT.top,
    ),
  );
  const figure = await drawFigure(
    {
      name: "strength-plot",
      label: describe(ranges, title),
      spec: {
        width,
        height,
        padding: 0,
        autosize: "none",
        marks: [
          {
            type: "rect",
            name: "page",
            aria: false,
            encode: {
              enter: { width: { value: width }, height: { value: height }, fill: { value: "var(--page)" } },
            },
          },
          header(title),
          ...panels,
        ],
      },
    },
    PLOT_STYLE,
  );
  return `${figure.source}\n`;
}

/** A text at its own place. */
interface Writing {
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly align?: "right" | "center";
  readonly title?: boolean;
}

/** The mark that shows the data `writings`. */
const writings: Mark = {
  type: "text",
  name: "writing",
  from: { data: "writings" },
  aria: false,
  encode: {
    enter: {
      x: { field: "x" },
      y: { field: "y" },
      text: { field: "text" },
      align: { field: "align" },
      fontSize: [{ test: "datum.title", value: 13 }, { value: 12 }],
      fontWeight: [{ test: "datum.title", value: 600 }, { value: 400 }],
      fill: [{ test: "datum.title", value: "var(--ink)" }, { value: "var(--soft)" }],
    },
  },
};

/** How coherence and effect are drawn, in the panels and in the legend. */
const LINES = {
  coherence: { colour: "var(--accent)", dash: [1, 0], shape: "circle", fill: "var(--accent)" },
  effect: { colour: "var(--mark)", dash: [6, 4], shape: "square", fill: "var(--page)" },
} as const;

function curve(name: keyof typeof LINES, data: string, x: object, y: object): Mark[] {
  const { colour, dash, shape, fill } = LINES[name];
  return [
    {
      type: "line",
      name: `${name}-line`,
      from: { data },
      aria: false,
      encode: {
        enter: {
          x,
          y,
          stroke: { value: colour },
          strokeWidth: { value: 2 },
          strokeDash: { value: [...dash] },
        },
      },
    },
    {
      type: "symbol",
      name: `${name}-point`,
      from: { data },
      aria: false,
      encode: {
        enter: {
          x,
          y,
          shape: { value: shape },
          size: { value: 44 },
          fill: { value: fill },
          stroke: { value: colour },
          strokeWidth: { value: 1.5 },
        },
      },
    },
  ];
}

function header(title: string): GroupMark {
  const texts: Writing[] = [
    { x: 16, y: 26, text: title, title: true },
    { x: 50, y: 50, text: "coherence of the texts" },
    { x: 230, y: 50, text: "next token changed" },
    { x: 392, y: 50, text: "safe" },
  ];
  const sample = (name: keyof typeof LINES, left: number) => ({
    data: { name, values: [left, left + 12, left + 24].map((x) => ({ x })) },
    marks: curve(name, name, { field: "x" }, { value: 46 }),
  });
  const samples = [sample("coherence", 16), sample("effect", 196)];
  return {
    type: "group",
    name: "header",
    aria: false,
    data: [{ name: "writings", values: texts }, ...samples.map(({ data }) => data)],
    marks: [
      {
        type: "rect",
        name: "safe-sample",
        aria: false,
        encode: {
          enter: {
            x: { value: 366 },
            y: { value: 39 },
            width: { value: 20 },
            height: { value: 14 },
            fill: { value: "var(--safe)" },
          },
        },
      },
      ...samples.flatMap(({ marks }) => marks),
      writings,
    ],
  };
}

function panel(cell: CellRange, x: number, y: number): GroupMark {
  const strengths = cell.points.map(({ strength }) => strength);
  const least = Math.min(...strengths);
  const most = Math.max(...strengths);
  const pointsOf = (measured: (point: StrengthPoint) => number | undefined) =>
    cell.points.flatMap((point) => {
      const value = measured(point);
      return value === undefined ? [] : [{ strength: point.strength, value: Math.min(value, TOP_VALUE) }];
    });
  const edges = [
    { text: "begins", strength: cell.begins, align: "right", shift: 4 },
    { text: "breaks", strength: cell.breaks, align: "left", shift: -4 },
  ].filter(({ strength }) => strength !== undefined);
  const texts: Writing[] = [
    { x: 0, y: -46, text: cell.name, title: true },
    { x: 0, y: -28, text: adviceText(cell) },
  ];
  const along = { scale: "x", field: "strength" };
  const up = { scale: "y", field: "value" };
  return {
    type: "group",
    aria: false,
    encode: {
      enter: {
        x: { value: x },
        y: { value: y },
        width: { value: PLOT.width },
        height: { value: PLOT.height },
      },
    },
    data: [
      { name: "writings", values: texts },
      { name: "effect", values: pointsOf((point) => point.totalVariation) },
      { name: "coherence", values: pointsOf((point) => point.coherence) },
      { name: "edges", values: edges },
      { name: "safe", values: cell.safe ? [{ from: cell.safe[0], to: cell.safe[1] }] : [] },
      { name: "use", values: cell.recommended.map((strength) => ({ strength })) },
    ],
    scales: [
      {
        name: "x",
        type: "log",
        domain: strengths.length === 0 ? [0.1, 1] : least === most ? [least / 2, most * 2] : [least, most],
        range: [0, PLOT.width],
      },
      { name: "y", type: "linear", domain: [0, TOP_VALUE], range: [PLOT.height, 0] },
    ],
    axes: [
      {
        scale: "y",
        orient: "left",
        grid: true,
        gridScale: "x",
        ticks: false,
        labelPadding: 7,
        values: [0, 0.25, 0.5, 0.75, 1],
        format: ".2~f",
      },
      {
        scale: "x",
        orient: "bottom",
        ticks: false,
        offset: 12,
        values: ticksBetween(least, most),
        format: "~g",
        title: "strength →",
        titleAnchor: "end",
        titlePadding: 2,
      },
    ],
    marks: [
      {
        type: "rect",
        name: "safe-range",
        from: { data: "safe" },
        aria: false,
        encode: {
          enter: {
            x: { scale: "x", field: "from" },
            x2: { scale: "x", field: "to" },
            y: { value: 0 },
            y2: { value: PLOT.height },
            fill: { value: "var(--safe)" },
            stroke: { value: "var(--safe)" },
          },
        },
      },
      {
        type: "rule",
        name: "edge",
        from: { data: "edges" },
        aria: false,
        encode: {
          enter: {
            x: along,
            y: { value: -3 },
            y2: { value: PLOT.height },
            stroke: { value: "var(--soft)" },
            strokeDash: { value: [3, 3] },
          },
        },
      },
      {
        type: "text",
        name: "edge-name",
        from: { data: "edges" },
        aria: false,
        encode: {
          enter: {
            x: { ...along, offset: { field: "shift" } },
            y: { value: -8 },
            text: { field: "text" },
            align: { field: "align" },
            fontSize: { value: 12 },
            fill: { value: "var(--soft)" },
          },
        },
      },
      ...curve("effect", "effect", along, up),
      ...curve("coherence", "coherence", along, up),
      {
        type: "symbol",
        name: "use-mark",
        from: { data: "use" },
        aria: false,
        encode: {
          enter: {
            x: along,
            y: { value: PLOT.height + 8 },
            shape: { value: "triangle-up" },
            size: { value: 60 },
            fill: { value: "var(--accent)" },
          },
        },
      },
      writings,
    ],
  };
}

/** What to do with a cell, in a few words. */
function adviceText({ recommended, begins, breaks, moves }: CellRange): string {
  if (recommended.length > 0) return `▲ use ${recommended.map(compact).join(", ")}`;
  if (moves === "away") return "texts move the other way: the vector's sign is wrong";
  if (begins === undefined) return "no strength changes what the model says";
  return breaks === undefined ? "where texts break is not known" : "texts break as soon as anything changes";
}

/** Round numbers, 1, 2 and 5 times a power of ten. */
function ticksBetween(least: number, most: number): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(least)); power <= Math.log10(most); power += 1) {
    for (const digit of [1, 2, 5]) ticks.push(Number(`${digit}e${power}`));
  }
  return ticks.filter((tick) => tick >= least && tick <= most);
}

function describe({ cells }: StrengthRanges, title: string): string {
  const parts = cells.map(({ name, safe }) =>
    safe ? `${name}: safe from ${compact(safe[0])} to ${compact(safe[1])}.` : `${name}: no safe strength.`,
  );
  return `${title}. Coherence and effect by strength. ${parts.join(" ")}`;
}

import { type Content, html, type Markup } from "./markup.js";
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
  /** 0 to 1; not finite is shown as a dash. */
  readonly value: number;
  readonly collapsed: boolean;
  readonly chosen: boolean;
  /** Shown when the pointer rests on the cell. */
  readonly hint: string;
}

/** What the axes are, such as `strength` and `layer`; a map of one row has no name for it. */
export interface HeatMapAxes {
  readonly column: string;
  readonly row: string;
}

/** Steps of the colour scale, each a tenth wide; the style sheet has a colour and an ink for each. */
export const HEAT_STEPS = 10;

const CELL = { width: 50, height: 36 } as const;
const LEFT = 40;
const TOP = 4;
const BOTTOM = 42;

/**
 * Rows (up) by columns (to the right) as an SVG: the value stands in each cell, so that colour is never the only
 * sign. The scale is fixed, 0 to 1, so that several maps can be compared. Cells that lie on no axis are left out.
 */
export function heatMap(title: string, all: readonly HeatMapCell[], axes: HeatMapAxes): Markup {
  const cells = all.filter((cell) => [...cell.column.order, ...cell.row.order].every(Number.isFinite));
  const rows = unique(cells.map((cell) => cell.row)).reverse();
  const columns = unique(cells.map((cell) => cell.column));
  const width = LEFT + Math.max(columns.length * CELL.width, 170) + 4;
  const height = TOP + rows.length * CELL.height + BOTTOM;
  const x = (column: AxisValue) => LEFT + columns.findIndex((one) => isSame(one, column)) * CELL.width;
  const y = (row: AxisValue) => TOP + rows.findIndex((one) => isSame(one, row)) * CELL.height;
  const isTried = (column: AxisValue, row: AxisValue) =>
    cells.some((cell) => isSame(cell.row, row) && isSame(cell.column, column));
  // The chosen cell last: its frame lies over its neighbours.
  const ordered = [...cells].sort((a, b) => Number(a.chosen) - Number(b.chosen));
  const bottom = TOP + rows.length * CELL.height;
  return html`<svg class="heat-map" role="img" aria-label="${describe(title, cells, axes)}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
${rows.map((row) => columns.filter((column) => !isTried(column, row)).map((column) => html`<rect class="untried" x="${x(column) + 1}" y="${y(row) + 1}" width="${CELL.width - 2}" height="${CELL.height - 2}" rx="3"/>`))}
${ordered.map((cell) => drawCell(cell, x(cell.column), y(cell.row)))}
${rows.map((row) => html`<text class="axis" x="${LEFT - 8}" y="${y(row) + CELL.height / 2}" dy=".35em" text-anchor="end">${row.name}</text>`)}
${columns.map((column) => html`<text class="axis" x="${x(column) + CELL.width / 2}" y="${bottom + 15}" text-anchor="middle">${column.name}</text>`)}
<text class="axis-title" x="${LEFT}" y="${bottom + 34}">${axes.column} →</text>
${axes.row === "" ? undefined : html`<text class="axis-title" transform="translate(11 ${bottom}) rotate(-90)">${axes.row} →</text>`}
</svg>`;
}

function drawCell(cell: HeatMapCell, x: number, y: number): Markup {
  const step = heatStep(cell.value);
  const name = step === undefined ? "untried" : `heat-${step}`;
  const middle = html`x="${x + CELL.width / 2}" text-anchor="middle"`;
  const value = decimal(cell.value);
  return html`<g class="${name}"><title>${cell.hint}</title>
<rect x="${x + 1}" y="${y + 1}" width="${CELL.width - 2}" height="${CELL.height - 2}" rx="3"/>
<text ${middle} y="${y + (cell.collapsed ? 16 : CELL.height / 2)}" dy="${cell.collapsed ? "0" : ".35em"}">${value}</text>
${cell.collapsed ? html`<text class="small" ${middle} y="${y + 29}">collapsed</text>` : undefined}
${cell.chosen ? html`<rect class="chosen" x="${x + 1}" y="${y + 1}" width="${CELL.width - 2}" height="${CELL.height - 2}" rx="3"/>` : undefined}</g>
`;
}

/** The colour scale, with its ends named. */
export function heatLegend(): Markup {
  const width = 22;
  const steps: Content = Array.from(
    { length: HEAT_STEPS },
    (_, step) =>
      html`<g class="heat-${step}"><rect x="${step * width}" y="0" width="${width}" height="12"/></g>`,
  );
  const end = HEAT_STEPS * width;
  return html`<svg class="heat-map" role="img" aria-label="Colour scale from 0 to 1" viewBox="-6 0 ${end + 12} 28" width="${end + 12}" height="28">${steps}
<text class="axis" x="0" y="25" text-anchor="middle">0</text><text class="axis" x="${end / 2}" y="25" text-anchor="middle">0.5</text><text class="axis" x="${end}" y="25" text-anchor="middle">1</text></svg>`;
}

/** Which tenth a value lies in, 0 to 9; values outside 0 to 1 get the nearest; undefined when not finite. */
export function heatStep(value: number): number | undefined {
  if (!Number.isFinite(value)) return undefined;
  return Math.min(HEAT_STEPS - 1, Math.max(0, Math.floor(value * HEAT_STEPS + 1e-9)));
}

function describe(title: string, cells: readonly HeatMapCell[], axes: HeatMapAxes): string {
  const best = cells.reduce<HeatMapCell | undefined>(
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

function isSame(a: AxisValue, b: AxisValue): boolean {
  return a.order.join() === b.order.join();
}

/** `8`, `5+8`, `5…21`: as much as has room beside a map. */
export function layersName(layers: readonly number[]): string {
  const names = layers.map(whole);
  return names.length > 2 ? `${names[0]}…${names.at(-1)}` : names.join("+");
}

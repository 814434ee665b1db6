import { type Content, html, type Markup } from "./markup.js";
import { compact, decimal } from "./number-text.js";

export interface HeatMapCell {
  readonly layer: number;
  readonly strength: number;
  /** 0 to 1; not finite is shown as a dash. */
  readonly value: number;
  readonly collapsed: boolean;
  readonly chosen: boolean;
  /** Shown when the pointer rests on the cell. */
  readonly hint: string;
}

/** Steps of the colour scale, each a tenth wide; the style sheet has a colour and an ink for each. */
export const HEAT_STEPS = 10;

const CELL = { width: 50, height: 36 } as const;
const LEFT = 40;
const TOP = 4;
const BOTTOM = 42;

/**
 * Layers (up) by strengths (to the right) as an SVG: the value stands in each cell, so that colour is never
 * the only sign. The scale is fixed, 0 to 1, so that several maps can be compared.
 */
export function heatMap(title: string, all: readonly HeatMapCell[], strengthName: string): Markup {
  const cells = all.filter((cell) => Number.isFinite(cell.layer) && Number.isFinite(cell.strength));
  const layers = unique(cells.map((cell) => cell.layer)).reverse();
  const strengths = unique(cells.map((cell) => cell.strength));
  const width = LEFT + Math.max(strengths.length * CELL.width, 170) + 4;
  const height = TOP + layers.length * CELL.height + BOTTOM;
  const x = (strength: number) => LEFT + strengths.indexOf(strength) * CELL.width;
  const y = (layer: number) => TOP + layers.indexOf(layer) * CELL.height;
  // The chosen cell last: its frame lies over its neighbours.
  const ordered = [...cells].sort((a, b) => Number(a.chosen) - Number(b.chosen));
  const bottom = TOP + layers.length * CELL.height;
  return html`<svg class="heat-map" role="img" aria-label="${describe(title, cells)}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
${layers.map((layer) => strengths.filter((s) => !cells.some((cell) => cell.layer === layer && cell.strength === s)).map((s) => html`<rect class="untried" x="${x(s) + 1}" y="${y(layer) + 1}" width="${CELL.width - 2}" height="${CELL.height - 2}" rx="3"/>`))}
${ordered.map((cell) => drawCell(cell, x(cell.strength), y(cell.layer)))}
${layers.map((layer) => html`<text class="axis" x="${LEFT - 8}" y="${y(layer) + CELL.height / 2}" dy=".35em" text-anchor="end">${layer}</text>`)}
${strengths.map((s) => html`<text class="axis" x="${x(s) + CELL.width / 2}" y="${bottom + 15}" text-anchor="middle">${compact(s)}</text>`)}
<text class="axis-title" x="${LEFT}" y="${bottom + 34}">${strengthName} →</text>
<text class="axis-title" transform="translate(11 ${bottom}) rotate(-90)">layer →</text>
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

function describe(title: string, cells: readonly HeatMapCell[]): string {
  const best = cells.reduce<HeatMapCell | undefined>(
    (a, b) => (Number.isFinite(b.value) && (a === undefined || b.value > a.value) ? b : a),
    undefined,
  );
  if (best === undefined) return title;
  return `${title} by layer and strength. Highest: ${decimal(best.value)} at layer ${best.layer}, strength ${compact(best.strength)}.`;
}

function unique(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}

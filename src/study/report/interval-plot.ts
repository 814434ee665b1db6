import { html, isolated, type Markup } from "./markup.js";
import { decimal } from "./number-text.js";

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

/**
 * A dot with an interval for each row, on one scale. Positions are in percent and sizes in pixels, so that
 * the figure is as wide as the page and its text stays readable on a telephone.
 */
export function intervalPlot(rows: readonly IntervalRow[]): Markup {
  const shown = rows.filter((row) => Number.isFinite(row.mean));
  const scale = axis(shown.flatMap((row) => [row.mean, row.low, row.high, ...row.values]));
  const at = (value: number) => `${decimalPercent(((value - scale.low) / (scale.high - scale.low)) * 100)}%`;
  const grid = (height: number) =>
    scale.ticks.map(
      (tick) => html`<line class="grid" x1="${at(tick)}" x2="${at(tick)}" y1="0" y2="${height}"/>`,
    );
  return html`<div class="interval-plot">
${shown.map(
  (row) => html`<div class="interval-row${row.highlighted ? " highlighted" : ""}">
<p><b>${isolated(row.name)}</b> <span>${row.text}</span></p>
<svg role="img" aria-label="${`${row.name}: ${row.text}`}" width="100%" height="30">${grid(30)}
${drawInterval(row, at)}
${row.values.filter(Number.isFinite).map((value) => html`<circle class="value" cx="${at(value)}" cy="15" r="3"/>`)}
<circle class="mean" cx="${at(row.mean)}" cy="15" r="6"/></svg></div>`,
)}
<svg class="ticks" aria-hidden="true" width="100%" height="20">${scale.ticks.map(
    (tick) =>
      html`<text class="axis" x="${at(tick)}" y="14" text-anchor="middle">${decimal(tick, scale.digits)}</text>`,
  )}</svg></div>`;
}

function drawInterval({ low, high }: IntervalRow, at: (value: number) => string): Markup | undefined {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return undefined;
  return html`<line class="interval" x1="${at(low)}" x2="${at(high)}" y1="15" y2="15"/>
${[low, high].map((end) => html`<line class="interval" x1="${at(end)}" x2="${at(end)}" y1="10" y2="20"/>`)}`;
}

export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  readonly digits: number;
}

/** A range around the values with room at both ends, and three to seven round ticks within it. */
export function axis(values: readonly number[]): Axis {
  const finite = values.filter(Number.isFinite);
  const least = finite.length === 0 ? 0 : Math.min(...finite);
  const most = finite.length === 0 ? 1 : Math.max(...finite);
  const span = Math.max(most - least, 0.02);
  const room = (span - (most - least)) / 2 + span * 0.08;
  const low = least - room;
  const high = most + room;
  const step = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5].find((size) => (high - low) / size <= 7) ?? 1;
  const ticks: number[] = [];
  for (let n = Math.ceil(low / step); n * step <= high; n += 1) ticks.push(n * step);
  return { low, high, ticks, digits: step < 0.01 ? 3 : step < 0.1 ? 2 : 1 };
}

function decimalPercent(value: number): string {
  return String(Number(Math.min(100, Math.max(0, value)).toFixed(2)));
}

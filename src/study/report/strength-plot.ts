import type { CellRange, StrengthPoint, StrengthRanges } from "../../steering/strength-range.js";
import { html, Markup } from "./markup.js";
import { compact, decimal } from "./number-text.js";

const PANEL = { width: 460, height: 276 } as const;
const PLOT = { left: 50, right: 50, top: 66, bottom: 48 } as const;
const HEADER = 66;
const COLUMNS = 2;
/** Coherence of some texts is above that of the unsteered ones. */
const TOP_VALUE = 1.1;

/** The colours of the report's page: the figure stands alone, and is read on light and on dark. */
export const PLOT_STYLE = `
.strength-plot{--page:#ffffff;--ink:#17202a;--soft:#566370;--line:#d7dee6;--accent:#1d5590;--mark:#b3410e;--safe:#e3ecf6;font:13px system-ui,-apple-system,Segoe UI,Noto Sans,sans-serif;font-variant-numeric:tabular-nums}
@media (prefers-color-scheme:dark){.strength-plot{--page:#0f151c;--ink:#e6edf4;--soft:#9fb0c0;--line:#2c3946;--accent:#7db6e8;--mark:#ff9d5c;--safe:#1d354e}}
.strength-plot .page{fill:var(--page)}
.strength-plot text{fill:var(--ink)}
.strength-plot .soft{fill:var(--soft);font-size:12px}
.strength-plot .title{font-weight:600}
.strength-plot .safe{fill:var(--safe)}
.strength-plot .grid{stroke:var(--line)}
.strength-plot .edge{stroke:var(--soft);stroke-dasharray:3 3}
.strength-plot .coherence,.strength-plot .effect{fill:none;stroke-width:2}
.strength-plot .coherence{stroke:var(--accent)}
.strength-plot .effect{stroke:var(--mark);stroke-dasharray:6 4}
.strength-plot circle,.strength-plot .use{fill:var(--accent)}
.strength-plot .square{fill:var(--page);stroke:var(--mark);stroke-width:1.5}
`;

/**
 * Coherence and effect against strength as an SVG of its own, a panel for each cell, with the interval in which one
 * may steer. Both are drawn on one scale from 0 to 1, against the logarithm of the strength.
 */
export function strengthPlot(ranges: StrengthRanges, title: string): string {
  const { cells } = ranges;
  const columns = Math.max(1, Math.min(COLUMNS, cells.length));
  const width = columns * PANEL.width;
  const height = HEADER + Math.ceil(cells.length / columns) * PANEL.height;
  const panels = cells.map((cell, index) => {
    const x = (index % columns) * PANEL.width;
    const y = HEADER + Math.floor(index / columns) * PANEL.height;
    return html`<g transform="translate(${x} ${y})">${panel(cell)}</g>
`;
  });
  return html`<svg xmlns="http://www.w3.org/2000/svg" class="strength-plot" role="img" aria-label="${describe(ranges, title)}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<style>${new Markup(PLOT_STYLE)}</style>
<rect class="page" width="${width}" height="${height}"/>
<text class="title" x="16" y="26">${title}</text>
${legend()}
${panels}</svg>
`.source;
}

function legend(): Markup {
  return html`<g transform="translate(16 46)"><line class="coherence" x1="0" x2="24" y1="0" y2="0"/><circle cx="12" cy="0" r="3.5"/><text class="soft" x="30" y="4">coherence of the texts</text>
<line class="effect" x1="180" x2="204" y1="0" y2="0"/><rect class="square" x="188.5" y="-3.5" width="7" height="7"/><text class="soft" x="210" y="4">next token changed</text>
<rect class="safe" x="350" y="-7" width="20" height="14"/><text class="soft" x="376" y="4">safe</text></g>`;
}

function panel(cell: CellRange): Markup {
  const plot = {
    width: PANEL.width - PLOT.left - PLOT.right,
    height: PANEL.height - PLOT.top - PLOT.bottom,
  };
  const strengths = cell.points.map(({ strength }) => strength);
  const [least, most] = [Math.min(...strengths), Math.max(...strengths)];
  const span = Math.log(most / least) || 1;
  const x = (strength: number) => round((Math.log(strength / least) / span) * plot.width);
  const y = (value: number) => round((1 - Math.min(value, TOP_VALUE) / TOP_VALUE) * plot.height);
  const edges = [
    { name: "begins", at: cell.begins, anchor: "end", shift: 4 },
    { name: "breaks", at: cell.breaks, anchor: "start", shift: -4 },
  ].flatMap((edge) => (edge.at === undefined ? [] : [{ ...edge, at: edge.at }]));
  const line = (name: string, measured: (point: StrengthPoint) => number | undefined) => {
    const places = cell.points.flatMap((point) => {
      const value = measured(point);
      return value === undefined ? [] : [`${x(point.strength)},${y(value)}`];
    });
    return html`<polyline class="${name}" points="${places.join(" ")}"/>
`;
  };
  const hint = (point: StrengthPoint) => html`<title>${pointText(point)}</title>`;
  return html`<text class="title" x="${PLOT.left}" y="20">${cell.name}</text>
<text class="soft" x="${PLOT.left}" y="38">${adviceText(cell)}</text>
<g transform="translate(${PLOT.left} ${PLOT.top})">${
    cell.safe
      ? html`<rect class="safe" x="${x(cell.safe[0])}" y="0" width="${Math.max(2, round(x(cell.safe[1]) - x(cell.safe[0])))}" height="${plot.height}"/>`
      : undefined
  }
${[0, 0.25, 0.5, 0.75, 1].map((value) => html`<line class="grid" x1="0" x2="${plot.width}" y1="${y(value)}" y2="${y(value)}"/><text class="soft" x="-8" y="${round(y(value) + 4)}" text-anchor="end">${value}</text>`)}
${ticksBetween(least, most).map((tick) => html`<text class="soft" x="${x(tick)}" y="${plot.height + 30}" text-anchor="middle">${compact(tick)}</text>`)}
<text class="soft" x="${plot.width}" y="${plot.height + 44}" text-anchor="end">strength →</text>
${edges.map(({ name, at, anchor, shift }) => html`<line class="edge" x1="${x(at)}" x2="${x(at)}" y1="-3" y2="${plot.height}"/><text class="soft" x="${round(x(at) + shift)}" y="-8" text-anchor="${anchor}">${name}</text>`)}
${line("effect", (point) => point.totalVariation)}${line("coherence", (point) => point.coherence)}${cell.points.map(
  (point) =>
    html`<rect class="square" x="${round(x(point.strength) - 3.5)}" y="${round(y(point.totalVariation) - 3.5)}" width="7" height="7">${hint(point)}</rect>${
      point.coherence === undefined
        ? undefined
        : html`<circle cx="${x(point.strength)}" cy="${y(point.coherence)}" r="3.5">${hint(point)}</circle>`
    }
`,
)}${cell.recommended.map((strength) => html`<path class="use" d="M${x(strength)} ${plot.height + 3}l5 9h-10z"><title>${`use ${strength}`}</title></path>`)}</g>`;
}

/** What to do with a cell, in a few words. */
function adviceText({ recommended, begins, breaks, moves }: CellRange): string {
  if (recommended.length > 0) return `▲ use ${recommended.map(compact).join(", ")}`;
  if (moves === "away") return "texts move the other way: the vector's sign is wrong";
  if (begins === undefined) return "no strength changes what the model says";
  return breaks === undefined ? "where texts break is not known" : "texts break as soon as anything changes";
}

function pointText({ strength, totalVariation, coherence, perplexity }: StrengthPoint): string {
  const read =
    coherence === undefined
      ? []
      : [
          `coherence ${decimal(coherence)}`,
          ...(perplexity === undefined ? [] : [`perplexity ${compact(perplexity)}`]),
        ];
  return [`strength ${compact(strength)}: next token changed ${decimal(totalVariation)}`, ...read].join(", ");
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

function round(value: number): number {
  return Number(value.toFixed(1));
}

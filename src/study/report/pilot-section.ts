import { type HeatMapCell, heatLegend, heatMap } from "./heat-map.js";
import { html, isolated, type Markup } from "./markup.js";
import { compact, decimal, whole } from "./number-text.js";
import { MEASURE_ORDER, MEASURES, type Measure } from "./plain-words.js";
import type { PilotResult } from "./run-report.js";

/** The sweep: a heat map for each measure on one scale, and all its numbers in a table. */
export function pilotSection(pilot: readonly PilotResult[], chosen: string | undefined): Markup {
  if (pilot.length === 0)
    return html`<p class="soft">There was no sweep: nothing was tried before the run.</p>`;
  const untried = hasGaps(pilot);
  return html`<p class="lead">Every cell is a small trial: how deep in the model the steering vector was added (layer) and how strongly. Darker is better on a light page, brighter on a dark one; all four maps share one scale.</p>
<div class="legend">${heatLegend()}${pilot.some((result) => result.configuration === chosen) ? html`<span><i class="key"></i>chosen for the run</span>` : undefined}${untried ? html`<span><i class="key open"></i>not tried</span>` : undefined}</div>
<div class="maps">${MEASURE_ORDER.map(
    (
      measure,
    ) => html`<figure><h3>${capital(MEASURES[measure].plain)} <small>(${MEASURES[measure].term.toLowerCase()})</small></h3><div class="scroll">${heatMap(
      MEASURES[measure].term,
      pilot.map((result) => toCell(result, measure, chosen)),
      "strength",
    )}</div></figure>
`,
  )}</div>
${pilotTable(pilot, chosen)}`;
}

function toCell(result: PilotResult, measure: Measure, chosen: string | undefined): HeatMapCell {
  const value = result[measure];
  return {
    layer: result.layer,
    strength: result.strength,
    value,
    collapsed: result.collapsed === true,
    chosen: result.configuration === chosen,
    hint: `${result.configuration}: ${MEASURES[measure].plain} ${decimal(value, 3)}, ${whole(result.kept)} of ${whole(result.written)} texts kept`,
  };
}

function pilotTable(pilot: readonly PilotResult[], chosen: string | undefined): Markup {
  const ordered = [...pilot].sort((a, b) => rank(b.harmonic) - rank(a.harmonic));
  return html`<details><summary>All numbers of the sweep</summary><div class="scroll"><table>
<thead><tr><th scope="col">Configuration</th><th scope="col" class="number">Layer</th><th scope="col" class="number">Strength<small>length added</small></th>${MEASURE_ORDER.map((measure) => html`<th scope="col" class="number">${MEASURES[measure].plain}</th>`)}<th scope="col" class="number">Kept</th></tr></thead>
<tbody>${ordered.map((result) => {
    const marks = [
      ...(result.configuration === chosen ? ["chosen"] : []),
      ...(result.collapsed === true ? ["collapsed"] : []),
    ];
    const interval =
      result.intervals === undefined
        ? undefined
        : html`<small>${decimal(result.intervals.low)} to ${decimal(result.intervals.high)}</small>`;
    return html`<tr><th scope="row"><code>${isolated(result.configuration)}</code>${marks.length > 0 ? html`<small>${marks.join(", ")}</small>` : undefined}</th><td class="number">${whole(result.layer)}</td><td class="number">${compact(result.strength)}<small>${compact(result.absoluteStrength)}</small></td>${MEASURE_ORDER.map(
      (measure) =>
        html`<td class="number">${decimal(result[measure])}${measure === "harmonic" ? interval : undefined}</td>`,
    )}<td class="number">${whole(result.kept)} of ${whole(result.written)}</td></tr>
`;
  })}</tbody></table></div></details>`;
}

function hasGaps(pilot: readonly PilotResult[]): boolean {
  const layers = new Set(pilot.map((result) => result.layer));
  const strengths = new Set(pilot.map((result) => result.strength));
  return pilot.length < layers.size * strengths.size;
}

function rank(value: number): number {
  return Number.isFinite(value) ? value : Number.NEGATIVE_INFINITY;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

import { drawFigure } from "./figure.js";
import {
  type AxisValue,
  type HeatMapAxes,
  type HeatMapCell,
  heatLegend,
  heatMap,
  layersName,
} from "./heat-map.js";
import { html, isolated, type Markup } from "./markup.js";
import { compact, decimal, whole } from "./number-text.js";
import { MEASURE_ORDER, MEASURES, metricWords } from "./plain-words.js";
import type { PilotGuidance, PilotResult, RunReport } from "./run-report.js";

/** The section's heading: what the sweep ran over. */
export function pilotTitle(pilot: readonly PilotResult[]): string {
  const over = [
    ...(pilot.some(isSteered) || pilot.length === 0 ? ["layers and strengths"] : []),
    ...(pilot.some(isGuided) ? ["the weights of guidance"] : []),
  ];
  return `The sweep over ${over.join(" and ")}`;
}

/** The sweep: a heat map for each measure on one scale, and all its numbers in a table. */
export async function pilotSection(report: RunReport): Promise<Markup> {
  const { pilot, chosen } = report;
  if (pilot.length === 0)
    return html`<p class="soft">There was no sweep: nothing was tried before the run.</p>`;
  const plots = plotsOf(pilot, chosen);
  if (plots.length === 0) {
    return html`<p class="lead">One configuration was tried.</p>
${pilotTable(pilot, chosen)}`;
  }
  const untried = plots.some(hasGaps);
  const layers = layersOf(report);
  const drawn: Markup[] = [];
  for (const plot of plots) drawn.push(await maps(plot, layers, chosen));
  return html`<p class="lead">Every cell is a small trial: ${meaning(pilot)}. Darker is better on a light page, brighter on a dark one; all maps share one scale.</p>
<div class="legend">${await drawFigure(heatLegend())}${pilot.some((result) => result.configuration === chosen) ? html`<span><i class="key"></i>chosen for the run</span>` : undefined}${untried ? html`<span><i class="key open"></i>not tried</span>` : undefined}</div>
${plots.map(({ name }, at) => html`${name === "" ? undefined : html`<h3>${isolated(name)}</h3>`}${drawn[at]}`)}
${pilotTable(pilot, chosen)}`;
}

function meaning(pilot: readonly PilotResult[]): string {
  const parts = [
    ...(pilot.some(isSteered)
      ? ["how deep in the model the steering vector was added (layer) and how strongly"]
      : []),
    ...(pilot.some(({ guidance }) => guidance?.gamma !== undefined)
      ? ["how far the texts were led from the stream that is contrasted (γ)"]
      : []),
    ...(pilot.some(({ guidance }) => guidance?.eta !== undefined)
      ? ["how far they were led from the negative examples (η)"]
      : []),
  ];
  const zero = pilot.some(isGuided) ? "; at 0 there is no guidance" : "";
  return `${parts.join(", ")}${zero}`;
}

/** Maps of results that differ in two things. */
interface Plot {
  /** Empty where there is one plot alone. */
  readonly name: string;
  readonly results: readonly PilotResult[];
  readonly axes: HeatMapAxes;
  readonly place: (result: PilotResult) => { readonly column: AxisValue; readonly row: AxisValue };
}

const isSteered = (result: PilotResult): boolean => result.layers !== undefined;
const isGuided = (result: PilotResult): boolean => result.guidance !== undefined;

/**
 * Layers by strengths, and γ by η. Where both were swept, there are more than two dimensions: each plot is then a cut
 * through the chosen configuration, or through the best one.
 */
function plotsOf(pilot: readonly PilotResult[], chosen: string | undefined): Plot[] {
  const cut =
    pilot.find(({ configuration }) => configuration === chosen) ??
    [...pilot].sort((a, b) => rank(b.harmonic) - rank(a.harmonic))[0]!;
  const steerings = new Set(pilot.filter(isSteered).map(steeringKey));
  const grid = new Set(pilot.filter(isGuided).map(guidanceKey));
  const both = steerings.size > 0 && grid.size > 0;
  const plots: Plot[] = [];
  if (steerings.size > (both ? 1 : 0)) {
    const along = pilot.filter((result) => guidanceKey(result) === guidanceKey(cut));
    const suffix = grid.size > 1 ? [`with ${guidanceText(cut.guidance!)}`] : [];
    plots.push(
      ...waysOf(along).map((way) => steeringPlot(way.results, [...way.parts, ...suffix].join(", "))),
    );
  }
  if (grid.size > 1) {
    const along = pilot.filter((result) => steeringKey(result) === steeringKey(cut));
    const name = steerings.size > 1 ? `with ${cut.configuration.split("~")[0]}` : "";
    plots.push(guidancePlot(along, name));
  }
  return plots;
}

function steeringPlot(results: readonly PilotResult[], name: string): Plot {
  return {
    name,
    results,
    axes: { column: "strength", row: "layer" },
    place: ({ strength = Number.NaN, layers = [] }) => ({
      column: { order: [strength], name: compact(strength) },
      row: { order: layers, name: layersName(layers) },
    }),
  };
}

function guidancePlot(results: readonly PilotResult[], name: string): Plot {
  const value = (weight: number | undefined): AxisValue =>
    weight === undefined ? { order: [0], name: "" } : { order: [weight], name: compact(weight) };
  const has = (key: "gamma" | "eta") => results.some(({ guidance }) => guidance?.[key] !== undefined);
  const both = has("gamma") && has("eta");
  return {
    name,
    results,
    axes: { column: has("eta") ? "η" : "γ", row: both ? "γ" : "" },
    place: ({ guidance }) => ({
      column: value(has("eta") ? guidance?.eta : guidance?.gamma),
      row: value(both ? guidance?.gamma : undefined),
    }),
  };
}

function steeringKey({ method, operation, layers, strength }: PilotResult): string {
  return JSON.stringify([method, operation, layers, strength]);
}

function guidanceKey({ guidance }: PilotResult): string {
  return JSON.stringify([guidance?.preset, guidance?.gamma, guidance?.eta]);
}

/** `steer, γ 0.2, η 0.6` */
function guidanceText({ preset, gamma, eta }: PilotGuidance): string {
  return [
    preset,
    ...(gamma === undefined ? [] : [`γ ${compact(gamma)}`]),
    ...(eta === undefined ? [] : [`η ${compact(eta)}`]),
  ].join(", ");
}

/** Trials of one method and operation: strengths of two operations cannot be compared. */
function waysOf(pilot: readonly PilotResult[]): { parts: string[]; results: PilotResult[] }[] {
  const methods = new Set(pilot.map(({ method = "" }) => method));
  const operations = new Set(pilot.map(({ operation = "" }) => operation));
  return [...methods].flatMap((method) =>
    [...operations].flatMap((operation) => {
      const results = pilot.filter((result) => result.method === method && result.operation === operation);
      const parts = [...(methods.size > 1 ? [method] : []), ...(operations.size > 1 ? [operation] : [])];
      return results.length === 0 ? [] : [{ parts, results }];
    }),
  );
}

/** What one map shows. */
interface Layer {
  readonly plain: string;
  readonly term: string;
  /** Not a number where it was not measured; undefined where a cell is to stay empty. */
  readonly value: (result: PilotResult) => number | undefined;
}

/** The scores, and what classifiers reach where more than one configuration of the sweep got a data set. */
function layersOf({ arms, study }: RunReport): Layer[] {
  const downstream = new Map(
    (study?.rows ?? []).flatMap((row) =>
      row.downstream === undefined ? [] : [[row.configuration, row.downstream.mean] as const],
    ),
  );
  const { plain, term } = metricWords(arms);
  return [
    ...MEASURE_ORDER.map((measure) => ({
      ...MEASURES[measure],
      value: (result: PilotResult) => result[measure],
    })),
    ...(downstream.size < 2
      ? []
      : [{ plain, term, value: ({ configuration }: PilotResult) => downstream.get(configuration) }]),
  ];
}

async function maps({ results, axes, place }: Plot, layers: readonly Layer[], chosen: string | undefined) {
  const figures = [];
  for (const { plain, term, value } of layers) {
    const cells = results.map(
      (result): HeatMapCell => ({
        ...place(result),
        value: value(result),
        collapsed: result.collapsed === true,
        chosen: result.configuration === chosen,
      }),
    );
    figures.push(
      html`<figure><h3>${capital(plain)} <small>(${term})</small></h3><div class="scroll">${await drawFigure(heatMap(term, cells, axes))}</div></figure>
`,
    );
  }
  return html`<div class="maps">${figures}</div>`;
}

/** A column of the table with what was tried. */
interface TriedColumn {
  readonly heading: Markup;
  readonly cell: (result: PilotResult) => Markup;
}

function triedColumns(pilot: readonly PilotResult[]): TriedColumn[] {
  const number = (heading: Markup, cell: (result: PilotResult) => Markup): TriedColumn => ({
    heading: html`<th scope="col" class="number">${heading}</th>`,
    cell: (result) => html`<td class="number">${cell(result)}</td>`,
  });
  const weight = (key: "gamma" | "eta", name: string) =>
    pilot.some(({ guidance }) => guidance?.[key] !== undefined)
      ? [number(html`${name}`, ({ guidance }) => html`${compact(guidance?.[key] ?? Number.NaN)}`)]
      : [];
  const steered = pilot.filter(isSteered);
  const way: TriedColumn = {
    heading: html`<th scope="col">Method<small>operation</small></th>`,
    cell: ({ method = "", operation = "" }) =>
      html`<td>${isolated(method)}<small>${isolated(operation)}</small></td>`,
  };
  return [
    ...(waysOf(steered).length > 1 ? [way] : []),
    ...(steered.length > 0
      ? [
          number(html`Layer`, ({ layers = [] }) => html`${layersName(layers)}`),
          number(
            html`Strength<small>length added</small>`,
            ({ strength = Number.NaN, absoluteStrength = Number.NaN }) =>
              html`${compact(strength)}<small>${compact(absoluteStrength)}</small>`,
          ),
        ]
      : []),
    ...weight("gamma", "γ"),
    ...weight("eta", "η"),
  ];
}

function pilotTable(pilot: readonly PilotResult[], chosen: string | undefined): Markup {
  const ordered = [...pilot].sort((a, b) => rank(b.harmonic) - rank(a.harmonic));
  const tried = triedColumns(pilot);
  return html`<details><summary>All numbers of the sweep</summary><div class="scroll"><table>
<thead><tr><th scope="col">Configuration</th>${tried.map(({ heading }) => heading)}${MEASURE_ORDER.map((measure) => html`<th scope="col" class="number">${MEASURES[measure].plain}</th>`)}<th scope="col" class="number">Kept</th></tr></thead>
<tbody>${ordered.map((result) => {
    const marks = [
      ...(result.configuration === chosen ? ["chosen"] : []),
      ...(result.collapsed === true ? ["collapsed"] : []),
    ];
    const interval =
      result.intervals === undefined
        ? undefined
        : html`<small>${decimal(result.intervals.low)} to ${decimal(result.intervals.high)}</small>`;
    return html`<tr><th scope="row"><code>${isolated(result.configuration)}</code>${marks.length > 0 ? html`<small>${marks.join(", ")}</small>` : undefined}</th>${tried.map(({ cell }) => cell(result))}${MEASURE_ORDER.map(
      (measure) =>
        html`<td class="number">${decimal(result[measure])}${measure === "harmonic" ? interval : undefined}</td>`,
    )}<td class="number">${whole(result.kept)} of ${whole(result.written)}</td></tr>
`;
  })}</tbody></table></div></details>`;
}

function hasGaps({ results, place }: Plot): boolean {
  const places = results.map(place);
  const rows = new Set(places.map(({ row }) => row.order.join()));
  const columns = new Set(places.map(({ column }) => column.order.join()));
  return results.length < rows.size * columns.size;
}

function rank(value: number): number {
  return Number.isFinite(value) ? value : Number.NEGATIVE_INFINITY;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

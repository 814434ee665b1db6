import { DEFINITION_GROUPS, type Definition, definitionOf } from "../../score/definitions.js";
import { type Content, html, isolated, Markup } from "./markup.js";
import { decimal, MISSING, whole } from "./number-text.js";
import type { ArmResult, CellValue, ReportedMeasure, ReportedMeasures } from "./run-report.js";

/** What a measure was held against, by the name behind the @ of its own. */
const SOURCES: Readonly<Record<string, string>> = {
  contrast: "with the vectors' texts",
  demonstrations: "with the few-shot examples",
};

type MeasuredArm = ArmResult & { readonly measures: NonNullable<ArmResult["measures"]> };

/** Every measure of each arm, and each arm's scores by language and label; nothing where nothing was measured. */
export function measuresSection(arms: readonly ArmResult[]): Markup {
  const measured = arms.filter((arm): arm is MeasuredArm => arm.measures !== undefined);
  if (measured.length === 0) return new Markup("");
  const names = [...new Set(measured.flatMap(({ measures }) => Object.keys(measures.languages)))];
  const encoders = [...new Set(measured.flatMap(({ measures: { encoder } }) => encoder ?? []))];
  const judges = [...new Set(measured.flatMap(({ measures: { judge } }) => judge ?? []))];
  return html`${cellTable(measured)}
<details><summary>All measures</summary>
<p class="soft">Value ± what it may be off by because texts were drawn. Small below it: human texts of the same language at equal size, and the written texts' part of their value. ${MISSING} was not measured, for the reason beside it. Open a name to read what it is.</p>
${encoders.map((encoder) => html`<p class="soft">Embedded with ${isolated(encoder)}.</p>`)}
${judges.map((judge) => html`<p class="soft">Judged by ${isolated(judge)}.</p>`)}
${measureTable(
  measured.map(({ title, measures }) => ({ title, measures: measures.all })),
  true,
)}
${
  names.length < 2
    ? undefined
    : names.map(
        (language) => html`<details><summary>${isolated(language)} alone</summary>
${measureTable(
  measured.map(({ title, measures }) => ({ title, measures: measures.languages[language]?.measures ?? {} })),
  false,
)}</details>
`,
      )
}</details>`;
}

interface Column {
  readonly title: string;
  readonly measures: ReportedMeasures;
}

function measureTable(columns: readonly Column[], defined: boolean): Markup {
  const names = [...new Set(columns.flatMap(({ measures }) => Object.keys(measures)))];
  const groups = [...DEFINITION_GROUPS, undefined]
    .map((group) => ({ group, members: names.filter((name) => definitionOf(name)?.group === group) }))
    .filter(({ members }) => members.length > 0);
  return html`<div class="scroll"><table><thead><tr><th scope="col">Measure</th>${columns.map(
    ({ title }) => html`<th scope="col" class="number">${isolated(title)}</th>`,
  )}</tr></thead>
${groups.map(
  ({
    group,
    members,
  }) => html`<tbody><tr><th scope="rowgroup" colspan="${columns.length + 1}" class="group">${group ?? "Other"}</th></tr>
${members.map(
  (name) => html`<tr><th scope="row">${measureName(name, defined)}</th>${measureCells(
    columns.map(({ measures }) => measures[name]),
  )}</tr>
`,
)}</tbody>`,
)}</table></div>`;
}

/** A measure's name, with its definition behind a click. */
export function measureName(name: string, defined = true): Markup {
  const definition = definitionOf(name);
  const source = /@(.*)$/s.exec(name)?.[1];
  const shown = html`${isolated(definition?.name ?? name)}${
    source === undefined ? undefined : html` ${SOURCES[source] ?? isolated(source)}`
  }`;
  if (!defined || definition === undefined) return shown;
  return html`<details class="definition"><summary>${shown}</summary>${definitionText(name, definition)}</details>`;
}

function definitionText(name: string, { meaning, formula, range, higherIs, source }: Definition): Markup {
  return html`<p>${meaning}</p><p><code>${formula}</code></p><p>${range}; higher is ${higherIs}.${
    source === undefined ? undefined : html` ${source}.`
  } <code>${name}</code></p>`;
}

/** A cell for each arm; one for all where all lack the value for one reason. */
function measureCells(measures: readonly (ReportedMeasure | undefined)[]): Content {
  const [first] = measures;
  const reason = first?.set.absent;
  if (reason !== undefined && measures.length > 1 && measures.every((one) => one?.set.absent === reason)) {
    return html`<td class="number reason" colspan="${measures.length}">${MISSING}<small>${isolated(reason)}</small></td>`;
  }
  return measures.map((measure) => measureCell(measure));
}

function measureCell(measure: ReportedMeasure | undefined): Markup {
  if (measure === undefined) return html`<td class="number">${MISSING}</td>`;
  const { set, human, relative, atEqualSize } = measure;
  if (set.value === undefined) {
    return html`<td class="number reason">${MISSING}<small>${isolated(set.absent ?? "")}</small></td>`;
  }
  const compared = atEqualSize !== undefined && valueText(atEqualSize) !== valueText(set.value);
  const lines = [
    ...(human.value === undefined
      ? []
      : [`human ${valueText(human.value)}${compared ? `, against ${valueText(atEqualSize)}` : ""}`]),
    ...(relative.value === undefined ? [] : [`relative ${withError(relative)}`]),
    ...(set.without === undefined ? [] : [`without ${set.without.join(", ")}`]),
  ];
  return html`<td class="number">${withError(set)}${lines.map((line) => html`<small>${line}</small>`)}</td>`;
}

function withError({ value, standardError }: ReportedMeasure["set"]): string {
  const text = valueText(value ?? Number.NaN);
  return standardError === undefined || !Number.isFinite(standardError)
    ? text
    : `${text} ± ${decimal(standardError, digitsOf(value ?? 0))}`;
}

function valueText(value: number): string {
  const digits = digitsOf(value);
  return digits === 0 ? whole(value) : decimal(value, digits);
}

function digitsOf(value: number): number {
  const size = Math.abs(value);
  return size < 10 ? 3 : size < 100 ? 1 : 0;
}

const CELL_COLUMNS = ["success", "coherence", "diversity", "harmonic"] as const;

/** The scores of each language and label, with their intervals. */
function cellTable(arms: readonly MeasuredArm[]): Markup {
  if (arms.every(({ measures }) => measures.cells.length < 2)) return new Markup("");
  return html`<details><summary>Scores by language and label</summary>
<p class="soft">Small: 95 % bootstrap intervals over the texts. </p>
<div class="scroll"><table><thead><tr><th scope="col">Texts of</th><th scope="col">Language</th><th scope="col">Label</th><th scope="col" class="number">Texts</th>${CELL_COLUMNS.map(
    (name) => html`<th scope="col" class="number">${measureName(name)}</th>`,
  )}<th scope="col" class="number">${measureName("meanWords")}</th></tr></thead>
<tbody>${arms.flatMap(({ title, measures }) =>
    measures.cells.map(
      (cell) => html`<tr><th scope="row">${isolated(title)}</th><td>${isolated(cell.language)}</td><td>${
        cell.label === undefined ? html`<i>all</i>` : isolated(cell.label)
      }</td><td class="number">${whole(cell.texts)}</td>${CELL_COLUMNS.map((name) => cellOf(cell[name]))}<td class="number">${decimal(cell.meanWords ?? Number.NaN, 1)}</td></tr>
`,
    ),
  )}</tbody></table></div></details>`;
}

function cellOf({ value, low, high, absent }: CellValue): Markup {
  if (value === undefined) {
    return html`<td class="number reason">${MISSING}<small>${isolated(absent ?? "")}</small></td>`;
  }
  const interval =
    low === undefined || high === undefined
      ? undefined
      : html`<small>${decimal(low)} to ${decimal(high)}</small>`;
  return html`<td class="number">${decimal(value)}${interval}</td>`;
}

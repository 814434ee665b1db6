import { FILTER_NAMES } from "../../store/sample.js";
import { type Content, html, isolated, Markup } from "./markup.js";
import { measureName } from "./measures-section.js";
import { compact, decimal, whole } from "./number-text.js";
import {
  FILTER_WORDS,
  KEPT_MEANING,
  MEASURE_ORDER,
  MEASURES,
  type MeasureWords,
  metricWords,
} from "./plain-words.js";
import type { ArmResult } from "./run-report.js";

interface Column {
  readonly words: { readonly plain: string; readonly term: string };
  readonly text: (arm: ArmResult) => Content;
  /** For finding the best; undefined where there is no better and worse. */
  readonly value?: (arm: ArmResult) => number | undefined;
}

/** The comparison in one table: an arm a row, and what each column means below it. */
export function resultTable(arms: readonly ArmResult[]): Markup {
  if (arms.length === 0) return html`<p class="soft">No texts have been written yet.</p>`;
  const withClassifier = arms.some((arm) => arm.classifier !== undefined);
  const columns: Column[] = [
    ...(withClassifier ? [classifierColumn(metricWords(arms))] : []),
    ...MEASURE_ORDER.map((measure) => ({
      words: MEASURES[measure],
      text: (arm: ArmResult) => decimal(arm.score?.[measure] ?? Number.NaN),
      value: (arm: ArmResult) => arm.score?.[measure],
    })),
    {
      words: { plain: "kept", term: "of written" },
      text: (arm) => html`${whole(arm.kept)} <small>of ${whole(arm.written)}</small>`,
    },
    {
      words: { plain: "words a text", term: "mean" },
      text: (arm) => decimal(arm.score?.meanWords ?? Number.NaN, 1),
    },
    { words: { plain: "tokens", term: "written" }, text: (arm) => whole(arm.tokens) },
  ];
  const best = columns.map((column) => bestOf(arms.map((arm) => column.value?.(arm))));
  return html`<div class="scroll"><table class="stack"><thead><tr><th scope="col">How the texts were written</th>
${columns.map(({ words }) => html`<th scope="col" class="number">${words.plain}<small>${words.term}</small></th>`)}</tr></thead>
<tbody>${arms.map(
    (
      arm,
    ) => html`<tr><th scope="row">${isolated(arm.title)}<small><code>${isolated(arm.configuration)}</code></small></th>
${columns.map((column, at) => cell(column.words.plain, column.text(arm), isBest(column, arm, best[at])))}</tr>
`,
  )}</tbody></table></div>
<dl class="words">${[...(withClassifier ? [metricWords(arms)] : []), ...MEASURE_ORDER.map((measure) => MEASURES[measure])].map(meaning)}
<dt>kept</dt><dd>${KEPT_MEANING}</dd></dl>`;
}

const classifierColumn = (words: MeasureWords): Column => ({
  words,
  text: (arm) =>
    arm.classifier === undefined
      ? decimal(Number.NaN)
      : html`${decimal(arm.classifier.mean, 3)} <small>± ${decimal(arm.classifier.sd, 3)}</small>`,
  value: (arm) => arm.classifier?.mean,
});

function cell(name: string, content: Content, best: boolean): Markup {
  return html`<td class="number${best ? " best" : ""}" data-name="${name}"><span>${content}</span></td>`;
}

function isBest(column: Column, arm: ArmResult, best: number | undefined): boolean {
  return best !== undefined && column.value?.(arm) === best;
}

function bestOf(values: readonly (number | undefined)[]): number | undefined {
  const finite = values.filter((value): value is number => value !== undefined && Number.isFinite(value));
  return finite.length < 2 ? undefined : Math.max(...finite);
}

function meaning({ plain, term, meaning: text }: MeasureWords): Markup {
  return html`<dt>${plain}</dt><dd>${text} <i>(${term})</i></dd>`;
}

/** What the scores are made of, where the scores say. */
export function partsTable(arms: readonly ArmResult[]): Markup {
  const names = [...new Set(arms.flatMap((arm) => Object.keys(arm.score?.parts ?? {})))];
  if (names.length === 0) return new Markup("");
  return html`<details><summary>What the scores are made of</summary>
<div class="scroll"><table><thead><tr><th scope="col">Part</th>${arms.map((arm) => html`<th scope="col" class="number">${isolated(arm.title)}</th>`)}</tr></thead>
<tbody>${names.map(
    (name) => html`<tr><th scope="row">${measureName(name)}</th>${arms.map(
      (arm) => html`<td class="number">${compact(arm.score?.parts[name] ?? Number.NaN)}</td>`,
    )}</tr>
`,
  )}</tbody></table></div></details>`;
}

/** How many texts each filter dropped. */
export function filterTable(arms: readonly ArmResult[]): Markup {
  if (arms.length === 0) return html`<p class="soft">Nothing was written, so nothing was dropped.</p>`;
  return html`<div class="scroll"><table class="stack"><thead><tr><th scope="col">How the texts were written</th>
${FILTER_NAMES.map((name) => html`<th scope="col" class="number">${FILTER_WORDS[name]}</th>`)}<th scope="col" class="number">kept</th></tr></thead>
<tbody>${arms.map(
    (arm) => html`<tr><th scope="row">${isolated(arm.title)}</th>
${FILTER_NAMES.map((name) => cell(FILTER_WORDS[name], whole(arm.filters[name]), false))}${cell("kept", html`${whole(arm.kept)} <small>of ${whole(arm.written)}</small>`, false)}</tr>
`,
  )}</tbody></table></div>`;
}

import type { ArmKindResult } from "../../arms/arms-results.js";
import { METRIC_TITLES } from "../../classify/metric.js";
import { spreadText } from "./classifier-section.js";
import { markdownTable, markdownText } from "./markdown.js";
import { html, isolated, type Markup } from "./markup.js";
import { decimal, MISSING, signed, whole } from "./number-text.js";
import type { RunReport } from "./run-report.js";

type Results = NonNullable<RunReport["languageModels"]>;

interface Column {
  readonly name: string;
  readonly text: (result: ArmKindResult) => string;
}

function columnsOf({ metric }: Results): Column[] {
  return [
    { name: "texts", text: ({ size }) => whole(size) },
    {
      name: METRIC_TITLES[metric],
      text: ({ auroc, macroF1 }) => spreadText(metric === "auroc" ? auroc : macroF1),
    },
    {
      name: "95 % interval",
      text: ({ interval }) => (interval ? `${decimal(interval.low)} to ${decimal(interval.high)}` : MISSING),
    },
    { name: "accuracy", text: ({ accuracy }) => spreadText(accuracy) },
    { name: "calibration error", text: ({ calibration }) => decimal(calibration.calibrationError, 3) },
    {
      name: "against zero-shot",
      text: ({ againstZeroShot: found }) =>
        found === undefined
          ? MISSING
          : `${signed(found.difference, 3)} (${signed(found.low, 3)} to ${signed(found.high, 3)}), p ${decimal(found.correctedPValue, 3)}`,
    },
  ];
}

function explanation({ testTexts }: Results): string {
  return `Ways of labelling the same ${whole(testTexts)} test texts. Against zero-shot: the difference with its 95 % interval, and the p-value of a paired permutation test over the test texts, corrected by Holm's method for all rows.`;
}

/** Language models as classifiers, beside a trained one. */
export function languageModelsSection(found: Results): Markup {
  const columns = columnsOf(found);
  return html`<p class="lead">${explanation(found)}</p>
${
  found.results.length === 0
    ? html`<p class="soft">Nothing could be run.</p>`
    : html`<div class="scroll"><table class="stack"><thead><tr><th scope="col">How texts are labelled</th>
${columns.map(({ name }) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
<tbody>${found.results.map(
        (result) =>
          html`<tr><th scope="row">${result.arm}${result.trainedOn === undefined ? undefined : html`, ${isolated(result.trainedOn)}`}<small>${isolated(result.model)}</small></th>
${columns.map(({ name, text }) => html`<td class="number" data-name="${name}"><span>${text(result)}</span></td>`)}</tr>
`,
      )}</tbody></table></div>`
}
${found.notes.length === 0 ? undefined : html`<ul>${found.notes.map((note) => html`<li>${isolated(note)}</li>`)}</ul>`}`;
}

/** The same as blocks of Markdown. */
export function languageModelsMarkdown(found: Results): string[] {
  const columns = columnsOf(found);
  return [
    explanation(found),
    markdownTable(
      ["How texts are labelled", "Model", ...columns.map(({ name }) => name)],
      found.results.map((result) => [
        [result.arm, ...(result.trainedOn === undefined ? [] : [markdownText(result.trainedOn)])].join(", "),
        markdownText(result.model),
        ...columns.map(({ text }) => text(result)),
      ]),
      true,
    ),
    ...found.notes.map((note) => `- ${markdownText(note)}`),
  ];
}

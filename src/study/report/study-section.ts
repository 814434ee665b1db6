import { drawFigure } from "./figure.js";
import { type Content, html, isolated, Markup } from "./markup.js";
import { decimal, signed, whole } from "./number-text.js";
import { MEASURE_ORDER, MEASURES, metricWords } from "./plain-words.js";
import type { ArmResult, ReportedStudy, StudyRow } from "./run-report.js";
import { type ScatterPoint, scatterPlot } from "./scatter-plot.js";
import {
  baselineSentence,
  baselinesOf,
  CORRELATION_WORDS,
  correlationText,
  downstreamText,
  NAMED_FAILURES,
  searchSentences,
  TELLING_PAIRS,
} from "./study-words.js";

/** Rows that are shown at once; the others open by a click. */
const FIRST_ROWS = 20;

/** A search as a ranked table, with what its scores say of the classifiers, in numbers and as points. */
export async function studySection(study: ReportedStudy, arms: readonly ArmResult[]): Promise<Markup> {
  const baselines = baselinesOf(study);
  const verdicts = baselines.flatMap((baseline) => baselineSentence(study, baseline) ?? []);
  return html`${[...searchSentences(study), ...verdicts].map(
    (sentence) => html`<p>${isolated(sentence)}</p>
`,
  )}${failureTable(study)}
${study.rows.length === 0 ? html`<p class="soft">No configuration could be ranked.</p>` : rankedTable(study, baselines.length > 0)}
${correlations(study)}
${await scatterFigures(study, arms)}`;
}

function failureTable({ failures }: ReportedStudy): Markup | undefined {
  if (failures.length <= NAMED_FAILURES) return undefined;
  return html`<details><summary>All ${whole(failures.length)} that could not be written</summary><div class="scroll"><table><thead><tr><th scope="col">Configuration</th><th scope="col">Why</th></tr></thead>
<tbody>${failures.map(
    ({ configuration, message }) =>
      html`<tr><th scope="row"><code>${isolated(configuration)}</code></th><td>${isolated(message)}</td></tr>
`,
  )}</tbody></table></div></details>`;
}

/** Each score of the data sets against what classifiers reach; nothing for fewer than three data sets. */
async function scatterFigures(
  { rows, correlations: found }: ReportedStudy,
  arms: readonly ArmResult[],
): Promise<Markup | undefined> {
  const { term } = metricWords(arms);
  const searched = new Set(rows.map(({ configuration }) => configuration));
  const figures = [];
  for (const measure of MEASURE_ORDER) {
    const points = arms.flatMap(({ score, classifier, configuration }): ScatterPoint[] =>
      score && classifier && Number.isFinite(score[measure]) && Number.isFinite(classifier.mean)
        ? [
            {
              x: score[measure],
              y: classifier.mean,
              spread: classifier.sd,
              baseline: !searched.has(configuration),
            },
          ]
        : [],
    );
    if (points.length < 3) continue;
    const correlation = found.find(({ score }) => score === measure);
    figures.push(html`<figure><h4>${MEASURES[measure].term}</h4>${await drawFigure(
      scatterPlot({ x: MEASURES[measure].term.toLowerCase(), y: term }, points),
    )}${correlation ? html`<figcaption>${correlationText(correlation)}</figcaption>` : undefined}</figure>
`);
  }
  if (figures.length === 0) return undefined;
  return html`<h3>Scores against the classifier</h3>
<p class="soft">A point is a data set: its score, and what classifiers that were trained on it reach. Squares are the prompting baselines. Lines: one standard deviation over the trainings. The numbers are in the first table.</p>
<div class="figures">${figures}</div>`;
}

function rankedTable(study: ReportedStudy, compared: boolean): Markup {
  const { rows } = study;
  const rest = rows.slice(FIRST_ROWS);
  return html`${tableOf({ ...study, rows: rows.slice(0, FIRST_ROWS) }, compared)}${
    rest.length === 0
      ? undefined
      : html`<details><summary>The other ${whole(rest.length)}</summary>${tableOf({ ...study, rows: rest }, compared)}</details>`
  }
<p class="soft">Scores are of the texts that a configuration was judged by in its last round; only rows of the same round are judged by as many. Intervals of differences are for one comparison; better and worse hold after Holm's correction for all of them.</p>`;
}

function harmonicCell({ harmonic, interval }: StudyRow): Content {
  if (interval === undefined || harmonic === undefined) return decimal(harmonic ?? Number.NaN);
  return html`${decimal(harmonic)} <small>${decimal(interval.low)} to ${decimal(interval.high)}</small>`;
}

function differenceLines({ differences }: StudyRow): Content {
  return differences.map(({ baseline, difference, low, high, verdict }) => {
    const clear = verdict === "better" || verdict === "worse" ? `, ${verdict}` : "";
    return html`<span class="line">${isolated(baseline)} ${signed(difference)}${clear} <small>${signed(low)} to ${signed(high)}</small></span>`;
  });
}

type RowColumn = readonly [name: string, term: string, content: (row: StudyRow) => Content];

function tableOf({ rows, metric }: ReportedStudy, compared: boolean): Markup {
  const classifier: RowColumn = ["classifier", metric ?? "", downstreamText];
  const difference: RowColumn = ["difference", "from prompting, 95 %", differenceLines];
  const columns: RowColumn[] = [
    ["round", "of the search", ({ round }) => whole(round)],
    ["texts", "judged by", ({ texts }) => whole(texts)],
    ["success", "", ({ success }) => decimal(success ?? Number.NaN)],
    ["coherence", "", ({ coherence }) => decimal(coherence ?? Number.NaN)],
    ["diversity", "", ({ diversity }) => decimal(diversity ?? Number.NaN)],
    ["harmonic mean", "95 % interval", harmonicCell],
    ...(metric === undefined ? [] : [classifier]),
    ...(compared ? [difference] : []),
  ];
  return html`<div class="scroll"><table class="stack"><thead><tr><th scope="col">Configuration</th>
${columns.map(([name, term]) => html`<th scope="col" class="number">${name}<small>${term}</small></th>`)}</tr></thead>
<tbody>${rows.map(
    (row) => html`<tr><th scope="row"><code>${isolated(row.configuration)}</code></th>
${columns.map(([name, , text]) => html`<td class="number" data-name="${name}"><span>${text(row)}</span></td>`)}</tr>
`,
  )}</tbody></table></div>`;
}

function correlations({ correlations: found, metric }: ReportedStudy): Markup {
  if (found.length === 0) return new Markup("");
  const pairs = Math.min(...found.map((correlation) => correlation.pairs));
  return html`<h3>Does a score foretell the classifier?</h3>
<div class="scroll"><table><thead><tr><th scope="col">Score</th><th scope="col" class="number">Spearman's rank correlation with ${metric ?? ""}</th></tr></thead>
<tbody>${found.map(
    (correlation) =>
      html`<tr><th scope="row">${CORRELATION_WORDS[correlation.score]}</th><td class="number">${correlationText(correlation)}</td></tr>
`,
  )}</tbody></table></div>
<p class="soft">Over ${whole(pairs)} configurations with a data set.${pairs < TELLING_PAIRS ? " So few say next to nothing." : ""}</p>`;
}

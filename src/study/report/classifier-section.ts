import { drawFigure } from "./figure.js";
import { HEAT_STEPS } from "./heat-map.js";
import { type IntervalRow, intervalPlot } from "./interval-plot.js";
import { curveKey, learningCurves, MOST_CURVES, type NamedCurve } from "./learning-curves.js";
import { html, isolated, type Markup } from "./markup.js";
import { decimal, signed, whole } from "./number-text.js";
import { CLASSIFIER_WORDS, metricWords } from "./plain-words.js";
import type { ClassifierSummary, Comparison, ReportedSpread, RunReport } from "./run-report.js";

/** A data set that classifiers were trained on: an arm's, or one that it is set beside. */
export interface TrainedSet {
  readonly name: string;
  readonly title: string;
  readonly texts: number;
  readonly classifier: ClassifierSummary;
}

/** Rows of the interval plot; the table has all. */
const MOST_ROWS = 24;

/** What classifiers make of each data set: intervals, effect sizes, learning curves, details; undefined where none were trained. */
export async function classifierSection(report: RunReport): Promise<Markup | undefined> {
  const { comparisons, curves = [], trainer } = report;
  const all = trainedSets(report);
  if (all.length === 0 && comparisons.length === 0 && curves.length === 0) return undefined;
  const { term, meaning } = metricWords(all);
  return html`<p class="lead">${meaning} Further right is better.</p>
${trainer === undefined ? undefined : html`<p class="soft">Trained: ${isolated(trainer)}.</p>`}
<div class="figures">${all.length === 0 ? undefined : await intervalFigure(term, all, comparisons)}
${await curveFigure(term, curves, all)}</div>
${scoreTable(term, all)}
${meanings(all)}
${effectTable(term, comparisons)}
${curveTable(term, curves, all)}
${all.some(hasDetails) ? html`<details><summary>Label by label</summary>${all.filter(hasDetails).map(details)}</details>` : undefined}`;
}

/** Arms and references with classifiers. */
export function trainedSets({ arms, references = [] }: RunReport): TrainedSet[] {
  const own = arms.flatMap(({ name, title, kept, classifier }) =>
    classifier === undefined ? [] : [{ name, title, texts: kept, classifier }],
  );
  return [...own, ...references].filter(({ classifier }) => Number.isFinite(classifier.mean));
}

async function intervalFigure(
  term: string,
  all: readonly TrainedSet[],
  comparisons: readonly Comparison[],
): Promise<Markup> {
  const compared = new Set(comparisons.map(({ arm }) => arm));
  const highest = new Set([...all].sort((a, b) => b.classifier.mean - a.classifier.mean).slice(0, MOST_ROWS));
  const rows = all
    .filter((set) => highest.has(set))
    .map(({ name, title, classifier: { mean, sd, values } }): IntervalRow => {
      const spread = Number.isFinite(sd) ? sd : 0;
      return {
        name: title,
        mean,
        low: mean - spread,
        high: mean + spread,
        values,
        highlighted: compared.has(name),
        text: spreadText({ mean, sd }),
      };
    });
  const some = all.length > rows.length ? ` The ${whole(rows.length)} highest of ${whole(all.length)}.` : "";
  return html`<figure>${await drawFigure(intervalPlot(term, rows))}<figcaption>${term}. Large dot: mean. Line: one standard deviation to each side. Small dots: one training each. The axis does not start at 0.${some}</figcaption></figure>`;
}

function scoreTable(term: string, all: readonly TrainedSet[]): Markup | undefined {
  if (all.length === 0) return undefined;
  const others = (
    [
      ["Macro-F1", ({ macroF1 }) => macroF1],
      ["AUROC", ({ auroc }) => auroc],
      ["Accuracy", ({ accuracy }) => accuracy],
    ] as [string, (classifier: ClassifierSummary) => ReportedSpread | undefined][]
  ).filter(([name, of]) => name !== term && all.some(({ classifier }) => of(classifier) !== undefined));
  const columns: [string, (set: TrainedSet) => string][] = [
    [term, ({ classifier }) => spreadText(classifier)],
    ...others.map(([name, of]): [string, (set: TrainedSet) => string] => [
      name,
      ({ classifier }) => spreadText(of(classifier)),
    ]),
    ["trainings", ({ classifier }) => whole(classifier.values.length)],
    ["texts in the set", ({ texts }) => whole(texts)],
  ];
  return html`<div class="scroll"><table class="stack"><thead><tr><th scope="col">Trained on</th>
${columns.map(([name]) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
<tbody>${all.map(
    (set) => html`<tr><th scope="row">${isolated(set.title)}</th>
${columns.map(([name, text]) => html`<td class="number" data-name="${name}"><span>${text(set)}</span></td>`)}</tr>
`,
  )}</tbody></table></div>`;
}

/** What the numbers of the tables are, a click away. */
function meanings(all: readonly TrainedSet[]): Markup | undefined {
  if (!all.some(hasDetails)) return undefined;
  return html`<details><summary>What these numbers are</summary><dl class="words">${CLASSIFIER_WORDS.map(
    ([name, meaning]) => html`<dt>${name}</dt><dd>${meaning}</dd>`,
  )}</dl></details>`;
}

/** How far arms lie apart, with intervals, and each in a sentence. */
function effectTable(term: string, comparisons: readonly Comparison[]): Markup | undefined {
  if (comparisons.length === 0) return undefined;
  return html`<h3>How large is the difference?</h3>
<ul>${comparisons.map(({ sentence }) => html`<li>${isolated(sentence)}</li>`)}</ul>
<div class="scroll"><table class="stack"><thead><tr><th scope="col">Compared</th><th scope="col" class="number">Difference<small>${term}</small></th><th scope="col" class="number">95 % interval</th><th scope="col">Verdict</th></tr></thead>
<tbody>${comparisons.map(
    ({
      arm,
      baseline,
      difference,
      low,
      high,
      verdict,
    }) => html`<tr><th scope="row">${isolated(arm)} − ${isolated(baseline)}</th><td class="number" data-name="difference"><span>${signed(difference, 3)}</span></td><td class="number" data-name="95 % interval"><span>${signed(low, 3)} to ${signed(high, 3)}</span></td><td data-name="verdict"><span>${isolated(verdict)}</span></td></tr>
`,
  )}</tbody></table></div>`;
}

type Curves = NonNullable<RunReport["curves"]>;

function named(curves: Curves, all: readonly TrainedSet[]): NamedCurve[] {
  return curves
    .filter(({ points }) => points.length > 0)
    .map((curve) => ({ ...curve, title: all.find(({ name }) => name === curve.arm)?.title ?? curve.arm }));
}

async function curveFigure(
  term: string,
  curves: Curves,
  all: readonly TrainedSet[],
): Promise<Markup | undefined> {
  const shown = named(curves, all);
  if (shown.length === 0) return undefined;
  const some =
    shown.length > MOST_CURVES ? ` The first ${MOST_CURVES} of ${whole(shown.length)} data sets.` : "";
  return html`<figure>${curveKey(shown)}${await drawFigure(learningCurves(term, shown))}<figcaption>Learning curves: what classifiers reach with how many training texts, on a logarithmic scale. Lines upwards and downwards: one standard deviation.${some}</figcaption></figure>`;
}

function curveTable(term: string, curves: Curves, all: readonly TrainedSet[]): Markup | undefined {
  const shown = named(curves, all);
  if (shown.length === 0) return undefined;
  const sizes = [...new Set(shown.flatMap(({ points }) => points.map(({ size }) => size)))].sort(
    (a, b) => a - b,
  );
  return html`<details><summary>Numbers of the learning curves</summary><div class="scroll"><table>
<thead><tr><th scope="col">Training texts</th>${shown.map(({ title }) => html`<th scope="col" class="number">${isolated(title)}<small>${term}</small></th>`)}</tr></thead>
<tbody>${sizes.map(
    (size) => html`<tr><th scope="row">${whole(size)}</th>${shown.map(
      ({ points }) =>
        html`<td class="number">${spreadText(points.find((point) => point.size === size))}</td>`,
    )}</tr>
`,
  )}</tbody></table></div></details>`;
}

function hasDetails({ classifier: { perLabel, perLanguage, calibration } }: TrainedSet): boolean {
  return perLabel !== undefined || perLanguage !== undefined || calibration !== undefined;
}

/** Per label, confusion, per language, and what the probabilities are worth. */
function details({ title, classifier }: TrainedSet): Markup {
  const { perLabel = [], perLanguage = [], calibration } = classifier;
  return html`<details><summary>${isolated(title)}</summary>
${
  perLabel.length === 0
    ? undefined
    : html`<div class="scroll"><table class="stack"><thead><tr><th scope="col">Label</th>${["precision", "recall", "F1", "test texts"].map((name) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
<tbody>${perLabel.map(
        ({ label, precision, recall, f1, support }) =>
          html`<tr><th scope="row">${isolated(label)}</th>${(
            [
              ["precision", decimal(precision, 3)],
              ["recall", decimal(recall, 3)],
              ["F1", decimal(f1, 3)],
              ["test texts", whole(support)],
            ] as const
          ).map(
            ([name, value]) => html`<td class="number" data-name="${name}"><span>${value}</span></td>`,
          )}</tr>
`,
      )}</tbody></table></div>`
}
${confusionTable(classifier)}
${
  perLanguage.length < 2
    ? undefined
    : html`<h4>By language</h4><div class="scroll"><table><thead><tr><th scope="col">Language</th><th scope="col" class="number">Macro-F1</th></tr></thead>
<tbody>${perLanguage.map(
        ({
          language,
          macroF1,
        }) => html`<tr><th scope="row">${isolated(language)}</th><td class="number">${decimal(macroF1, 3)}</td></tr>
`,
      )}</tbody></table></div>`
}
${
  calibration === undefined
    ? undefined
    : html`<p class="soft">What its probabilities are worth (0 is best): expected calibration error ${decimal(calibration.calibrationError, 3)}, Brier score ${decimal(calibration.brier, 3)}, log-loss ${decimal(calibration.logLoss, 3)}.</p>`
}
<p class="soft">Means over the trainings.</p></details>
`;
}

function confusionTable({ confusion = [], perLabel = [] }: ClassifierSummary): Markup | undefined {
  if (confusion.length === 0 || confusion.length !== perLabel.length) return undefined;
  const digits = confusion.flat().every((count) => Number.isInteger(count)) ? 0 : 1;
  const cell = (count: number, row: readonly number[]) => {
    const share = count / row.reduce((sum, value) => sum + value, 0);
    const step = Number.isFinite(share)
      ? Math.min(HEAT_STEPS - 1, Math.floor(share * HEAT_STEPS))
      : undefined;
    return html`<td class="number${step === undefined ? "" : ` heat-${step}`}">${decimal(count, digits)}</td>`;
  };
  return html`<h4>Which labels it takes for which</h4>
<div class="scroll"><table class="confusion"><thead><tr><th scope="col">True label, and what it was taken for</th>${perLabel.map(({ label }) => html`<th scope="col" class="number">${isolated(label)}</th>`)}</tr></thead>
<tbody>${confusion.map(
    (
      row,
      at,
    ) => html`<tr><th scope="row">${isolated(perLabel[at]!.label)}</th>${row.map((count) => cell(count, row))}</tr>
`,
  )}</tbody></table></div>`;
}

/** `0.742 ± 0.013`, or a dash. */
export function spreadText(spread: ReportedSpread | undefined): string {
  return spread === undefined ? decimal(Number.NaN) : `${decimal(spread.mean, 3)} ± ${decimal(spread.sd, 3)}`;
}

import { FILTER_NAMES } from "../../store/sample.js";
import { armNotes, armNoteText } from "./arm-notes.js";
import { classifierMarkdown } from "./classifier-markdown.js";
import { layersName } from "./heat-map.js";
import { languageModelsMarkdown } from "./language-models-section.js";
import { markdownBlock, markdownTable, markdownText } from "./markdown.js";
import { printable } from "./markup.js";
import { compact, decimal, duration, whole } from "./number-text.js";
import { FILTER_WORDS, KEPT_MEANING, MEASURE_ORDER, MEASURES, metricWords } from "./plain-words.js";
import type { ArmResult, ReportedStudy, RunReport } from "./run-report.js";
import {
  baselineSentence,
  baselinesOf,
  CORRELATION_WORDS,
  correlationText,
  differenceText,
  downstreamText,
  harmonicText,
  searchSentences,
} from "./study-words.js";

/**
 * A run as Markdown: the verdict and the tables of the page, without its figures, whose numbers the tables have, and
 * without the further measures. What comes from outside is escaped, so that a text can neither be markup nor leave
 * its block. Ends in a line feed.
 */
export function renderMarkdown(report: RunReport): string {
  const { arms, study, pilot } = report;
  const sections: [string, readonly string[]][] = [
    ["The comparison", comparison(arms)],
    ["Does it train a better classifier?", classifierMarkdown(report)],
    [
      "Language models as classifiers",
      report.languageModels === undefined ? [] : languageModelsMarkdown(report.languageModels),
    ],
    ["The search", study === undefined ? [] : search(study)],
    ["What was written", samples(report)],
    ["The sweep", pilot.length === 0 ? [] : sweep(report)],
    ["What was dropped", arms.length === 0 ? [] : [filters(arms)]],
    ["To keep in mind", list(notesOf(report))],
    ["How to repeat this", repeat(report)],
  ];
  const parts = [
    `# ${markdownText(report.title)}`,
    `**${markdownText(report.verdict)}**`,
    ...sections.flatMap(([title, blocks]) => (blocks.length === 0 ? [] : [`## ${title}`, ...blocks])),
    `Made by Tiller ${markdownText(report.version)}.`,
  ];
  return `${parts.join("\n\n")}\n`;
}

function list(items: readonly string[]): string[] {
  return items.length === 0 ? [] : [items.map((item) => `- ${markdownText(item)}`).join("\n")];
}

const code = (text: string) => `<code>${markdownText(text)}</code>`;

function comparison(arms: readonly ArmResult[]): string[] {
  if (arms.length === 0) return ["No texts have been written yet."];
  const trained = arms.some(({ classifier }) => classifier !== undefined);
  const words = metricWords(arms);
  const head = [
    "How the texts were written",
    "Configuration",
    ...(trained ? [words.term] : []),
    ...MEASURE_ORDER.map((measure) => MEASURES[measure].term),
    "Kept",
    "Words a text",
    "Tokens",
  ];
  const rows = arms.map((arm) => [
    markdownText(arm.title),
    code(arm.configuration),
    ...(trained
      ? [arm.classifier ? `${decimal(arm.classifier.mean, 3)} ± ${decimal(arm.classifier.sd, 3)}` : "–"]
      : []),
    ...MEASURE_ORDER.map((measure) => decimal(arm.score?.[measure] ?? Number.NaN)),
    `${whole(arm.kept)} of ${whole(arm.written)}`,
    decimal(arm.score?.meanWords ?? Number.NaN, 1),
    whole(arm.tokens),
  ]);
  const meanings = [...(trained ? [words] : []), ...MEASURE_ORDER.map((measure) => MEASURES[measure])];
  return [
    markdownTable(head, rows, true),
    list([...meanings.map(({ term, meaning }) => `${term}: ${meaning}`), `Kept: ${KEPT_MEANING}`])[0]!,
  ];
}

function search(study: ReportedStudy): string[] {
  const { rows, correlations, metric, failures } = study;
  const verdicts = baselinesOf(study).flatMap((baseline) => baselineSentence(study, baseline) ?? []);
  const head = [
    "Configuration",
    "Round",
    "Texts",
    "Success",
    "Coherence",
    "Diversity",
    "Harmonic mean",
    metric ?? "Classifier",
    "Difference from prompting",
  ];
  const cells = rows.map((row) => [
    code(row.configuration),
    whole(row.round),
    whole(row.texts),
    ...[row.success, row.coherence, row.diversity].map((value) => decimal(value ?? Number.NaN)),
    harmonicText(row),
    downstreamText(row),
    markdownText(differenceText(row)),
  ]);
  return [
    [...searchSentences(study), ...verdicts].map((sentence) => markdownText(sentence)).join("\n\n"),
    rows.length === 0 ? "No configuration could be ranked." : markdownTable(head, cells, true),
    ...(correlations.length === 0
      ? []
      : [
          markdownTable(
            ["Score", `Spearman's rank correlation with ${metric ?? "the classifier"}`, "Data sets"],
            correlations.map((found) => [
              CORRELATION_WORDS[found.score],
              markdownText(correlationText(found)),
              whole(found.pairs),
            ]),
            true,
          ),
        ]),
    ...(failures.length === 0
      ? []
      : [
          markdownTable(
            ["Could not be written", "Why"],
            failures.map(({ configuration, message }) => [code(configuration), markdownText(message)]),
          ),
        ]),
  ];
}

function samples({ samples: all, arms }: RunReport): string[] {
  let group = "";
  return all.flatMap(({ arm, label, language, text }) => {
    const heading = `### ${markdownText(label)} · ${markdownText(language)}`;
    const title = arms.find(({ name }) => name === arm)?.title ?? arm;
    const blocks = [`${markdownText(title)}:`, markdownBlock(printable(text))];
    if (heading === group) return blocks;
    group = heading;
    return [heading, ...blocks];
  });
}

function sweep({ pilot, chosen }: RunReport): string[] {
  const rank = (value: number) => (Number.isFinite(value) ? value : Number.NEGATIVE_INFINITY);
  const rows = [...pilot]
    .sort((a, b) => rank(b.harmonic) - rank(a.harmonic))
    .map((result) => {
      const { layers, strength, guidance, collapsed, intervals } = result;
      const marks = [
        ...(result.configuration === chosen ? ["chosen"] : []),
        ...(collapsed === true ? ["collapsed"] : []),
      ];
      return [
        `${code(result.configuration)}${marks.length === 0 ? "" : ` (${marks.join(", ")})`}`,
        layers === undefined ? "–" : layersName(layers),
        ...[strength, guidance?.gamma, guidance?.eta].map((value) => compact(value ?? Number.NaN)),
        `${decimal(result.harmonic)}${intervals ? ` (${decimal(intervals.low)} to ${decimal(intervals.high)})` : ""}`,
        ...[result.success, result.coherence, result.diversity].map((value) => decimal(value)),
        `${whole(result.kept)} of ${whole(result.written)}`,
      ];
    });
  const head = "Configuration,Layer,Strength,γ,η,Harmonic mean,Success,Coherence,Diversity,Kept".split(",");
  return [markdownTable(head, rows, true)];
}

function filters(arms: readonly ArmResult[]): string {
  const dropped = FILTER_NAMES.filter((name) => arms.some((arm) => arm.filters[name] !== 0));
  if (dropped.length === 0) return "Nothing was dropped.";
  return markdownTable(
    ["Why", ...arms.map(({ title }) => markdownText(title))],
    dropped.map((name) => [FILTER_WORDS[name], ...arms.map((arm) => whole(arm.filters[name]))]),
    true,
  );
}

function notesOf({ notes, arms }: RunReport): string[] {
  return [...notes, ...armNotes(arms).map(armNoteText)];
}

function repeat({ model, cost, recipe }: RunReport): string[] {
  return [
    markdownTable(
      ["", ""],
      [
        [
          "Model",
          `${markdownText(model.name)} (${markdownText(model.architecture)}, ${whole(model.layers)} layers, width ${whole(model.width)})`,
        ],
        ["File", code(model.file)],
        ["SHA-256", code(model.sha256)],
        ["Time", duration(cost.seconds)],
        ...(cost.scoringSeconds === undefined ? [] : [["of it scoring", duration(cost.scoringSeconds)]]),
        ["Tokens written", `${whole(cost.generatedTokens)} (${compact(cost.tokensPerSecond)} a second)`],
      ],
    ),
    markdownBlock(printable(recipe.trimEnd())),
  ];
}

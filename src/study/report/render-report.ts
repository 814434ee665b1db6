import { armNotes } from "./arm-notes.js";
import { claimsSection } from "./claims-section.js";
import { classifierSection } from "./classifier-section.js";
import { languageModelsSection } from "./language-models-section.js";
import { html, isolated, Markup } from "./markup.js";
import { measuresSection } from "./measures-section.js";
import { compact, duration, whole } from "./number-text.js";
import { PAGE_STYLE } from "./page-style.js";
import { pilotSection, pilotTitle } from "./pilot-section.js";
import { filterTable, partsTable, resultTable } from "./result-table.js";
import type { RunReport } from "./run-report.js";
import { sampleSection } from "./sample-section.js";
import { studySection } from "./study-section.js";

/**
 * A run as one HTML file. It needs no script and loads nothing: its content policy forbids both, so that a
 * written text cannot do anything even if it were taken for markup. Light or dark as the reader's system is.
 */
export async function renderReport(report: RunReport): Promise<string> {
  const [classifiers, search, sweep] = await Promise.all([
    classifierSection(report),
    report.study && studySection(report.study, report.arms),
    pilotSection(report),
  ]);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${report.title} · Tiller report</title>
<style>${new Markup(PAGE_STYLE)}</style>
</head>
<body><main>
<header><h1>${isolated(report.title)}</h1>
<p class="verdict">${isolated(report.verdict)}</p>
${facts(report)}</header>
${section("The comparison", html`${resultTable(report.arms)}${partsTable(report.arms)}${measuresSection(report.arms)}`)}
${classifiers && section("Does it train a better classifier?", classifiers)}
${report.languageModels && section("Language models as classifiers", languageModelsSection(report.languageModels))}
${search && section("The search", search)}
${report.claims ? section("Beside the paper", claimsSection(report.claims)) : undefined}
${section("What was written", html`<p class="lead">Texts as the model wrote them, the ways of writing side by side.</p>${sampleSection(report.samples, report.arms)}`)}
${section(pilotTitle(report.pilot), sweep)}
${section("What was dropped", html`<p class="lead">How many texts each check dropped. A text can fail several, so that the counts can add up to more than were dropped.</p>${filterTable(report.arms)}`)}
${notesSection(report)}
${section("How to repeat this", repeat(report))}
<footer>Made by Tiller ${isolated(report.version)}. This file is complete in itself and loads nothing.</footer>
</main></body>
</html>
`;
  return page.source;
}

function section(title: string, content: Markup): Markup {
  return html`<section><h2>${title}</h2>
${content}</section>
`;
}

function facts({ model, cost, arms }: RunReport): Markup {
  const kept = arms.reduce((sum, arm) => sum + arm.kept, 0);
  const all: [string, Markup][] = [
    ["Model", isolated(model.name)],
    ["Texts kept", html`${whole(kept)}`],
    ["Time", html`${duration(cost.seconds)}`],
    ["Tokens written", html`${whole(cost.generatedTokens)}`],
    ["Speed", html`${compact(cost.tokensPerSecond)} tokens/s`],
  ];
  return html`<dl class="facts">${all.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function notesSection({ notes, arms }: RunReport): Markup {
  const all: Markup[] = [
    ...notes.map((note) => isolated(note)),
    ...armNotes(arms).map(
      ({ titles, note }) =>
        html`${titles.map((title, i) => html`${i === 0 ? "" : "; "}${isolated(title)}`)}${titles.length === 0 ? "" : ": "}${isolated(note)}`,
    ),
  ];
  if (all.length === 0) return new Markup("");
  return section("To keep in mind", html`<ul>${all.map((note) => html`<li>${note}</li>`)}</ul>`);
}

function repeat({ model, recipe, cost }: RunReport): Markup {
  const all: [string, Markup][] = [
    [
      "Model",
      html`${isolated(model.name)} (${isolated(model.architecture)}, ${whole(model.layers)} layers, width ${whole(model.width)})`,
    ],
    ["File", html`<code>${isolated(model.file)}</code>`],
    ["SHA-256", html`<code>${model.sha256}</code>`],
    [
      "Cost",
      html`${duration(cost.seconds)}${cost.scoringSeconds === undefined ? undefined : html` (of it ${duration(cost.scoringSeconds)} of scoring)`}, ${whole(cost.generatedTokens)} tokens, ${compact(cost.tokensPerSecond)} tokens a second`,
    ],
  ];
  return html`<dl class="words">${all.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
<details><summary>The recipe</summary><pre dir="ltr">${recipe}</pre></details>`;
}

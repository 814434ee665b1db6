import { html, isolated, type Markup } from "./markup.js";
import type { ArmResult, ReportedSample } from "./run-report.js";

/**
 * Texts of each label and language, the arms side by side. Samples are hostile text: nothing in them is markup,
 * and each stands in a block of its own, whose direction ends with it (`dir=auto` would not look into a `bdi`).
 */
export function sampleSection(samples: readonly ReportedSample[], arms: readonly ArmResult[]): Markup {
  if (samples.length === 0) return html`<p class="soft">There are no texts to show.</p>`;
  return html`${[...new Set(samples.map((sample) => key(sample)))].map((group) => {
    const members = samples.filter((sample) => key(sample) === group);
    const [first] = members;
    return first === undefined ? undefined : sampleGroup(first, members, arms);
  })}`;
}

function sampleGroup(
  { label, language }: ReportedSample,
  members: readonly ReportedSample[],
  arms: readonly ArmResult[],
): Markup {
  const names = [...new Set([...arms.map((arm) => arm.name), ...members.map((sample) => sample.arm)])];
  return html`<section><h3>${isolated(label)} <span class="soft">· ${isolated(language)}</span></h3>
<div class="samples">${names.map((name) => {
    const texts = members.filter((sample) => sample.arm === name);
    const title = arms.find((arm) => arm.name === name)?.title ?? name;
    return html`<div><h4>${isolated(title)}</h4>
${texts.map((sample) => html`<blockquote dir="auto" lang="${sample.language}">${sample.text}</blockquote>`)}
${texts.length === 0 ? html`<p class="soft">No text to show.</p>` : undefined}</div>
`;
  })}</div></section>
`;
}

function key(sample: ReportedSample): string {
  return JSON.stringify([sample.language, sample.label]);
}

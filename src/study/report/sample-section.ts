import { html, isolated, type Markup } from "./markup.js";
import type { ArmResult, ReportedSample } from "./run-report.js";

/** Labels and languages that are shown at once; the others open by a click. */
const FIRST_GROUPS = 8;
/** Arms that are shown side by side; the others open by a click. */
const FIRST_ARMS = 4;

/**
 * Texts of each label and language, the arms side by side. Samples are hostile text: nothing in them is markup,
 * and each stands in a block of its own, whose direction ends with it (`dir=auto` would not look into a `bdi`).
 */
export function sampleSection(samples: readonly ReportedSample[], arms: readonly ArmResult[]): Markup {
  if (samples.length === 0) return html`<p class="soft">There are no texts to show.</p>`;
  const groups = new Map<string, ReportedSample[]>();
  for (const sample of samples) groups.set(key(sample), [...(groups.get(key(sample)) ?? []), sample]);
  return html`${[...groups.values()].map((members, at) => {
    const { label, language } = members[0]!;
    const title = html`${isolated(label)} <span class="soft">· ${isolated(language)}</span>`;
    return at < FIRST_GROUPS
      ? html`<section><h3>${title}</h3>
${sideBySide(members, arms)}</section>
`
      : html`<details><summary>${title}</summary>
${sideBySide(members, arms)}</details>
`;
  })}`;
}

function sideBySide(members: readonly ReportedSample[], arms: readonly ArmResult[]): Markup {
  const names = [...new Set([...arms.map((arm) => arm.name), ...members.map((sample) => sample.arm)])];
  const textsOf = (name: string) => members.filter((sample) => sample.arm === name);
  const column = (name: string) => {
    const texts = textsOf(name);
    const title = arms.find((arm) => arm.name === name)?.title ?? name;
    return html`<div><h4>${isolated(title)}</h4>
${texts.map((sample) => html`<blockquote dir="auto" lang="${sample.language}">${sample.text}</blockquote>`)}
${texts.length === 0 ? html`<p class="soft">No text to show.</p>` : undefined}</div>
`;
  };
  const others = names.slice(FIRST_ARMS).filter((name) => textsOf(name).length > 0);
  return html`<div class="samples">${names.slice(0, FIRST_ARMS).map(column)}</div>
${others.length === 0 ? undefined : html`<details><summary>Texts of ${others.length} more</summary><div class="samples">${others.map(column)}</div></details>`}`;
}

function key(sample: ReportedSample): string {
  return JSON.stringify([sample.language, sample.label]);
}

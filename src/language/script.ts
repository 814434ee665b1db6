import { canonicalLanguage } from "./code.js";

/** Unicode scripts behind the compound script codes of BCP 47. */
const COMPOUND: Readonly<Record<string, readonly string[]>> = {
  Jpan: ["Hira", "Kana", "Hani"],
  Kore: ["Hang", "Hani"],
  Hans: ["Hani"],
  Hant: ["Hani"],
};

/** Languages that are commonly written in more than one script: their script is no evidence against them. */
const SEVERAL_SCRIPTS: ReadonlySet<string> = new Set(
  "ar az bg bm bs el fa ff ha hi hr ja jv kk ks ku ky mn ms ne pa pi ru sa sd so sr su tg tk tt ug ur uz wo zgh zh".split(
    " ",
  ),
);

const patterns = new Map<string, RegExp | undefined>();

/**
 * Whether the text has a letter of the script in which the language is usually written (CLDR likely subtags, or
 * the tag's own script). True for languages of several scripts and for those without a known script.
 */
export function hasScriptOf(text: string, language: string): boolean {
  const tag = canonicalLanguage(language);
  if (tag === undefined) return true;
  if (!patterns.has(tag)) patterns.set(tag, scriptPattern(tag));
  return patterns.get(tag)?.test(text) ?? true;
}

/** Whether the text has a letter of any script. */
export function hasLetters(text: string): boolean {
  return /\p{L}/u.test(text);
}

function scriptPattern(tag: string): RegExp | undefined {
  const locale = new Intl.Locale(tag);
  if (SEVERAL_SCRIPTS.has(locale.language)) return undefined;
  const script = locale.maximize().script;
  if (script === undefined) return undefined;
  const names = COMPOUND[script] ?? [script];
  try {
    return new RegExp(`[${names.map((name) => `\\p{Script=${name}}`).join("")}]`, "u");
  } catch {
    return undefined;
  }
}

import { RecipeError } from "../errors.js";

/** Languages of FLORES-200, SIB-200 and FLORES+ that ICU has no English name for. */
const NAMES_BEYOND_ICU: Readonly<Record<string, string>> = {
  acm: "Mesopotamian Arabic",
  acq: "Taʽizzi-Adeni Arabic",
  ajp: "South Levantine Arabic",
  apc: "Levantine Arabic",
  azb: "South Azerbaijani",
  cjk: "Chokwe",
  fuv: "Nigerian Fulfulde",
  hne: "Chhattisgarhi",
  kbp: "Kabiyè",
  ktu: "Kituba",
  lld: "Ladin",
  nag: "Nagamese",
  pbt: "Southern Pashto",
  quy: "Ayacucho Quechua",
  taq: "Tamasheq",
  uum: "Urum",
};

/** ISO 639 codes that stand for no language that a text could be written in. */
const NOT_A_LANGUAGE: ReadonlySet<string> = new Set(["und", "mul", "mis", "zxx"]);

const englishNames = new Intl.DisplayNames(["en"], { type: "language", fallback: "none" });

/**
 * The canonical short form of a language code: two letters where ISO 639-1 has them, three otherwise.
 *
 * Accepts ISO 639-1, 639-2 and 639-3 codes (`sl`, `slv`, `slo`), BCP 47 tags (`pt-BR`) and the code-and-script
 * names of FLORES-200 and SIB-200 (`azj_Latn`). A script is kept only where it is not the language's usual
 * one: `deu_Latn` is `de`, `zho_Hant` is `zh-Hant`. Letter case does not matter.
 *
 * @throws RecipeError if the code is malformed or names no known language.
 */
export function normalizeLanguage(code: string): string {
  let locale: Intl.Locale;
  try {
    locale = new Intl.Locale(code.replaceAll("_", "-"));
  } catch {
    throw unknownLanguage(code);
  }
  // V8 has no language for `und`, whatever the type says.
  const language = locale.language ?? "und";
  if (NOT_A_LANGUAGE.has(language) || nameOf(language) === undefined) throw unknownLanguage(code);
  const script = locale.script === undefined || isUsualScript(language, locale.script) ? "" : locale.script;
  return [language, script, locale.region ?? ""].filter((part) => part !== "").join("-");
}

/**
 * The English name of a language, as the prompts of papers A and C write it: `sl` and `slv` give `Slovenian`.
 *
 * @throws RecipeError if the code is malformed or names no known language.
 */
export function languageName(code: string): string {
  const tag = normalizeLanguage(code);
  return nameOf(tag) ?? nameOf(new Intl.Locale(tag).language)!;
}

function nameOf(tag: string): string | undefined {
  return NAMES_BEYOND_ICU[tag] ?? englishNames.of(tag);
}

function isUsualScript(language: string, script: string): boolean {
  const usual = new Intl.Locale(language).maximize().script;
  // Korean's usual script is Kore, Hangul together with Han; FLORES writes Hang.
  return script === usual || (language === "ko" && script === "Hang");
}

function unknownLanguage(code: string): RecipeError {
  const wanted = code.trim().toLowerCase();
  const match = twoLetterCodes().find((candidate) => nameOf(candidate)?.toLowerCase() === wanted);
  const hint = match === undefined ? "such as en, sl or jv" : `here ${match}`;
  return new RecipeError(`"${code}" is not a known language code. Write an ISO 639 code, ${hint}.`);
}

function twoLetterCodes(): string[] {
  const letters = [..."abcdefghijklmnopqrstuvwxyz"];
  return letters.flatMap((first) => letters.map((second) => first + second));
}

/** Members of a group are written so much alike that identification of short texts confuses them. */
const GROUPS: Readonly<Record<string, string>> = {
  // Malay and Indonesian.
  ms: "id",
  // Bokmål and Nynorsk.
  nb: "no",
  nn: "no",
  // Bosnian, Serbian, Montenegrin (which CLDR maps to sr) and Croatian.
  bs: "hr",
  sr: "hr",
  // Chinese and Cantonese in Han script.
  yue: "zh",
  // Northern and Central Kurdish.
  ckb: "ku",
};

/**
 * The canonical BCP 47 tag of an ISO 639-1, ISO 639-2 or ISO 639-3 code or a tag: `deu` → `de`, `iw` → `he`,
 * `jw` → `jv`, `cmn-hant` → `zh-Hant`. Undefined when the text is no well-formed tag.
 */
export function canonicalLanguage(code: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(code.trim().replaceAll("_", "-"))[0];
  } catch {
    return undefined;
  }
}

/** The language of a code without script, region and variants: `zh-Hant-TW` → `zh`. */
export function baseLanguage(code: string): string | undefined {
  const tag = canonicalLanguage(code);
  return tag === undefined ? undefined : new Intl.Locale(tag).language;
}

/**
 * Whether two codes name the same language. Script and region do not count, and these count as one:
 * id and ms; no, nb and nn; hr, bs and sr; he and iw; jv and jw; fil and tl; zh and yue; ku and ckb.
 */
export function sameLanguage(a: string, b: string): boolean {
  const first = languageGroup(a);
  return first !== undefined && first === languageGroup(b);
}

/** The code that stands for a language and those that count as one with it; undefined for no code. */
export function languageGroup(code: string): string | undefined {
  const base = baseLanguage(code);
  if (base === undefined) return undefined;
  return Object.hasOwn(GROUPS, base) ? GROUPS[base] : base;
}

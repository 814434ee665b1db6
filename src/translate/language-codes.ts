import { RecipeError } from "../errors.js";

/** ISO 639-1 code and ISO 639-3 code; of a macrolanguage its own. `language-codes.test.ts` checks them with ICU. */
const THREE_LETTERS = new Map(
  (
    "aa:aar ab:abk ae:ave af:afr ak:aka am:amh an:arg ar:ara as:asm av:ava ay:aym az:aze ba:bak be:bel bg:bul bi:bis " +
    "bm:bam bn:ben bo:bod br:bre bs:bos ca:cat ce:che ch:cha co:cos cr:cre cs:ces cu:chu cv:chv cy:cym da:dan de:deu " +
    "dv:div dz:dzo ee:ewe el:ell en:eng eo:epo es:spa et:est eu:eus fa:fas ff:ful fi:fin fj:fij fo:fao fr:fra fy:fry " +
    "ga:gle gd:gla gl:glg gn:grn gu:guj gv:glv ha:hau he:heb hi:hin ho:hmo hr:hrv ht:hat hu:hun hy:hye hz:her ia:ina " +
    "id:ind ie:ile ig:ibo ii:iii ik:ipk io:ido is:isl it:ita iu:iku ja:jpn jv:jav ka:kat kg:kon ki:kik kj:kua kk:kaz " +
    "kl:kal km:khm kn:kan ko:kor kr:kau ks:kas ku:kur kv:kom kw:cor ky:kir la:lat lb:ltz lg:lug li:lim ln:lin lo:lao " +
    "lt:lit lu:lub lv:lav mg:mlg mh:mah mi:mri mk:mkd ml:mal mn:mon mr:mar ms:msa mt:mlt my:mya na:nau nb:nob nd:nde " +
    "ne:nep ng:ndo nl:nld nn:nno no:nor nr:nbl nv:nav ny:nya oc:oci oj:oji om:orm or:ori os:oss pa:pan pi:pli pl:pol " +
    "ps:pus pt:por qu:que rm:roh rn:run ro:ron ru:rus rw:kin sa:san sc:srd sd:snd se:sme sg:sag si:sin sk:slk sl:slv " +
    "sm:smo sn:sna so:som sq:sqi sr:srp ss:ssw st:sot su:sun sv:swe sw:swa ta:tam te:tel tg:tgk th:tha ti:tir tk:tuk " +
    "tn:tsn to:ton tr:tur ts:tso tt:tat ty:tah ug:uig uk:ukr ur:urd uz:uzb ve:ven vi:vie vo:vol wa:wln wo:wol xh:xho " +
    "yi:yid yo:yor za:zha zh:zho zu:zul"
  )
    .split(" ")
    .map((pair) => pair.split(":") as [string, string]),
);

/** The ISO 639-3 code of a canonical language code: `en` → `eng`, `pt-BR` → `por`, `gsw` → `gsw`. */
export function threeLetterCode(language: string): string {
  const base = new Intl.Locale(language).language;
  return THREE_LETTERS.get(base) ?? base;
}

/** The two-letter codes of which `threeLetterCode` knows the longer one. */
export const TWO_LETTER_CODES: readonly string[] = [...THREE_LETTERS.keys()];

/** Apertium's names for languages that it does not call by their ISO 639-3 code. */
const APERTIUM_CODES: Readonly<Record<string, readonly string[]>> = {
  bs: ["hbs_BS", "hbs"],
  hr: ["hbs_HR", "hbs"],
  ms: ["zlm"],
  no: ["nob", "nor"],
  sr: ["hbs_SR", "hbs"],
};

/** Codes under which Apertium may have a language, the likeliest first: ISO 639-3, and in older pairs two letters. */
export function apertiumCodes(language: string): string[] {
  const base = new Intl.Locale(language).language;
  return [...new Set([...(APERTIUM_CODES[base] ?? []), threeLetterCode(language), base])];
}

/** Individual languages that stand in NLLB-200 for the macrolanguages that ISO 639-1 has codes for, and its own choices. */
const NLLB_CODES: Readonly<Record<string, string>> = {
  ar: "arb",
  ay: "ayr",
  az: "azj",
  fa: "pes",
  ff: "fuv",
  fil: "tgl",
  kr: "knc",
  ku: "kmr",
  lv: "lvs",
  mg: "plt",
  mn: "khk",
  ms: "zsm",
  ne: "npi",
  no: "nob",
  om: "gaz",
  or: "ory",
  ps: "pbt",
  qu: "quy",
  sq: "als",
  sw: "swh",
  uz: "uzn",
  yi: "ydd",
};

/**
 * The code of a language in NLLB-200 and FLORES-200, with its script: `de` → `deu_Latn`, `zh-Hant` → `zho_Hant`.
 *
 * @throws RecipeError for a language whose script ICU does not know
 */
export function nllbCode(language: string): string {
  const locale = new Intl.Locale(language);
  const script = locale.maximize().script;
  if (script === undefined) {
    throw new RecipeError(
      `The script of ${language} is not known, so that it has no NLLB code. Write it with its script, such as ${threeLetterCode(language)}-Latn.`,
    );
  }
  const base = locale.language;
  // ICU's usual script of Korean is Kore, Hangul together with Han.
  return `${NLLB_CODES[base] ?? threeLetterCode(language)}_${script === "Kore" ? "Hang" : script}`;
}

import { expect, test } from "vitest";
import { normalizeLanguage } from "../tasks/languages.js";
import { apertiumCodes, nllbCode, TWO_LETTER_CODES, threeLetterCode } from "./language-codes.js";

test("every three-letter code is, for ICU, the language of its two letters", () => {
  expect(TWO_LETTER_CODES.length).toBe(181);
  for (const code of TWO_LETTER_CODES) {
    expect(Intl.getCanonicalLocales(threeLetterCode(code))[0], code).toBe(code);
  }
});

test("codes of Apertium's pairs", () => {
  expect(["en", "es", "pt-BR", "gsw"].map(threeLetterCode)).toEqual(["eng", "spa", "por", "gsw"]);
  expect(apertiumCodes("en")).toEqual(["eng", "en"]);
  expect(apertiumCodes("hr")).toEqual(["hbs_HR", "hbs", "hrv", "hr"]);
  expect(apertiumCodes("ms")[0]).toBe("zlm");
});

test("codes of NLLB-200, and the way back", () => {
  const codes = {
    de: "deu_Latn",
    en: "eng_Latn",
    zh: "zho_Hans",
    "zh-Hant": "zho_Hant",
    ko: "kor_Hang",
    ja: "jpn_Jpan",
    am: "amh_Ethi",
    ar: "arb_Arab",
    az: "azj_Latn",
    fa: "pes_Arab",
    fil: "tgl_Latn",
    mn: "khk_Cyrl",
    sr: "srp_Cyrl",
    sw: "swh_Latn",
    uz: "uzn_Latn",
    yue: "yue_Hant",
    jv: "jav_Latn",
    mt: "mlt_Latn",
    su: "sun_Latn",
  };
  for (const [language, code] of Object.entries(codes)) {
    expect(nllbCode(language)).toBe(code);
    expect(normalizeLanguage(code)).toBe(language);
  }
});

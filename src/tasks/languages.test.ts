import { describe, expect, it } from "vitest";
import { RecipeError } from "../errors.js";
import { sameLanguage } from "../language/code.js";
import { languageName, normalizeLanguage } from "./languages.js";

// ISO 639-1 code, ISO 639-3 code, English name: papers A and C, and SIB-200's languages that the benches use.
const LANGUAGES = [
  ["am", "amh", "Amharic"],
  ["az", "aze", "Azerbaijani"],
  ["cs", "ces", "Czech"],
  ["cy", "cym", "Welsh"],
  ["da", "dan", "Danish"],
  ["de", "deu", "German"],
  ["en", "eng", "English"],
  ["ha", "hau", "Hausa"],
  ["he", "heb", "Hebrew"],
  ["id", "ind", "Indonesian"],
  ["jv", "jav", "Javanese"],
  ["ka", "kat", "Georgian"],
  ["mt", "mlt", "Maltese"],
  ["ro", "ron", "Romanian"],
  ["sk", "slk", "Slovak"],
  ["sl", "slv", "Slovenian"],
  ["su", "sun", "Sundanese"],
  ["sw", "swa", "Swahili"],
  ["te", "tel", "Telugu"],
  ["th", "tha", "Thai"],
  ["tr", "tur", "Turkish"],
  ["ur", "urd", "Urdu"],
  ["uz", "uzb", "Uzbek"],
  ["yo", "yor", "Yoruba"],
] as const;

// The languages and scripts of FLORES-200 and SIB-200.
const FLORES =
  `ace_Arab ace_Latn acm_Arab acq_Arab aeb_Arab afr_Latn ajp_Arab aka_Latn als_Latn amh_Ethi apc_Arab
arb_Arab arb_Latn ars_Arab ary_Arab arz_Arab asm_Beng ast_Latn awa_Deva ayr_Latn azb_Arab azj_Latn bak_Cyrl bam_Latn
ban_Latn bel_Cyrl bem_Latn ben_Beng bho_Deva bjn_Arab bjn_Latn bod_Tibt bos_Latn bug_Latn bul_Cyrl cat_Latn ceb_Latn
ces_Latn cjk_Latn ckb_Arab crh_Latn cym_Latn dan_Latn deu_Latn dik_Latn dyu_Latn dzo_Tibt ell_Grek eng_Latn epo_Latn
est_Latn eus_Latn ewe_Latn fao_Latn fij_Latn fin_Latn fon_Latn fra_Latn fur_Latn fuv_Latn gaz_Latn gla_Latn gle_Latn
glg_Latn grn_Latn guj_Gujr hat_Latn hau_Latn heb_Hebr hin_Deva hne_Deva hrv_Latn hun_Latn hye_Armn ibo_Latn ilo_Latn
ind_Latn isl_Latn ita_Latn jav_Latn jpn_Jpan kab_Latn kac_Latn kam_Latn kan_Knda kas_Arab kas_Deva kat_Geor kaz_Cyrl
kbp_Latn kea_Latn khk_Cyrl khm_Khmr kik_Latn kin_Latn kir_Cyrl kmb_Latn kmr_Latn knc_Arab knc_Latn kon_Latn kor_Hang
lao_Laoo lij_Latn lim_Latn lin_Latn lit_Latn lmo_Latn ltg_Latn ltz_Latn lua_Latn lug_Latn luo_Latn lus_Latn lvs_Latn
mag_Deva mai_Deva mal_Mlym mar_Deva min_Arab min_Latn mkd_Cyrl mlt_Latn mni_Beng mos_Latn mri_Latn mya_Mymr nld_Latn
nno_Latn nob_Latn npi_Deva nqo_Nkoo nso_Latn nus_Latn nya_Latn oci_Latn ory_Orya pag_Latn pan_Guru pap_Latn pbt_Arab
pes_Arab plt_Latn pol_Latn por_Latn prs_Arab quy_Latn ron_Latn run_Latn rus_Cyrl sag_Latn san_Deva sat_Olck scn_Latn
shn_Mymr sin_Sinh slk_Latn slv_Latn smo_Latn sna_Latn snd_Arab som_Latn sot_Latn spa_Latn srd_Latn srp_Cyrl ssw_Latn
sun_Latn swe_Latn swh_Latn szl_Latn tam_Taml taq_Latn taq_Tfng tat_Cyrl tel_Telu tgk_Cyrl tgl_Latn tha_Thai tir_Ethi
tpi_Latn tsn_Latn tso_Latn tuk_Latn tum_Latn tur_Latn twi_Latn tzm_Tfng uig_Arab ukr_Cyrl umb_Latn urd_Arab uzn_Latn
vec_Latn vie_Latn war_Latn wol_Latn xho_Latn ydd_Hebr yor_Latn yue_Hant zho_Hans zho_Hant zsm_Latn zul_Latn`.split(
    /\s+/,
  );

describe("normalizeLanguage", () => {
  it.each(LANGUAGES)("gives %s for %s", (short, long) => {
    expect(normalizeLanguage(long)).toBe(short);
    expect(normalizeLanguage(short)).toBe(short);
    expect(normalizeLanguage(long.toUpperCase())).toBe(short);
  });

  it("knows bibliographic and withdrawn codes", () => {
    expect(["ger", "cze", "wel", "iw", "in", "jw"].map(normalizeLanguage)).toEqual([
      "de",
      "cs",
      "cy",
      "he",
      "id",
      "jv",
    ]);
  });

  it("drops a language's usual script and keeps another", () => {
    expect(
      ["azj_Latn", "swh_Latn", "kor_Hang", "zho_Hans", "zho_Hant", "kas_Deva"].map(normalizeLanguage),
    ).toEqual(["az", "sw", "ko", "zh", "zh-Hant", "ks-Deva"]);
  });

  // Papers A and C, and SIB-200's languages, by the names of FLORES-200.
  it.each(
    `amh_Ethi am azj_Latn az ces_Latn cs cym_Latn cy dan_Latn da deu_Latn de eng_Latn en hau_Latn ha heb_Hebr he
ind_Latn id jav_Latn jv kat_Geor ka mlt_Latn mt ron_Latn ro slk_Latn sk slv_Latn sl sun_Latn su swh_Latn sw tel_Telu te
tha_Thai th tur_Latn tr urd_Arab ur uzn_Latn uz yor_Latn yo`
      .split(/\s+/)
      .flatMap((flores, i, all) => (i % 2 === 0 ? [[flores, all[i + 1]!]] : [])),
  )("knows %s as %s", (flores, short) => {
    expect(normalizeLanguage(flores)).toBe(short);
    expect(sameLanguage(flores, short)).toBe(true);
  });

  it("keeps a region", () => {
    expect(normalizeLanguage("por_Latn_BR")).toBe("pt-BR");
  });

  it.each(["", " ", "q", "qqq", "xx", "und", "mul", "zxx", "en us", "en.UTF-8", "\ud800"])(
    "refuses %j",
    (code) => {
      expect(() => normalizeLanguage(code)).toThrow(RecipeError);
    },
  );

  it("names the code when it is given a name", () => {
    expect(() => normalizeLanguage("Slovenian")).toThrow(/"Slovenian" is not a known language code.* sl\b/);
  });
});

describe("languageName", () => {
  it.each(LANGUAGES)("names %s and %s", (short, long, name) => {
    expect(languageName(short)).toBe(name);
    expect(languageName(long)).toBe(name);
  });

  it("names every language of SIB-200", () => {
    expect(FLORES).toHaveLength(205);
    for (const code of FLORES) {
      expect(languageName(code), code).toMatch(/^[\p{Lu}][\p{L}\p{M} ’ʽ(),-]+$/u);
      expect(normalizeLanguage(normalizeLanguage(code)), code).toBe(normalizeLanguage(code));
    }
  });

  it("names what ICU lacks", () => {
    expect(languageName("kbp_Latn")).toBe("Kabiyè");
    expect(["lld_Latn", "uum_Latn", "nag", "ktu"].map(languageName)).toEqual([
      "Ladin",
      "Urum",
      "Nagamese",
      "Kituba",
    ]);
    expect(languageName("azb_Arab")).toBe("South Azerbaijani");
  });

  it("names a script or a region that was asked for", () => {
    expect(languageName("zho_Hant")).toBe("Traditional Chinese");
    expect(languageName("pt-BR")).toBe("Brazilian Portuguese");
  });
});

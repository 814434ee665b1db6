import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { languageGroup } from "./code.js";
import { CLD3_LANGUAGES, createIdentifier, type Identifier } from "./identify.js";

let identifier: Identifier;
beforeAll(async () => {
  identifier = await createIdentifier();
});

/** Written for this test. */
const SENTENCES: Record<string, string> = {
  en: "The soup was cold and nobody came to ask whether we liked it.",
  de: "Die Suppe war kalt, und niemand fragte, ob es uns geschmeckt hat.",
  id: "Supnya dingin dan tidak ada yang bertanya apakah kami menyukainya.",
  sw: "Supu ilikuwa baridi na hakuna mtu aliyetuuliza kama tuliipenda.",
  ha: "Miyan ya yi sanyi kuma babu wanda ya tambaye mu ko mun ji daɗinsa.",
  yo: "Ọbẹ̀ náà ti tutù, kò sì sí ẹni tí ó bi wá bóyá a gbádùn rẹ̀.",
  am: "ሾርባው ቀዝቃዛ ነበር፤ ወደነው እንደሆነ ማንም አልጠየቀንም።",
  th: "ซุปเย็นชืดและไม่มีใครมาถามเราว่าชอบหรือไม่",
  he: "המרק היה קר ואף אחד לא בא לשאול אם אהבנו אותו.",
  zh: "汤是凉的，没有人来问我们喜不喜欢。",
  cy: "Roedd y cawl yn oer a ddaeth neb i ofyn a oedden ni'n ei hoffi.",
};

describe("identify", () => {
  it("names the language of sentences in eight scripts and eleven languages", () => {
    for (const [language, text] of Object.entries(SENTENCES)) {
      const found = identifier.identify(text);
      expect(languageGroup(found?.language ?? ""), text).toBe(language);
      expect(found?.reliable, language).toBe(true);
      expect(found?.probability).toBeGreaterThan(0);
      expect(found?.probability).toBeLessThanOrEqual(1);
    }
  });

  it("hears ELD where CLD3 fails, for Yoruba", () => {
    expect(identifier.identify(SENTENCES.yo!)?.by).toBe("eld");
    expect(identifier.identify(SENTENCES.ha!)?.by).toBe("cld3");
  });

  it("says nothing of texts that are too short or have no letters", () => {
    for (const text of [
      "",
      "Sehr gut",
      "😀😀😀 ❤️",
      "12 34 56 78",
      "https://example.org/das/ist/ein/langer/name",
    ]) {
      expect(identifier.identify(text), text).toBeUndefined();
    }
  });

  it("reads behind a U+0000 and over a lone surrogate", () => {
    expect(identifier.identify(`\u0000\ud800 ${SENTENCES.de}`)?.language).toBe("de");
  });
});

describe("matches", () => {
  it("accepts each sentence as its own language and rejects it as every other", () => {
    for (const [language, text] of Object.entries(SENTENCES)) {
      for (const asked of Object.keys(SENTENCES)) {
        expect(identifier.matches(text, asked), `${language} as ${asked}`).toBe(language === asked);
      }
    }
  });

  it("accepts ISO variants and close languages", () => {
    expect(identifier.matches(SENTENCES.he!, "iw")).toBe(true);
    expect(identifier.matches(SENTENCES.id!, "ms")).toBe(true);
    expect(identifier.matches(SENTENCES.zh!, "zh-Hant")).toBe(true);
    expect(identifier.matches(SENTENCES.de!, "deu")).toBe(true);
    expect(identifier.matches("Vi spiste middag sammen i går, og maten var veldig god.", "nb")).toBe(true);
    expect(identifier.matches("Jučer smo zajedno večerali i hrana je bila vrlo dobra.", "bs")).toBe(true);
  });

  it("does not let Javanese pass as Indonesian, which ELD alone would", () => {
    const javanese =
      "Sup kuwi wis adhem lan ora ana wong sing takon apa aku kabeh seneng marang panganan kuwi.";
    expect(identifier.matches(javanese, "jv")).toBe(true);
    expect(identifier.matches(javanese, "id")).toBe(false);
  });

  it("decides short texts by script alone", () => {
    expect(identifier.matches("Sehr gut", "cs")).toBe(true);
    expect(identifier.matches("Very good", "am")).toBe(false);
    expect(identifier.matches("ጥሩ ነው", "am")).toBe(true);
    expect(identifier.matches("ጥሩ ነው", "de")).toBe(false);
  });

  it("accepts no text without letters, and every text of a language that it does not know", () => {
    expect(identifier.matches("😀 123 !!!", "en")).toBe(false);
    expect(identifier.matches("😀 123 !!!", "zh")).toBe(false);
    expect(identifier.matches("1 2 3 4 5", "ja")).toBe(false);
    expect(identifier.matches("", "en")).toBe(false);
    expect(identifier.supports("bo")).toBe(false);
    expect(identifier.matches(SENTENCES.en!, "bo")).toBe(true);
  });

  it("answers for any text whatever", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
        const found = identifier.identify(text);
        if (found) expect(found.probability >= 0 && found.probability <= 1).toBe(true);
        expect(typeof identifier.matches(text, "de")).toBe("boolean");
      }),
      { seed: 2, numRuns: 200 },
    );
    expect(identifier.identify(SENTENCES.en!.repeat(20_000))?.language).toBe("en");
  });
});

describe("supports", () => {
  it("knows the languages of both detectors, by any code", () => {
    for (const code of ["de", "deu", "yo", "or", "he", "iw", "nb", "ckb", "zh-Hant", "jv", "su", "mt"])
      expect(identifier.supports(code), code).toBe(true);
    for (const code of ["bo", "ug", "xx", "English", "not a code", ""])
      expect(identifier.supports(code), code).toBe(false);
  });

  it("lists CLD3's languages as the installed version has them", () => {
    const { LanguageCode } = createRequire(import.meta.url)("cld3-asm") as {
      LanguageCode: Record<string, string>;
    };
    const installed = Object.values(LanguageCode)
      .filter((code) => code !== "und")
      .map((code) => code.split("-")[0]!);
    expect([...CLD3_LANGUAGES].sort()).toEqual([...new Set(installed)].sort());
  });
});

it("leaves the process's handlers of uncaught errors as they were", async () => {
  const script = `
    const events = ["uncaughtException", "unhandledRejection"];
    const count = () => events.map((event) => process.listenerCount(event)).join();
    const before = count();
    const { loadModule } = await import("cld3-asm");
    (await loadModule()).create(0, 1000).findLanguage("a few words of text");
    await import("eld/medium");
    setTimeout(() => Promise.reject(new Error("still fatal")), 1);
    process.on("exit", () => console.log(before === count() ? "same" : before + " became " + count()));`;
  const cwd = new URL("../../", import.meta.url);
  const run = promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], { cwd });
  await expect(run).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining("still fatal") });
  const { stdout } = (await run.catch((error: unknown) => error)) as { stdout: string };
  expect(stdout.trim()).toBe("same");
});

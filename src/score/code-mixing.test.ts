import { beforeAll, describe, expect, it } from "vitest";
import { createIdentifier, type Identifier } from "../language/identify.js";
import { codeMixing } from "./code-mixing.js";

const ENGLISH = "The weather was lovely and we walked along the river for hours.";
const GERMAN = "Das Wetter war herrlich und wir gingen stundenlang am Fluss entlang.";
const THAI = "วันนี้อากาศดีมากและพวกเราเดินเล่นริมแม่น้ำกันหลายชั่วโมง";

const AMHARIC = "ዛሬ አየሩ በጣም ጥሩ ነበር፣ በወንዙ ዳርም ለብዙ ሰዓታት ተጓዝን።";

let identifier: Identifier;
beforeAll(async () => {
  identifier = await createIdentifier();
});

describe("codeMixing", () => {
  it("counts the sentences of each text that are in another language", () => {
    const texts = [`${ENGLISH} ${ENGLISH}`, `${ENGLISH} ${GERMAN}`, GERMAN, `${ENGLISH}\n${THAI}`];
    const found = codeMixing(texts, "en", identifier);
    expect(found.texts).toEqual([0, 0.5, 1, 0.5]);
    expect(found.value.value).toBe(0.5);
    expect(found.sentences).toEqual({ decided: 7, undecided: 0 });
  });

  it("turns over with the language that was asked for", () => {
    expect(codeMixing([`${ENGLISH} ${GERMAN} ${GERMAN}`], "de", identifier).texts).toEqual([1 / 3]);
    expect(codeMixing([THAI], "th", identifier).texts).toEqual([0]);
    expect(codeMixing([`${AMHARIC} ${ENGLISH}`], "am", identifier).texts).toEqual([0.5]);
  });

  it("does not decide short sentences, and leaves out texts of them alone", () => {
    const found = codeMixing(["Ja, genau. Na gut!", `Ja, genau. ${ENGLISH}`, "", "🙂🙂"], "en", identifier);
    expect(found.texts).toEqual([undefined, 0, undefined, undefined]);
    expect(found.value.value).toBe(0);
    expect(found.sentences.undecided).toBeGreaterThanOrEqual(3);
  });

  it("is absent for a reason", () => {
    expect(codeMixing([], "en", identifier).value.absent).toBe("there are no texts");
    expect(codeMixing(["Ja."], "en", identifier).value.absent).toMatch(/no sentence is long/);
    expect(codeMixing([ENGLISH], "tlh", identifier).value.absent).toMatch(/knows tlh/);
  });

  it("does not depend on the order of the texts", () => {
    const texts = [ENGLISH, GERMAN, `${ENGLISH} ${GERMAN}`];
    expect(codeMixing(texts.toReversed(), "en", identifier).value).toEqual(
      codeMixing(texts, "en", identifier).value,
    );
  });
});

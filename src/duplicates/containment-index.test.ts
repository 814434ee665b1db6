import { describe, expect, it } from "vitest";
import { characterNgrams } from "./character-ngrams.js";
import { createContainmentIndex } from "./containment-index.js";
import { foldText } from "./fold-text.js";
import { madeUpTexts, withPlanted } from "./test-planted-texts.js";

const ngramsOf = (text: string) => characterNgrams(foldText(text));

function shareByDefinition(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const shared = [...a].filter((ngram) => b.has(ngram)).length;
  const larger = Math.max(a.size, b.size);
  return shared / Math.max(Math.min(a.size, b.size), Math.min(20, larger));
}

describe("createContainmentIndex", () => {
  it.each([0.5, 0.8, 1])("finds at %d what comparing with each text finds", (threshold) => {
    const sources = madeUpTexts(80, 11);
    // Changed copies, halves of copies, and copies with something before and behind them.
    const texts = withPlanted(sources, 60, 12)
      .slice(80)
      .flatMap((text) => {
        const characters = Array.from(text);
        return [
          text,
          characters.slice(0, characters.length / 2).join(""),
          `${sources[3]} ${text} ${sources[5]}`,
        ];
      });
    const index = createContainmentIndex(sources, threshold);
    const sets = sources.map(ngramsOf);
    let found = 0;
    for (const text of texts) {
      const own = ngramsOf(text);
      const shares = sets.map((set) => shareByDefinition(own, set));
      const best = Math.max(...shares);
      const expected = best >= threshold ? { index: shares.indexOf(best), share: best } : undefined;
      expect(index.find(text), text).toEqual(expected);
      if (expected) found++;
    }
    expect(found).toBeGreaterThan(60);
    expect(texts.length - found).toBeGreaterThan(0);
  });

  it("finds a text within another in both directions, in any script", () => {
    for (const [part, whole] of [
      [
        "I had the fish and my friend the soup.",
        "Well! I had the fish and my friend the soup. We were happy.",
      ],
      ["ฉันกินปลาและเพื่อนกินซุปที่ร้านนี้", "เมื่อวานฉันกินปลาและเพื่อนกินซุปที่ร้านนี้ เรามีความสุขมาก"],
      [
        "昨天我和朋友在这家餐厅吃了鱼喝了很多汤一起聊到晚上大家都很开心。",
        "听着！昨天我和朋友在这家餐厅吃了鱼喝了很多汤一起聊到晚上大家都很开心。真的。",
      ],
    ] as const) {
      expect(createContainmentIndex(["something else", part], 0.9).find(whole)?.index).toBe(1);
      expect(createContainmentIndex([whole, "something else"], 0.9).find(part)?.index).toBe(0);
    }
  });

  it("takes a short phrase within a text for no copy, and an equal one for one", () => {
    const index = createContainmentIndex(["Very good!", "一般"], 0.8);
    expect(index.find("The soup was cold, but the fish was very good! I will come back.")).toBeUndefined();
    expect(index.find("very  good!")).toEqual({ index: 0, share: 1 });
    expect(index.find("味道一般，不会再来了，服务员的态度也不怎么好，价格还贵。")).toBeUndefined();
    expect(index.find("一般")).toEqual({ index: 1, share: 1 });
  });

  it("finds nothing among no texts, and refuses other thresholds", () => {
    expect(createContainmentIndex([], 0.5).find("text")).toBeUndefined();
    expect(() => createContainmentIndex([], 0)).toThrow(RangeError);
    expect(() => createContainmentIndex([], 1.5)).toThrow(RangeError);
  });
});

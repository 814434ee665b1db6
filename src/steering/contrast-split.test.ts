import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RecipeError } from "../errors.js";
import { type ContrastTexts, contrastSha256, splitContrast } from "./contrast-split.js";

const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix} ${index}`);

function set(label: string, texts: readonly string[], language = "en"): ContrastTexts {
  return { language, class: label, texts };
}

const options = { heldOut: 0.5, seed: 42 };

describe("splitContrast", () => {
  test("any sets are parted without loss, without overlap, and with something on both sides", () => {
    const sizes = fc.array(fc.integer({ min: 2, max: 40 }), { minLength: 1, maxLength: 4 });
    const shares = fc.double({ min: 0.01, max: 0.99, noNaN: true });
    fc.assert(
      fc.property(sizes, shares, fc.nat(1000), (counts, heldOut, seed) => {
        const sets = counts.map((count, index) => set(`class ${index}`, numbered(`c${index}`, count)));
        const split = splitContrast(sets, { heldOut, seed });
        expect(split.notes).toEqual([]);
        split.sets.forEach(({ vectorTexts, heldOutTexts }, index) => {
          expect([...vectorTexts, ...heldOutTexts].sort()).toEqual([...sets[index]!.texts].sort());
          const wanted = Math.min(Math.max(1, Math.round(heldOut * counts[index]!)), counts[index]! - 1);
          expect(heldOutTexts).toHaveLength(wanted);
        });
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  test("depends on the seed and on nothing else", () => {
    const sets = [set("a", numbered("a", 30)), set("b", numbered("b", 20))];
    expect(splitContrast(sets, options)).toEqual(splitContrast(sets, options));
    expect(splitContrast(sets, { ...options, seed: 43 })).not.toEqual(splitContrast(sets, options));
    const alone = splitContrast([sets[0]!], options).sets[0];
    expect(splitContrast(sets, options).sets[0]).toEqual(alone);
  });

  test("classes with as many lines keep their pairs together", () => {
    const sets = [set("human", numbered("h", 25)), set("back-translated", numbered("b", 25))];
    const [human, back] = splitContrast(sets, options).sets;
    expect(human!.heldOutTexts.map((text) => text.slice(2))).toEqual(
      back!.heldOutTexts.map((text) => text.slice(2)),
    );
    expect(human!.heldOutTexts).toHaveLength(13);
  });

  test("a text that is left out of one class takes its pair with it", () => {
    const human = ["h 0", "h 1", "", "h 1", ...numbered("h", 12).slice(4)];
    const { sets, notes } = splitContrast([set("human", human), set("bad", numbered("b", 12))], options);
    const numbersOf = (texts: readonly string[]) => texts.map((text) => text.slice(2));
    expect(numbersOf(sets[0]!.vectorTexts)).toEqual(numbersOf(sets[1]!.vectorTexts));
    expect(numbersOf(sets[0]!.heldOutTexts)).toEqual(numbersOf(sets[1]!.heldOutTexts));
    expect(sets[0]!.vectorTexts.length + sets[0]!.heldOutTexts.length).toBe(10);
    expect(notes).toContain("bad (en): left out 2 texts whose pair was left out.");
  });

  test("sets that would lose nearly all texts that way are taken for no pairs", () => {
    const { sets, notes } = splitContrast(
      [set("a", ["", "x", "y", "z"]), set("b", ["u", "", "v", "v"])],
      options,
    );
    expect(sets[0]!.vectorTexts.length + sets[0]!.heldOutTexts.length).toBe(3);
    expect(notes.join()).not.toContain("pair");
  });

  test("empty and repeated texts are left out with a note", () => {
    const { sets, notes } = splitContrast([set("a", ["x", " x ", "", "y", "Å", "A\u030a"])], options);
    expect([...sets[0]!.vectorTexts, ...sets[0]!.heldOutTexts].sort()).toEqual(["x", "y", "Å"]);
    expect(notes).toEqual(["a (en): left out 1 empty text.", "a (en): left out 2 texts that came before."]);
  });

  test("classes of a language whose texts are of very unequal length get a note", () => {
    const long = numbered("𝄞𝄞𝄞𝄞𝄞𝄞𝄞𝄞", 9);
    const short = numbered("x", 9);
    const note =
      "contrast: texts of a (en) are 3.3 times as long as those of b (en) (10 and 3 characters in the mean). " +
      "A vector between them holds the length too; take texts of like length.";
    const middle = set("c", numbered("cccc", 9));
    expect(splitContrast([set("a", long), middle, set("b", short)], options).notes).toEqual([note]);
    expect(splitContrast([set("b", short), set("a", long)], options).notes).toEqual([note]);
    expect(splitContrast([set("a", numbered("xxxx", 9)), set("b", short)], options).notes).toEqual([]);
    expect(splitContrast([set("a", long, "da"), set("b", short, "zh")], options).notes).toEqual([]);
  });

  test("a text on both sides of a contrast is refused, also against a set for every language", () => {
    const shared = [set("a", ["x", "y"]), set("b", ["z", "y "])];
    expect(() => splitContrast(shared, options)).toThrow(/both sides, in a \(en\) and in b \(en\): "y"/);
    const general = [set("a", ["x", "y"]), set("b", ["z", "y"], "any")];
    expect(() => splitContrast(general, options)).toThrow(RecipeError);
    const languages = [set("a", ["x", "y"], "da"), set("b", ["z", "y"], "de")];
    expect(splitContrast(languages, options).sets).toHaveLength(2);
  });

  test("a set that cannot be parted is refused", () => {
    expect(() => splitContrast([set("a", ["x", "x"])], options)).toThrow(/only one different text/);
    expect(() => splitContrast([set("a", [" "])], options)).toThrow(/no text/);
  });

  test("sets of the same class and language are one", () => {
    expect(splitContrast([set("a", ["x"]), set("a", ["y"])], options).sets).toHaveLength(1);
  });
});

test("the fingerprint changes with any text, class or language, and not with the order of the sets", () => {
  const sets = [set("a", ["x", "y"]), set("b", ["z"])];
  const fingerprint = contrastSha256(sets);
  expect(fingerprint).toMatch(/^[0-9a-f]{64}$/);
  expect(contrastSha256([...sets].reverse())).toBe(fingerprint);
  for (const other of [
    [set("a", ["x", "Y"]), set("b", ["z"])],
    [set("a", ["x"]), set("b", ["y", "z"])],
    [set("a", ["x", "y"]), set("c", ["z"])],
    [set("a", ["x", "y"]), set("b", ["z"], "da")],
  ]) {
    expect(contrastSha256(other)).not.toBe(fingerprint);
  }
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fileName } from "./file-name.js";

describe("fileName", () => {
  it("leaves a configuration's name as it is", () => {
    expect(fileName("mean-difference@5x0.2")).toBe("mean-difference@5x0.2");
  });

  it.each([
    ["a/b", "a%2fb"],
    ["..", "%2e%2e"],
    [".hidden", "%2ehidden"],
    ["end.", "end%2e"],
    ["a\\b:c", "a%5cb%3ac"],
    ["A", "%41"],
    ["é", "%c3%a9"],
    ["e\u0301", "e%cc%81"],
    ["100%", "100%25"],
    ["con", "%63on"],
    ["nul.txt", "%6eul.txt"],
    ["console", "console"],
    ["", "%"],
    ["\0", "%00"],
    ["\ud800", "%ud800"],
  ])("%j", (text, name) => expect(fileName(text)).toBe(name));

  it("is a plain name that every file system takes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
        const name = fileName(text);
        expect(name).toMatch(/^[a-z0-9_@=+,%-]([a-z0-9_.@=+,%~-]*[a-z0-9_@=+,%-])?$/);
        expect(name.length).toBeLessThanOrEqual(150);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it("is injective on texts made to collide", () => {
    const unit = fc.constantFrom("%", "2", "e", "E", "u", ".", "/", "~", "\ud800", "\udc00", "é", "n", "x");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 6 }), fc.string({ unit, maxLength: 6 }), (a, b) => {
        expect(fileName(a) === fileName(b)).toBe(a === b);
      }),
      { seed: 2, numRuns: 5000 },
    );
    const long = "\u0e01".repeat(300);
    const names = [`${long}a`, `${long}b`, `${long}\ud800`, `${long}\ud801`, long].map(fileName);
    expect(new Set(names).size).toBe(names.length);
  });
});

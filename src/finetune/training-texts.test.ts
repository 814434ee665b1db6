import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RecipeError } from "../errors.js";
import { holdOut, readTrainingTexts, refuseLeak } from "./training-texts.js";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tiller-texts-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

test("texts come one a line, or as JSON lines of three kinds", () => {
  expect(readTrainingTexts(file("a.txt", "\uFEFFone\r\n\r\n two \n"), true)).toEqual(["one", " two "]);
  const lines = file(
    "a.jsonl",
    '"plain"\n{"text":"t","label":"x"}\n{"prompt":"ask","answer":"say"}\n' +
      '{"prompt":[{"role":"system","content":"s"},{"role":"user","content":"u"}],"answer":"a"}\n',
  );
  const messages = [
    { role: "system", content: "s" },
    { role: "user", content: "u" },
  ];
  expect(readTrainingTexts(lines, true)).toEqual([
    "plain",
    "t",
    { prompt: [{ role: "user", content: "ask" }], answer: "say" },
    { prompt: messages, answer: "a" },
  ]);
  // Without a chat template, a prompt is text.
  expect(readTrainingTexts(lines, false)[2]).toEqual({ prompt: "ask", answer: "say" });
});

test("what is no text is refused with its line", () => {
  const refused = (name: string, content: string | Uint8Array) => () =>
    readTrainingTexts(file(name, content), true);
  expect(refused("b.jsonl", '"a"\n{"question":"b"}')).toThrow(
    /b\.jsonl, line 2: expected a string, an object/,
  );
  expect(refused("c.jsonl", '"a"\n\n{"text":')).toThrow(/c\.jsonl, line 3 is not JSON/);
  expect(refused("d.jsonl", '{"prompt":"a","answer":" "}')).toThrow(/line 1: there is nothing to learn/);
  expect(refused("e.txt", "\n \n")).toThrow(/holds no text/);
  expect(refused("f.json", '["a", "b"]')).toThrow(/JSON Lines/);
  expect(refused("g.parquet", Uint8Array.of(80, 65, 82, 49, 10, 0, 7))).toThrow(/no text in UTF-8/);
  expect(refused("h.txt", Uint8Array.of(98, 252, 10))).toThrow(/no text in UTF-8/);
  expect(() => readTrainingTexts(join(folder, "none.txt"), true)).toThrow(/there is no such file/);
});

test("held-out texts are never training texts, equal texts go together, and none is lost", () => {
  const texts = fc.array(fc.constantFrom("a", "b", "c", "d", "e", "f", "g"), { minLength: 2, maxLength: 40 });
  fc.assert(
    fc.property(texts, fc.double({ min: 0.01, max: 0.99, noNaN: true }), fc.nat(), (all, share, seed) => {
      fc.pre(new Set(all).size > 1);
      const split = holdOut(all, share, seed);
      expect([...split.texts, ...split.heldOut].sort()).toEqual([...all].sort());
      expect(split.texts.length * split.heldOut.length).toBeGreaterThan(0);
      refuseLeak(split);
      expect(holdOut(all, share, seed)).toEqual(split);
    }),
  );
  expect(
    holdOut(
      Array.from({ length: 200 }, (_, i) => `text ${i}`),
      0.1,
      1,
    ).heldOut,
  ).toHaveLength(20);
  expect(() => holdOut(["same", "same"], 0.5, 1)).toThrow(RecipeError);
  expect(() => refuseLeak({ texts: ["a", "b"], heldOut: ["c", "b"] })).toThrow(/1 of the 2 held-out texts/);
});

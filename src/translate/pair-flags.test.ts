import { expect, test } from "vitest";
import { cutToBytes, flagsOf, mostBytes } from "./pair-flags.js";

const TEXT = "The harbour was quiet before the first boats of the morning came home with little fish.";
const RATIO = 3;

test("a plain pair has no flags, also over another script", () => {
  expect(
    flagsOf(
      TEXT,
      ["早晨第一批船还没回来之前，港口很安静。", "The port was calm."],
      "The port was calm, calm.",
      RATIO,
    ),
  ).toEqual([]);
});

test("what came back as it was is unchanged; what is gone is empty", () => {
  expect(flagsOf(TEXT, ["anything", TEXT], TEXT, RATIO)).toEqual(["unchanged"]);
  expect(flagsOf(TEXT, ["", ""], "", RATIO)).toEqual(["empty"]);
});

test("what came back in another language is found, unless the text was taken for another one itself", () => {
  const english = (text: string) => text.includes("the");
  expect(flagsOf(TEXT, ["el puerto"], "el puerto estaba", RATIO, english)).toEqual(["language"]);
  expect(flagsOf("calm", ["el puerto"], "el puerto estaba", RATIO, english)).toEqual([]);
  expect(flagsOf(TEXT, ["el puerto"], "it was calm in the port of the town", RATIO, english)).toEqual([]);
});

test("a loop in any hop, in any script, is found", () => {
  const loop = `The port ${"was calm and was calm and ".repeat(4)}`.trim();
  expect(flagsOf(TEXT, [loop, "The port was calm."], "The port was calm.", RATIO)).toEqual(["loop"]);
  const amharic = "ወደብ ጸጥ ያለ ነበር ".repeat(12).trim();
  expect(flagsOf(TEXT, [amharic, "The port was calm."], "The port was calm.", RATIO)).toContain("loop");
  // A text that repeats itself may come back so.
  const song = "la la la la la la la la";
  expect(flagsOf(song, ["lo lo lo lo lo lo lo lo"], "lo lo lo lo lo lo lo lo", RATIO)).toEqual([]);
});

test("more than the ratio and 80 bytes is long, less than its inverse is short", () => {
  const words = Array.from({ length: 60 }, (_, i) => `word${i}`).join(" ");
  expect(Buffer.byteLength(words)).toBeGreaterThan(mostBytes(TEXT, RATIO));
  expect(flagsOf(TEXT, [words, "The port was calm."], "The port was calm.", RATIO)).toEqual(["long"]);
  expect(flagsOf(TEXT.repeat(3), ["Quiet was it."], "Quiet was it.", RATIO)).toEqual(["short"]);
});

test("a text is cut between characters as readers see them", () => {
  expect(cutToBytes("abc", 3)).toBe("abc");
  expect(cutToBytes("abc", 2)).toBe("ab");
  // The family is 25 bytes, é in two code points 3.
  expect(cutToBytes("x👨‍👩‍👧‍👦y", 25)).toBe("x");
  expect(cutToBytes("x👨‍👩‍👧‍👦y", 26)).toBe("x👨‍👩‍👧‍👦");
  expect(cutToBytes("ae\u0301", 2)).toBe("a");
  expect(cutToBytes("港口很安静", 7)).toBe("港口");
});

import { expect, test } from "vitest";
import { readableBeginning } from "./readable-beginning.js";

/** One token for BOS, and one for each UTF-16 unit or each `units` of them. */
function counting(units: number) {
  const engine = {
    calls: 0,
    async tokenize(text: string) {
      engine.calls++;
      return new Int32Array(1 + Math.ceil(text.length / units));
    },
  };
  return engine;
}

test("a text that must fit is given back without asking", async () => {
  const engine = counting(1);
  expect(await readableBeginning(engine, "A short one.", 64)).toBe("A short one.");
  expect(engine.calls).toBe(0);
});

test("a text of more bytes than tokens is given back if it fits", async () => {
  const text = "four".repeat(50);
  expect(await readableBeginning(counting(4), text, 64)).toBe(text);
});

test("the longest beginning that fits is read", async () => {
  expect(await readableBeginning(counting(1), "x".repeat(1_000_000), 64)).toBe("x".repeat(61));
  expect(await readableBeginning(counting(4), "x".repeat(1_000_000), 64)).toBe("x".repeat(4 * 61));
});

test("no character is cut in half", async () => {
  expect(await readableBeginning(counting(1), `${"x".repeat(60)}${"🙂".repeat(9)}`, 64)).toBe("x".repeat(60));
});

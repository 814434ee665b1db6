import { expect, it } from "vitest";
import { words } from "../language/words.js";
import { loopRate, repetition } from "./repetition.js";

/*
 * from nltk.util import ngrams
 * for text in ("the soup was cold and the bread was cold the waiter was kind but the soup was cold a long wait and "
 *              "no bread at all", "ሾርባው ቀዝቃዛ ነበር ዳቦውም ቀዝቃዛ ነበር አስተናጋጁ ደግ ነበር ግን ሾርባው ቀዝቃዛ ነበር ረጅም ጊዜ ጠበቅን ዳቦ "
 *              "ግን አልነበረም", "汤 是 凉 的 面包 也 是 凉 的 服务员 很 好 但是 汤 是 凉 的 等 了 很 久 也 没有 面包"):
 *     print([1 - len(set(g)) / len(g) for n in (1, 2, 3) for g in [list(ngrams(text.split(), n))]])
 */
it.each([
  [
    "the soup was cold and the bread was cold the waiter was kind but the soup was cold a long wait and no bread at all",
    [0.423076923077, 0.16, 0.083333333333],
  ],
  [
    "ሾርባው ቀዝቃዛ ነበር ዳቦውም ቀዝቃዛ ነበር አስተናጋጁ ደግ ነበር ግን ሾርባው ቀዝቃዛ ነበር ረጅም ጊዜ ጠበቅን ዳቦ ግን አልነበረም",
    [0.368421052632, 0.166666666667, 0.058823529412],
  ],
  [
    "汤 是 凉 的 面包 也 是 凉 的 服务员 很 好 但是 汤 是 凉 的 等 了 很 久 也 没有 面包",
    [0.416666666667, 0.217391304348, 0.136363636364],
  ],
])("counts repeated n-grams as NLTK's n-grams have them", (text, expected) => {
  for (const [i, value] of expected.entries())
    expect(repetition(text.split(" "), i + 1)).toBeCloseTo(value, 11);
});

it("is 0 where nothing can repeat and near 1 for a loop", () => {
  expect(repetition([])).toBe(0);
  expect(repetition(["a", "a", "a"])).toBe(0);
  expect(repetition(["a", "a", "a", "a"])).toBe(0.5);
  expect(repetition(new Array<string>(1000).fill("good"))).toBeCloseTo(1 - 1 / 998, 12);
  expect(repetition(words("ดีมาก".repeat(40), "th"))).toBeGreaterThan(0.9);
});

it("does not take different n-grams for the same", () => {
  expect(repetition(["a b", "c", "a", "b c"], 2)).toBe(0);
});

it("gives the share of texts that loop", () => {
  const loop = "so good so good so good so good".split(" ");
  const plain = "the soup was cold and nobody came".split(" ");
  expect(loopRate([loop, plain, plain, []])).toBe(0.25);
  expect(loopRate([loop], { threshold: 1 })).toBe(0);
  expect(loopRate([])).toBeUndefined();
});

import { expect, test } from "vitest";
import { encodeSets, encodeTexts } from "./encode-texts.js";
import type { Encoder } from "./encoder.js";

/** Gives the length of a text, and where it stood among the texts of its call. */
function watched(seen: string[][]): Encoder {
  return {
    name: "watched",
    width: 2,
    async encode(texts) {
      seen.push([...texts]);
      return texts.map((text, i) => Float32Array.of(text.length, i));
    },
  };
}

test("gives a row for each text in its order, and zeros for white space, which no encoder sees", async () => {
  const seen: string[][] = [];
  const { rows, columns, values } = await encodeTexts(watched(seen), ["bbb", " \n", "a", ""]);
  expect(seen).toEqual([["a", "bbb"]]);
  expect([rows, columns]).toEqual([4, 2]);
  expect([...values]).toEqual([3, 1, 0, 0, 1, 0, 0, 0]);
  expect([...(await encodeTexts(watched(seen), ["", "  "])).values]).toEqual([0, 0, 0, 0]);
  expect(seen.length).toBe(1);
});

test("copies have one vector, in every set, whatever the order", async () => {
  const seen: string[][] = [];
  const [a, b] = await encodeSets(watched(seen), [
    ["x", "cc", "x"],
    ["cc", "dd"],
  ]);
  expect([...a!.values]).toEqual([1, 2, 2, 0, 1, 2]);
  expect([...b!.values]).toEqual([2, 0, 2, 1]);
  const [c] = await encodeSets(watched(seen), [["dd", "cc"], ["x"]]);
  expect([...c!.values]).toEqual([2, 1, 2, 0]);
  expect(seen[0]).toEqual(["cc", "dd", "x"]);
  expect(seen[1]).toEqual(seen[0]);
});

test("refuses vectors that are not what the encoder said", async () => {
  const broken = { ...watched([]), encode: async () => [new Float32Array(3)] };
  await expect(encodeTexts(broken, ["a"])).rejects.toThrow(/watched did not give 1 vectors of 2 dimensions/);
  const silent = { ...watched([]), encode: async () => [] };
  await expect(encodeTexts(silent, ["a"])).rejects.toThrow(/did not give/);
});

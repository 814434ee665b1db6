import fc from "fast-check";
import { expect, test } from "vitest";
import { logSoftmax, logSumExp } from "./log-softmax.js";
import { LogTail } from "./log-tail.js";
import { TextAssembler } from "./text-assembler.js";

const bytes = (text: string) => new TextEncoder().encode(text);

test("text is the same however its bytes are cut", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 5 }), (text, size) => {
      const assembler = new TextAssembler([]);
      const all = bytes(text.toWellFormed());
      for (let at = 0; at < all.length; at += size) assembler.add(all.subarray(at, at + size));
      expect(assembler.end()).toBe(new TextDecoder().decode(all));
    }),
  );
});

test("the earliest stop string counts, also when it is split over tokens or a character", () => {
  const assembler = new TextAssembler(["END", "。"]);
  expect(assembler.add(bytes("one E"))).toBe(false);
  expect(assembler.add(bytes("ND two"))).toBe(true);
  expect(assembler.end()).toBe("one ");
  const split = new TextAssembler(["。"]);
  const stop = bytes("好。");
  expect([...stop].map((byte) => split.add(Uint8Array.of(byte)))).toEqual([
    false,
    false,
    false,
    false,
    false,
    true,
  ]);
  expect(split.end()).toBe("好");
});

test("an unfinished character at the end is left out", () => {
  const assembler = new TextAssembler([]);
  assembler.add(bytes("a好").subarray(0, 3));
  expect(assembler.end()).toBe("a");
});

test("the log keeps its last lines and joins pieces", () => {
  const log = new LogTail(3);
  log.add("one\ntw");
  log.add("o\n....\nthree\nfour\nfi");
  expect(log.lines()).toEqual(["two", "three", "four", "fi"].slice(-3));
  expect(log.lines(1)).toEqual(["fi"]);
});

test("the log's position goes on when old lines are forgotten", () => {
  const log = new LogTail(3);
  log.add("one\ntwo\n");
  const position = log.position;
  expect(log.since(position)).toEqual([]);
  log.add("three\nfour\nfi");
  expect(log.position).toBe(4);
  expect(log.since(position)).toEqual(["three", "four", "fi"]);
  log.add("ve\nsix\n");
  expect(log.since(position)).toEqual(["four", "five", "six"]);
  expect(log.since(log.position)).toEqual([]);
});

test("log-softmax is stable", () => {
  expect(logSumExp(Float32Array.of(1000, 1000))).toBeCloseTo(1000 + Math.log(2), 6);
  expect(logSumExp(new Float32Array(0))).toBe(Number.NEGATIVE_INFINITY);
  const values = logSoftmax(Float32Array.of(1, 2, 3));
  // numpy: x = np.array([1., 2., 3.]); x - np.log(np.exp(x).sum())
  expect([...values].map((value) => Number(value.toFixed(6)))).toEqual([-2.407606, -1.407606, -0.407606]);
});

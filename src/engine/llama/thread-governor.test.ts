import { expect, test } from "vitest";
import { chooseThreads, type LoadReading, ThreadGovernor } from "./thread-governor.js";

const reading = (time: number, busy: number, own: number, processors = 4): LoadReading => ({
  time,
  busy,
  own,
  processors,
});

test.each([
  ["an idle machine gives all", 0, 4],
  ["a little noise too", 300, 4],
  ["one busy process takes one", 1000, 3],
  ["two take two", 2000, 2],
  ["at least one stays", 4000, 1],
])("%s", (_, others, threads) => {
  expect(chooseThreads(reading(0, 0, 0), reading(1000, 2000 + others, 2000), 4)).toBe(threads);
});

test("never more than was asked for, and no time passed changes nothing", () => {
  expect(chooseThreads(reading(0, 0, 0, 16), reading(1000, 0, 0, 16), 4)).toBe(4);
  expect(chooseThreads(reading(5, 0, 0), reading(5, 100, 0), 4)).toBe(4);
});

test("the governor falls back while another process works, and recovers", async () => {
  const readings = [reading(0, 0, 0, 2), reading(10, 20, 10, 2), reading(20, 30, 20, 2)];
  let at = 0;
  const governor = new ThreadGovernor(2, 0, () => readings[Math.min(at++, readings.length - 1)]!);
  expect([governor.next(), governor.next()]).toEqual([1, 2]);
});

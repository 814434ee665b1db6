import { Writable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { clock, createProgress, progressText } from "./progress-line.js";

/** A stream that keeps what is written, as a terminal or not. */
function sink(terminal: boolean): { stream: NodeJS.WriteStream; text: () => string } {
  let text = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return {
    stream: Object.assign(stream, { isTTY: terminal, columns: 60 }) as unknown as NodeJS.WriteStream,
    text: () => text,
  };
}

test("clock", () => {
  expect([0, 65, 3600 * 2 + 61, -4].map(clock)).toEqual(["0:00", "1:05", "2:01:01", "0:00"]);
});

test("a line says what, how much, how fast and how long still", () => {
  const state = { name: "Writing", unit: "texts", done: 25, total: 100, tokens: 500, seconds: 10 };
  expect(progressText(state)).toBe("Writing: 25 of 100 texts, 50 tokens/s, 0:30 left");
  expect(progressText({ ...state, done: 100 })).toBe("Writing: 100 of 100 texts, 50 tokens/s, in 0:10");
  expect(progressText({ ...state, done: 1, tokens: 0 })).toBe("Writing: 1 of 100 texts");
});

test("elsewhere than on a terminal: a line every ten seconds, and one at the end", async () => {
  const { stream, text } = sink(false);
  let time = 0;
  const task = createProgress(stream, () => time).begin("Reading", 4, "texts");
  for (let i = 0; i < 3; i++) {
    time += 6000;
    task.advance(1);
    await turn();
  }
  task.advance(1);
  task.end();
  task.end();
  expect(text()).toBe("Reading: 2 of 4 texts, 0:12 left\nReading: 4 of 4 texts, in 0:18\n");
});

test("on a terminal one line is redrawn and kept at its end; a burst is one drawing", async () => {
  const { stream, text } = sink(true);
  let time = 0;
  const progress = createProgress(stream, () => time);
  const task = progress.begin("Reading", 3, "texts");
  time = 1000;
  for (let i = 0; i < 3; i++) task.advance(1);
  await turn();
  task.end();
  progress.note("Done.");
  const lines = text().split("\r\x1b[2K");
  expect(lines).toEqual([
    "",
    "Reading: 0 of 3 texts",
    "Reading: 3 of 3 texts, in 0:01",
    "Reading: 3 of 3 texts, in 0:01\n",
    "Done.\n",
  ]);
});

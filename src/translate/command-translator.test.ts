import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { EngineError, InterruptedError, RecipeError } from "../errors.js";
import { createCommandTranslator, runProgram, translateBlocks } from "./command-translator.js";

const folder = mkdtempSync(join(tmpdir(), "tiller-command-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const script = (body: string) => ["sh", "-c", body, "sh", "{from}", "{to}"];
const translator = (body: string, timeoutSeconds = 20) =>
  createCommandTranslator({ command: script(body), timeoutSeconds });

test("texts go in and out line by line, with the languages in the command", async () => {
  const found = await translator('sed "s/^/$1-$2: /"').translate(["one", "two"], "en", "es");
  expect(found).toEqual(["en-es: one", "en-es: two"]);
});

test("texts with line breaks, NUL and other control characters stay one text each", async () => {
  const texts = ["a\nb", "c\u0000d\u2028e", "", "f\r\n", "[^$@]<\\>{}"];
  expect(await translator("cat").translate(texts, "en", "es")).toEqual([
    "a b",
    "c d e",
    "",
    "f",
    "[^$@]<\\>{}",
  ]);
  expect(await translator("cat").translate([], "en", "es")).toEqual([]);
});

test("a program that joins texts is asked again with fewer, and one that adds a line is refused", async () => {
  const log = join(folder, "runs");
  const joining = translator(`echo run >> ${log}; tr '\\n' ' '; echo`);
  expect(await joining.translate(["a", "b", "c"], "en", "es")).toEqual(["a", "b", "c"]);
  // All three, the first two, each of these, the last.
  expect(readFileSync(log, "utf8").split("run").length - 1).toBe(5);
  const greeting = translator("echo Loading; cat").translate(["a", "b"], "en", "es");
  await expect(greeting).rejects.toThrow(/gave 2 texts for one, "a"/);
});

test("halves keep their order", async () => {
  const seen: string[] = [];
  const found = await translateBlocks(["a", "b", "c", "d", "e"], "\n\n", async (input) => {
    seen.push(input);
    const blocks = input.trimEnd().split("\n\n");
    return blocks.length > 2 ? "nothing" : `${blocks.map((block) => block.toUpperCase()).join("\n\n")}\n\n`;
  });
  expect(found).toEqual(["A", "B", "C", "D", "E"]);
  expect(seen).toHaveLength(5);
});

test.each([
  ["echo 'no such pair' >&2; exit 3", /^sh failed \(exit code 3\): no such pair$/],
  ["kill -9 $$", /signal SIGKILL/],
  ["printf '\\377\\376\\n'", /not UTF-8/],
])("%s is a plain error", async (body, message) => {
  const failed = translator(body).translate(["a"], "en", "es");
  await expect(failed).rejects.toThrow(EngineError);
  await expect(failed).rejects.toThrow(message);
});

test("a program that is not there is named", async () => {
  const command = ["tiller-no-such-program", "{from}", "{to}"];
  const missing = createCommandTranslator({ command }).translate(["a"], "en", "es");
  await expect(missing).rejects.toThrow(
    "The program tiller-no-such-program is not installed, or not in PATH.",
  );
});

test("a program that hangs is ended with all that it started", async () => {
  const pid = join(folder, "pid");
  const hanging = translator(`sleep 60 & echo $! > ${pid}; wait`, 0.3).translate(["a"], "en", "es");
  await expect(hanging).rejects.toThrow(/did not end within 0.3 seconds/);
  const state = () =>
    spawnSync("ps", ["-o", "stat=", "-p", readFileSync(pid, "utf8").trim()], { encoding: "utf8" }).stdout;
  for (let waited = 0; waited < 5000 && /^[^Z\s]/.test(state()); waited += 20) await sleep(20);
  expect(state()).not.toMatch(/^[^Z\s]/);
});

test("an abort ends it at once, whenever it comes", async () => {
  const later = new AbortController();
  setTimeout(() => later.abort(), 100);
  await expect(runProgram(["sleep", "60"], "", { signal: later.signal })).rejects.toThrow(InterruptedError);
  const stop = new AbortController();
  const running = runProgram(["sleep", "60"], "", { signal: stop.signal });
  // While the input is written, before the program is there.
  stop.abort();
  await expect(running).rejects.toThrow(InterruptedError);
  await expect(runProgram(["sleep", "60"], "", { signal: stop.signal })).rejects.toThrow(InterruptedError);
});

test("a program that does not read its input is no failure of its own", async () => {
  const texts = Array.from({ length: 3000 }, (_, i) => `text ${i} ${"x".repeat(100)}`);
  writeFileSync(join(folder, "fixed"), texts.map(() => "t\n").join(""));
  expect(await translator(`cat ${join(folder, "fixed")}`).translate(texts, "en", "es")).toHaveLength(3000);
});

test("a command must name its languages", () => {
  expect(() => createCommandTranslator({ command: ["cat"] })).toThrow(RecipeError);
  expect(() => createCommandTranslator({ command: [" "] })).toThrow(/empty/);
});

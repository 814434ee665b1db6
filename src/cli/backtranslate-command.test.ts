import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { tiller } from "./test-cli.js";

const folder = mkdtempSync(join(tmpdir(), "tiller-backtranslate-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const input = join(folder, "texts.jsonl");
writeFileSync(input, '{"text": "a small house", "language": "en"}\n{"text": "ein Haus", "language": "de"}\n');

test("a program translates the texts of the language, and the recipe's lines are printed", async () => {
  const out = join(folder, "pairs");
  const args = [
    "backtranslate",
    input,
    "--language",
    "en",
    "--via",
    "es",
    "--out",
    out,
    "--translator",
    "command",
  ];
  const { code, stdout, stderr } = await tiller([...args, "--command", "sed s/^/{from}-{to}=/"]);
  expect([code, stdout.split("\n")[0]]).toEqual([0, "1 texts, en → es → en, by sed s/^/{from}-{to}=/."]);
  expect(stdout).toContain(
    `  - class: back-translated\n    language: en\n    file: "${join(out, "back-translated.en.txt")}"`,
  );
  expect(stderr).toContain("Translating: 2 of 2 hops");
  expect(readFileSync(join(out, "back-translated.en.txt"), "utf8")).toBe("es-en=en-es=a small house\n");

  const failed = await tiller([...args, "--command", "no-such-program {from} {to}"]);
  expect([failed.code, failed.stdout]).toEqual([1, ""]);
  expect(failed.stderr).toContain("The program no-such-program is not installed, or not in PATH.");
});

test.each(["0", "-1", "3000000"])("a timeout of %s seconds is refused", async (timeout) => {
  const args = ["backtranslate", input, "--language", "en", "--translator", "apertium", "--timeout", timeout];
  const { code, stderr } = await tiller(args);
  expect([code, stderr]).toEqual([2, expect.stringContaining("above 0, and at most 86400")]);
});

test("what a translator needs is said, with exit code 2", async () => {
  const { code, stderr } = await tiller(["backtranslate", input, "--language", "en", "--translator", "llm"]);
  expect([code, stderr]).toEqual([
    2,
    '--translator llm needs --model, such as --model "hf:OWNER/REPO/FILE.gguf".\n',
  ]);
});

import { expect, test } from "vitest";
import { createTestRun } from "../study/test-run.js";
import { tiller } from "./test-cli.js";

test("a preview shows the prompt, its tokens and a text, and does nothing with escape sequences", async () => {
  const prompt = { zeroShot: "A {label} \u009btext:" };
  const { recipe } = await createTestRun({
    task: { labels: ["negative", "positive"], prompt, chat: "raw" },
    decoding: { maxTokens: 4 },
  });
  const { code, stdout, stderr } = await tiller(["preview", recipe, "--samples", "1"]);
  expect(stderr).not.toMatch(/Error/);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^tiny: file:tiny\.gguf, context 256, longest text 4\n\nzero-shot, negative \(en\): \d+ tokens, room for \d+\n/,
  );
  expect(stdout).toContain("  | A negative <009B>text:\n  text of ");
  expect(stdout).toMatch(/\n {2}> /);
});

test("templates and label sets are listed, shown, and refused by other names", async () => {
  const list = await tiller(["templates", "--json"]);
  const { templates, labelSets, variables } = JSON.parse(list.stdout);
  expect(Object.keys(templates)).toContain("paper-a/sentiment");
  expect(Object.keys(labelSets)).toContain("sib-200-topics");
  expect(Object.keys(variables)).toContain("examples");
  const wrong = await tiller(["templates", "toString"]);
  expect([wrong.code, wrong.stdout]).toEqual([2, ""]);
  expect(wrong.stderr).toContain('There is no template or label set "toString".');
});

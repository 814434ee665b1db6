import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { RecipeError } from "../errors.js";
import { previewRecipe } from "./preview.js";
import { createTestRun, type TestRun } from "./test-run.js";

const CHAT = "{% for m in messages %}<{{ m.role }}>{{ m.content }}</>{% endfor %}<assistant>";
const TASK = {
  labels: ["negative", "positive"],
  languages: ["en", "slv"],
  prompt: { zeroShot: "A {label} text in {language}:", fewShot: "{examples} A {label} text:" },
};
let run: TestRun;

beforeAll(async () => {
  run = await createTestRun(
    {
      task: TASK,
      baselines: ["zero-shot", "few-shot"],
      demonstrations: { file: "demos.jsonl", count: 1 },
      decoding: { maxTokens: 8 },
    },
    { chatTemplate: CHAT },
  );
  const rows = TASK.labels.map((label) => JSON.stringify({ text: `So ${label}!`, label }));
  await writeFile(join(run.folder, "demos.jsonl"), rows.join("\n"));
});

/** The recipe with other keys, on the same model. */
async function changed(changes: object): Promise<string> {
  const { recipe } = await createTestRun({
    model: { source: `file:${run.model}`, context: 256 },
    ...changes,
  });
  return recipe;
}

describe("previewRecipe", () => {
  it("shows each prompting and language with the first label, as the model reads it, and samples in turn", async () => {
    const preview = await previewRecipe(run.recipe, { samples: 5 });
    const { prompts } = preview;
    expect(prompts.map(({ prompting, language, label }) => [prompting, language, label])).toEqual([
      ["zero-shot", "en", "negative"],
      ["zero-shot", "sl", "negative"],
      ["few-shot", "en", "negative"],
      ["few-shot", "sl", "negative"],
    ]);
    expect(prompts[1]!.prompt).toEqual([{ role: "user", content: "A negative text in Slovenian:" }]);
    expect(prompts[1]!.text).toBe("<user>A negative text in Slovenian:</><assistant>");
    expect(prompts[2]!.text).toBe("<user>So negative! A negative text:</><assistant>");
    for (const { tokens, room } of prompts) {
      expect(tokens).toBeGreaterThan(10);
      expect(room).toBe(256 - tokens!);
    }
    expect(prompts.map(({ samples }) => samples.length)).toEqual([2, 1, 1, 1]);
    const all = prompts.flatMap(({ samples }) => samples);
    for (const { tokens, texts } of all) {
      expect(tokens).toBeLessThanOrEqual(8);
      expect(texts).toHaveLength(1);
    }
    expect(all.some(({ written }) => written !== "")).toBe(true);
    expect((await readdir(run.folder)).sort()).toEqual([
      "demos.jsonl",
      "recipe.yaml",
      "test.jsonl",
      "tiny.gguf",
    ]);
  });

  it("counts the tokens that are read, and says where the context is too small", async () => {
    const recipe = await changed({
      task: { ...TASK, languages: ["en"], chat: "raw", prompt: { zeroShot: `${"so ".repeat(150)}{label}` } },
      decoding: { maxTokens: 200 },
    });
    const { prompts, notes } = await previewRecipe(recipe, { all: true, samples: 1 });
    expect(prompts.map(({ label }) => label)).toEqual(["negative", "positive"]);
    const [first] = prompts;
    expect(first!.text).toBe(first!.prompt);
    expect(first!.tokens! + first!.room!).toBe(256);
    expect(first!.samples[0]!.tokens).toBeLessThanOrEqual(first!.room!);
    expect(notes).toContainEqual(
      expect.stringMatching(/^model\.context: the zero-shot prompt for .* which leaves \d+ of 256/),
    );
  });

  it("shows the recipe's prompts where the model is not here", async () => {
    const recipe = await changed({ model: { source: "hf:nobody/nothing/none.gguf" }, task: TASK });
    const preview = await previewRecipe(recipe, { samples: 0 });
    expect(preview.modelIsHere).toBe(false);
    expect(preview.prompts[0]).toEqual({
      prompting: "zero-shot",
      language: "en",
      label: "negative",
      prompt: [{ role: "user", content: "A negative text in English:" }],
      samples: [],
    });
  });

  it("says in which format a template is used, and refuses prompts that cannot be made", async () => {
    const task = (prompt: string) => ({ ...TASK, languages: ["en"], prompt });
    const shown = await changed({
      task: task("paper-b/comments"),
      model: { source: "hf:nobody/nothing/none.gguf" },
    });
    expect((await previewRecipe(shown, { samples: 0 })).notes).toContainEqual(
      expect.stringMatching(/^task\.chat: paper-b\/comments is used with raw/),
    );
    const refused: [object, RegExp][] = [
      [
        { task: task("paper-a/sentiment/few-shot") },
        /for few-shot alone, and the recipe prompts zero-shot too/,
      ],
      [
        { task: { ...task("paper-a/sentiment"), wordings: { good: "x" } } },
        /task\.wordings: "good" is no label/,
      ],
      [
        { task: task("paper-a/sentiment"), samples: { perLabel: 24, pilotPerLabel: 4, perCall: 6 } },
        /samples\.perCall: 6 texts are wanted/,
      ],
    ];
    for (const [changes, message] of refused) {
      const preview = previewRecipe(await changed(changes), { samples: 0 });
      await expect(preview).rejects.toThrow(message);
      await expect(preview).rejects.toBeInstanceOf(RecipeError);
    }
  });
});

import { expect, test } from "vitest";
import type { Completion, GenerateOptions, GenerationRequest } from "../engine/engine.js";
import { openTiny } from "../engine/llama/test-engine.js";
import { createModelTranslator } from "./model-translator.js";
import { cleanTranslation } from "./translation-prompt.js";

type Engine = Parameters<typeof createModelTranslator>[0];

/** Answers in the wrong order, with the prompt's last line in capital letters. */
function fake(hasChatTemplate: boolean) {
  const seen: { requests: readonly GenerationRequest[]; options: GenerateOptions }[] = [];
  const engine = {
    model: { name: "fake", sha256: "ab", hasChatTemplate },
    async *generate(
      requests: readonly GenerationRequest[],
      options: GenerateOptions,
    ): AsyncIterable<Completion> {
      seen.push({ requests, options });
      for (let index = requests.length - 1; index >= 0; index--) {
        const { prompt } = requests[index]!;
        const text = typeof prompt === "string" ? prompt : prompt[0]!.content;
        const said = typeof prompt === "string" ? text.split("\n")[0]! : text.split("\n\n")[1]!;
        yield { index, text: ` ${said.toUpperCase()}`, promptTokens: 1, tokens: 1, finish: "end" };
      }
    },
  };
  return { engine: engine as unknown as Engine, seen };
}

test("a chat model is asked in its template, greedily", async () => {
  const { engine, seen } = fake(true);
  const translator = createModelTranslator(engine, { maxTokens: 99 });
  expect(await translator.translate(["one", "two"], "en", "de")).toEqual(["ONE", "TWO"]);
  const { requests, options } = seen[0]!;
  expect(requests[0]!.prompt).toEqual([
    {
      role: "user",
      content:
        "Translate the text below from English into German. Answer with the translation alone, on one line.\n\none",
    },
  ]);
  expect(options.decoding).toMatchObject({ temperature: 0, maxTokens: 99, stop: [] });
  expect(translator.name).toBe("fake ab, prompt 1, at most 99 tokens");
});

test("a model without a template continues two lines", async () => {
  const { engine, seen } = fake(false);
  expect(await createModelTranslator(engine).translate(["one"], "en", "de")).toEqual(["ENGLISH: ONE"]);
  expect(seen[0]!.requests[0]!.prompt).toBe("English: one\nGerman:");
  expect(seen[0]!.options.decoding.stop).toEqual(["\n"]);
});

test.each([
  ["Spanish: La casa.", "The house.", "La casa."],
  ["**Translation:** La casa.", "The house.", "La casa."],
  ["Spanish translation: “La casa.”", "The house.", "La casa."],
  ["“Hola”, dijo.", "“Hello”, he said.", "“Hola”, dijo."],
  ["La casa.\n\nNote: casa means house.", "The house.", "La casa."],
  ["<think>\n\nA house.\n\n</think>\n\nLa casa.", "The house.", "La casa."],
  ["Translate the text below from Spanish into English.", "The house.", ""],
  ["", "The house.", ""],
])("%j is cleaned", (answer, text, translation) => {
  expect(cleanTranslation(answer, text, "es")).toBe(translation);
});

test("a real engine runs it, and the same texts give the same translations", async () => {
  await using engine = await openTiny();
  const translator = createModelTranslator(engine, { maxTokens: 6, sequences: 8 });
  const first = await translator.translate(["one text", "another"], "en", "es");
  expect(first).toHaveLength(2);
  expect(await translator.translate(["one text", "another"], "en", "es")).toEqual(first);
});

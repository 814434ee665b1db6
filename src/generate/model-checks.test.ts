import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { EngineError } from "../errors.js";
import { JudgeFailure } from "../judge/chooser.js";
import type { Judge } from "../judge/judge.js";
import { recipeSchema } from "../recipe/schema.js";
import { openModelChecks } from "./model-checks.js";
import { fakeEngine } from "./test-engine.js";

const engine = fakeEngine({ write: () => "" });
const recipeOf = (filters: object, judge?: object | string) =>
  recipeSchema.parse({
    name: "x",
    model: { source: "tinyllama" },
    task: { labels: ["pos", "neg"], prompt: "paper-a/sentiment" },
    contrast: [{ class: "pos", texts: ["x"] }],
    samples: { perLabel: 1 },
    filters,
    scoring: { judge },
  });

test("a recipe without such filters asks nobody, though it has a judge", async () => {
  const recipe = recipeOf({ selfCheck: false }, "local");
  expect(await openModelChecks(engine, recipe, { cacheFile: "/nowhere/x" })).toBeUndefined();
});

test("an engine without log-probabilities is refused by the key that needs them", async () => {
  const mute = { ...engine, capabilities: { ...engine.capabilities, logProbabilities: false } };
  for (const [filters, key] of [
    [{ selfCheck: true }, "selfCheck"],
    [{ judge: 1 }, "judge"],
  ] as const) {
    const opened = openModelChecks(mute, recipeOf(filters, "local"), { cacheFile: "/nowhere/x" });
    await expect(opened).rejects.toThrow(`filters.${key}: the engine of fake gives no log-probabilities.`);
  }
});

test("the ratings of a server are remembered, so that a job that is repeated asks about no text twice", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tiller-checks-"));
  let asked = 0;
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      asked += 1;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ choices: [{ message: { content: '{"answer":"1"}' } }] }));
    });
  });
  try {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
    const recipe = recipeOf({ judge: 1.2 }, { endpoint, model: "m" });
    const text = { text: "Good tea.", label: "pos", language: "en" };
    const cacheFile = join(folder, "judgements.jsonl");
    const counts: number[] = [];
    for (let i = 0; i < 2; i++) {
      const checks = await openModelChecks(engine, recipe, { cacheFile });
      expect(await checks!.check([text, text])).toEqual(Array(2).fill({ failed: ["judge"], judge: 1 }));
      await checks!.close();
      counts.push(asked);
    }
    // Three criteria, in two orders.
    expect(counts).toEqual([6, 6]);
    expect((await readFile(cacheFile, "utf8")).trim().split("\n")).toHaveLength(1);
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
});

describe("a text without a rating", () => {
  const recipe = recipeOf({ judge: 1 }, "local");
  const rating = { expected: 2, likeliest: 2 };
  const rated = { concept: rating, instruction: rating, fluency: rating };
  const text = (words: string) => ({ text: words, label: "pos", language: "en" });
  /** Rates good texts, and answers to the others alone with a failure. */
  function judgeOf(failure: JudgeFailure): Judge & { asked: string[] } {
    const asked: string[] = [];
    return {
      name: "fake",
      asked,
      async rate(items) {
        asked.push(...items.map((item) => item.text));
        if (items.every((item) => item.text !== "good")) throw new EngineError("None.", { cause: failure });
        return items.map((item) =>
          item.text === "good" ? rated : { absent: failure.kind, reason: failure.message },
        );
      },
      prefer: async () => [],
    };
  }
  const check = async (judge: Judge, ...words: string[]) =>
    (await openModelChecks(engine, recipe, { cacheFile: "", judge }))!.check(words.map(text));

  test("fails where the judge will not rate this one, also if it is the only one", async () => {
    const judge = judgeOf(new JudgeFailure("refused", "Not this."));
    expect(await check(judge, "bad", "good")).toEqual([{ failed: ["judge"] }, { failed: [], judge: 2 }]);
    expect(await check(judge, "bad")).toEqual([{ failed: ["judge"] }]);
  });

  test("stops the run where the judge will rate none, such as for a key that is no longer valid", async () => {
    const judge = judgeOf(new JudgeFailure("refused", "No such key.", { final: true }));
    await expect(check(judge, "good", "bad")).rejects.toThrow(/^filters\.judge: None\. .*not kept/);
    expect(judge.asked).toEqual(["good", "bad", "bad"]);
  });
});

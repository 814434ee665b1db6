import { beforeAll, expect, test } from "vitest";
import { InterruptedError } from "../errors.js";
import { type LexicalJob, measureTexts } from "./measures-of-texts.js";

/** Only the built file has a thread of its own. */
const BUILT = new URL("../../dist/study/measures-thread.js", import.meta.url).href;
let MeasuresThread: typeof import("./measures-thread.js").MeasuresThread;
beforeAll(async () => {
  ({ MeasuresThread } = (await import(BUILT)) as typeof import("./measures-thread.js"));
});

function job(texts: number): LexicalJob {
  const text = (i: number) => `The river is ${i} days long and the road is ${(7 * i) % 11} days longer.`;
  return {
    kind: "lexical",
    texts: Array.from({ length: texts }, (_, i) => text(i)),
    human: Array.from({ length: 20 }, (_, i) => text(3 * i + 1)),
    sources: {},
    language: "en",
    budget: 100,
    seed: 1,
  };
}

test("one job after another gives what this thread gives", async () => {
  await using thread = new MeasuresThread();
  for (const texts of [5, 12]) {
    expect(await thread.run(job(texts))).toEqual(await measureTexts(job(texts)));
  }
});

test("an interruption ends the job at once, and the next one begins anew", async () => {
  await using thread = new MeasuresThread();
  const abort = new AbortController();
  const running = thread.run(job(50_000), abort.signal);
  setTimeout(() => abort.abort(), 200);
  await expect(running).rejects.toThrow(/interrupted/);
  await expect(running).rejects.toMatchObject({ exitCode: new InterruptedError("").exitCode });
  await expect(thread.run(job(5), abort.signal)).rejects.toThrow(/interrupted/);
  expect((await thread.run(job(5))).set.texts).toBe(5);
});

test("a job that fails says why, and the next one begins anew", async () => {
  await using thread = new MeasuresThread();
  await expect(thread.run({ ...job(5), seed: -1 })).rejects.toThrow(/seed/i);
  expect((await thread.run(job(5))).set.texts).toBe(5);
});

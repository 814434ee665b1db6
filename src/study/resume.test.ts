import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { startTiller, tiller } from "../cli/test-cli.js";
import type { LlamaEngine } from "../engine/llama/llama-engine.js";
import { randomGenerator } from "../random/seeded-random.js";
import { generateTexts } from "./run-study.js";
import { Study } from "./study.js";
import { createTestRun } from "./test-run.js";

/** A run is killed a random while after its journal has reached each of these shares of its final length. */
const SHARES = [0, 0.3, 0.75];

async function samplesOf(folder: string): Promise<string> {
  return readFile(join(folder, "samples.jsonl"), "utf8");
}

const lengthOf = async (folder: string) => (await samplesOf(folder).catch(() => "")).length;

test("a run that is killed three times ends with the bytes of an uninterrupted one", {
  timeout: 240_000,
}, async () => {
  // Longer texts, so that most of the time is spent in writing.
  const run = await createTestRun({ decoding: { maxTokens: 80 } }, { endBias: -30, layers: 6 });
  const [whole, cut] = [`${run.output}-whole`, `${run.output}-cut`];
  expect(await tiller(["generate", run.recipe, "-o", whole])).toMatchObject({ code: 0 });
  const final = await lengthOf(whole);
  const random = randomGenerator(7);
  for (const share of SHARES) {
    const { child, done } = startTiller(["generate", run.recipe, "-o", cut]);
    while ((await lengthOf(cut)) < share * final) await wait(5);
    await wait(300 * random());
    child.kill("SIGKILL");
    expect(await done).toMatchObject({ signal: "SIGKILL" });
    expect(await lengthOf(cut)).toBeLessThan(final);
  }
  expect(await tiller(["generate", run.recipe, "-o", cut])).toMatchObject({ code: 0 });
  expect(await samplesOf(cut)).toBe(await samplesOf(whole));
  for (const arm of ["steered", "zero-shot"]) {
    const data = (folder: string) => readFile(join(folder, "data", `${arm}.jsonl`), "utf8");
    expect(await data(cut)).toBe(await data(whole));
  }
});

test("a guided run that is killed draws the same negative examples, and ends with the same bytes", {
  timeout: 240_000,
}, async () => {
  const negatives = {
    texts: ["The road was long.", "A bird sings in the garden.", "It was warm."],
    count: 4,
  };
  const run = await createTestRun(
    {
      steering: undefined,
      guidance: { preset: "negative-prompt", eta: [0, 0.6], negatives },
      decoding: { maxTokens: 60 },
    },
    { endBias: -30, layers: 6 },
  );
  const [whole, cut] = [`${run.output}-whole`, `${run.output}-cut`];
  expect(await tiller(["generate", run.recipe, "-o", whole])).toMatchObject({ code: 0 });
  const final = await lengthOf(whole);
  const random = randomGenerator(11);
  for (const share of [0.1, 0.6]) {
    const { child, done } = startTiller(["generate", run.recipe, "-o", cut]);
    while ((await lengthOf(cut)) < share * final) await wait(5);
    await wait(200 * random());
    child.kill("SIGKILL");
    expect(await done).toMatchObject({ signal: "SIGKILL" });
    expect(await lengthOf(cut)).toBeLessThan(final);
  }
  expect(await tiller(["generate", run.recipe, "-o", cut])).toMatchObject({ code: 0 });
  expect(await samplesOf(cut)).toBe(await samplesOf(whole));
  expect(await samplesOf(whole)).toContain('"negative-prompt@e0.6"');
});

test("the engine may be killed under a run: it goes on, with the same bytes", {
  timeout: 120_000,
}, async () => {
  const run = await createTestRun();
  const generate = async (output: string, kills: number) => {
    let left = kills;
    await using study = await Study.open(run.recipe, {
      output,
      progress: {
        begin: () => ({
          advance: () => {
            if (left > 0) {
              left--;
              void study.engine().then((engine) => process.kill((engine as LlamaEngine).pid!, "SIGKILL"));
            }
          },
          end: () => {},
        }),
        note: () => {},
      },
    });
    // The engine must be up before anything is written, or there is nothing to kill.
    await study.engine();
    await generateTexts(study);
    return left;
  };
  await generate(`${run.output}-whole`, 0);
  // The first kill hits the reading of the contrast texts, the second one the writing or the scoring.
  expect(await generate(`${run.output}-killed`, 2)).toBe(0);
  expect(await samplesOf(`${run.output}-killed`)).toBe(await samplesOf(`${run.output}-whole`));
});

test("Ctrl-C finishes the batch in hand, says how to go on, and the run goes on", {
  timeout: 120_000,
}, async () => {
  const run = await createTestRun({ decoding: { maxTokens: 80 } }, { endBias: -30, layers: 6 });
  const { child, done } = startTiller(["run", run.recipe, "-o", run.output]);
  while ((await samplesOf(run.output).catch(() => "")) === "") await wait(50);
  child.kill("SIGINT");
  const stopped = await done;
  expect(stopped).toMatchObject({ code: 130 });
  expect(stopped.stderr).toMatch(/Finishing the batch in hand/);
  expect(stopped.stderr).toMatch(/To go on:\n {2}tiller run/);
  const before = await samplesOf(run.output);
  const finished = await tiller(["run", run.recipe, "-o", run.output, "--json"]);
  expect(finished.code, finished.stderr).toBe(0);
  expect((await samplesOf(run.output)).startsWith(before)).toBe(true);
  expect(JSON.parse(finished.stdout)).toMatchObject({
    title: "tiny",
    arms: [
      { name: "steered", kept: 48 },
      { name: "zero-shot", kept: 48 },
    ],
  });
});

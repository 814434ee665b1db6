import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tiller } from "../cli/test-cli.js";
import { findRow } from "./explain-find.js";
import { regenerateJob, rowDifferences } from "./explain-regenerate.js";
import { explainRow } from "./explain-row.js";
import { explanationText, regenerationText } from "./explain-text.js";
import { generateTexts } from "./run-study.js";
import { Study } from "./study.js";
import { createTestRun } from "./test-run.js";

test("a text is explained, written again byte by byte, also in a run that goes on, and told apart from a changed one", {
  timeout: 120_000,
}, async () => {
  const run = await createTestRun({
    steering: { method: "mean-difference", layers: [1], strengths: [0.2] },
    filters: { language: false, selfCheck: 0.001 },
    samples: { perLabel: 4, pilotPerLabel: 2, attempts: 3 },
    decoding: { maxTokens: 12 },
    scoring: { texts: 8, tokenBudget: 50 },
    classifier: undefined,
  });
  const path = join(run.output, "samples.jsonl");
  const { output } = run;
  {
    await using study = await Study.open(run.recipe, { output });
    await generateTexts(study);
    const rows = study.journal.rows();
    const position = rows.findLastIndex(({ id }) => id.startsWith("mean-difference@1x0.2/en/positive/"));
    const explanation = await explainRow(study, position);
    const { row, configuration, prompt, journal, writer, filters } = explanation;
    expect(row).toBe(rows[position]);
    expect(journal.line).toBe(position + 1);
    expect(configuration.steering).toMatchObject({ operation: "add", layers: [1], strength: 0.2 });
    expect(configuration.steering!.absolute![0]).toBeGreaterThan(0);
    expect(configuration.steering!.vector.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(prompt.text).toContain("A positive text about the day:");
    expect(prompt.tokens).toBeGreaterThan(3);
    expect(filters.selfCheck).toEqual({ value: row.selfCheck, least: 0.001 });
    expect(writer!.fromRow).toBe(0);
    const text = explanationText(explanation);
    for (const part of [
      row.id,
      `recipe     tiny: ${run.recipe}`,
      "steering   mean-difference, add, layer 1 (0-based)",
      study.model.sha256,
      "prompt",
      "  │ A positive text",
      `seed       ${row.seed}`,
    ]) {
      expect(text).toContain(part);
    }
    expect(await regenerateJob(study, position)).toEqual({
      equal: true,
      job: journal.job,
      rows: journal.rows,
      differences: [],
      reasons: [],
    });
  }
  const before = await readFile(path, "utf8");
  const more = { ...JSON.parse(await readFile(run.recipe, "utf8")) };
  more.samples.perLabel = 6;
  await writeFile(run.recipe, JSON.stringify(more));
  {
    await using study = await Study.open(run.recipe, { output });
    await generateTexts(study);
    const rows = study.journal.rows();
    expect(rows.length).toBeGreaterThanOrEqual(24);
    const last = rows.length - 1;
    expect(await regenerateJob(study, last)).toMatchObject({ equal: true, job: study.journal.jobs().length });
    // Whoever can write the journal can make it say something else.
    const after = await readFile(path, "utf8");
    expect(after.startsWith(before)).toBe(true);
    await writeFile(path, after.replace(JSON.stringify(rows[last]!.text), '"Somebody else wrote this."'));
  }
  await using study = await Study.open(run.recipe, { output });
  const position = findRow(study.journal.rows(), "Somebody else");
  const { id } = study.journal.rows()[position]!;
  const changed = await regenerateJob(study, position);
  expect(changed).toMatchObject({
    equal: false,
    differences: [{ id, keys: ["text"], journal: { text: "Somebody else wrote this." } }],
    reasons: [expect.stringMatching(/are the same .*the journal was changed/)],
  });
  expect(regenerationText(changed)).toContain('    journal  "Somebody else wrote this."');
  await study.close();

  const said = await tiller(["explain", output, "zero-shot/en/negative/0"]);
  expect(said.stdout).toMatch(/^row +zero-shot\/en\/negative\/0\n/);
  expect(said.stdout).toMatch(/\nwrote +zero-shot: zero-shot prompting\n/);
});

test("rows that only one side has are differences, and the order of keys is none", () => {
  const row = {
    id: "a",
    configuration: "c",
    language: "en",
    label: "l",
    index: 0,
    seed: 1,
    text: "t",
    tokens: 1,
    finish: "end" as const,
    filters: [],
  };
  expect(rowDifferences([row], [{ ...row, filters: [] }])).toEqual([]);
  const { id, ...rest } = row;
  expect(rowDifferences([row], [{ ...rest, id }])).toEqual([]);
  expect(rowDifferences([row], [{ ...row, id: "b", tokens: 2 }])).toMatchObject([
    { id: "a", regenerated: undefined },
    { id: "b", journal: undefined },
  ]);
  expect(rowDifferences([row], [{ ...row, tokens: 2, selfCheck: 0.5 }])).toMatchObject([
    { id: "a", keys: ["tokens", "selfCheck"] },
  ]);
});

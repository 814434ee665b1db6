/** For tests: a run folder as a finished run leaves it, made without a model. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeVectorFile } from "../steering/vector-file.js";
import { fileName } from "../store/file-name.js";
import { Journal } from "../store/journal.js";
import { openRun } from "../store/run-folder.js";
import type { Sample } from "../store/sample.js";

export const STEERED = "mean-difference@1x0.2";

/** A row of the journal; what is left out has a plain value. */
export type TestSample = Pick<Sample, "text" | "label"> & Partial<Sample>;

export interface TestRunFolder {
  readonly folder: string;
  readonly path: string;
}

/**
 * Writes a run folder. Samples are of the steered configuration unless they say otherwise, and get their index and id
 * in order.
 */
export async function writeTestRun(
  samples: readonly TestSample[],
  changes: {
    readonly labels?: readonly string[];
    readonly languages?: readonly string[];
    readonly perLabel?: number;
    readonly recipe?: Record<string, unknown>;
    readonly chosen?: string | null | undefined;
    readonly report?: unknown;
  } = {},
): Promise<TestRunFolder> {
  const labels = changes.labels ?? ["negative", "positive"];
  const languages = changes.languages ?? ["en"];
  const folder = await mkdtemp(join(tmpdir(), "tiller-export-"));
  const path = join(folder, "run");
  const recipe = {
    name: "tiny",
    model: { source: "file:tiny.gguf" },
    task: { labels, languages, prompt: { zeroShot: "A {label} text:" } },
    contrast: labels.map((label) => ({
      class: label,
      texts: [1, 2, 3].map((n) => `${label}, sentence ${n}.`),
    })),
    steering: { method: "mean-difference", layers: [1], strengths: [0.2] },
    samples: { perLabel: changes.perLabel ?? 50 },
    ...changes.recipe,
  };
  const run = await openRun(path, {
    name: "tiny",
    version: "0.1.0",
    fingerprint: "f".repeat(64),
    recipeText: JSON.stringify(recipe, null, 2),
    recipeFile: join(folder, "recipe.yaml"),
    files: { [join(folder, "texts.txt")]: "1".repeat(64), model: "2".repeat(64) },
    create: true,
  });
  const journal = await Journal.open(run.journal);
  const counts = new Map<string, number>();
  await journal.append(
    samples.map((sample): Sample => {
      const { configuration = STEERED, language = languages[0]!, label } = sample;
      const key = `${configuration}/${language}/${label}`;
      const index = counts.get(key) ?? 0;
      counts.set(key, index + 1);
      return {
        id: `${key}/${index}`,
        configuration,
        language,
        index,
        seed: 4294967294,
        tokens: 5,
        finish: "end",
        filters: [],
        ...sample,
      };
    }),
  );
  await journal.close();
  for (const label of labels) {
    writeVectorFile(join(run.vectors, `${fileName(`${label}.${languages[0]}`)}.gguf`), {
      method: "mean-difference",
      class: label,
      language: languages[0]!,
      weighting: "text",
      positions: "all-but-first",
      model: { sha256: "2".repeat(64), architecture: "llama", name: "tiny", width: 3 },
      dataSha256: "3".repeat(64),
      texts: 6,
      tokens: 18,
      tillerVersion: "0.1.0",
      layers: [{ layer: 1, unit: Float32Array.of(0.6, 0, -0.8), differenceNorm: 1, residualNorm: 5 }],
    });
  }
  await run.close();
  const chosen = "chosen" in changes ? changes.chosen : STEERED;
  if (chosen !== undefined) {
    await writeFile(join(path, "choice.json"), JSON.stringify({ chosen, basis: "" }));
  }
  if (changes.report !== undefined) {
    await writeFile(join(path, "report.json"), JSON.stringify(changes.report));
  }
  return { folder, path };
}

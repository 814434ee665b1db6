import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Engine, Intervention } from "../engine/engine.js";
import { retryAfterCrash } from "../engine/retry-after-crash.js";
import { EngineError, ModelError } from "../errors.js";
import type { Configuration } from "../generate/configuration.js";
import type { Recipe } from "../recipe/schema.js";
import { addCapture, type ClassMeans, emptyClassMeans } from "../steering/class-means.js";
import { readClassMeans, writeClassMeans } from "../steering/class-means-file.js";
import { type ContrastSplit, contrastSha256 } from "../steering/contrast-split.js";
import { HUMAN_CLASS } from "../steering/quality-vector.js";
import { makeSteeringVector, type SteeringVector } from "../steering/steering-vector.js";
import { absoluteStrength, steeringAddition } from "../steering/strength.js";
import { writeVectorFile } from "../steering/vector-file.js";
import { fileName } from "../store/file-name.js";
import { VERSION } from "../version.js";

/** The run's steering vectors: one for each language and class that is steered towards. */
export interface VectorSet {
  readonly vectors: readonly SteeringVector[];
  readonly files: readonly string[];
  /** The vector that a configuration uses for a label in a language. */
  find(language: string, label: string): SteeringVector;
  /** What a configuration does to the residual stream. */
  interventions(configuration: Configuration, language: string, label: string): Intervention[];
  /** A configuration's strength in the residual stream's own units, averaged over languages and labels. */
  absoluteStrength(configuration: Configuration): number;
}

export interface BuildOptions {
  /** The run's folder for vectors. */
  readonly folder: string;
  /** Blocks that are to be steered. All up to the deepest of them are captured. */
  readonly layers: readonly number[];
  readonly signal?: AbortSignal;
  /** Texts read so far, of so many. */
  readonly onText?: (done: number, total: number) => void;
}

/**
 * Makes the recipe's steering vectors, or makes them again from the means that an earlier run left. All layers up
 * to the deepest that is steered are captured in one pass: what lies behind it is not even computed.
 *
 * @throws EngineError if the model cannot be read; RecipeError if the texts do not make a vector
 */
export async function buildVectors(
  engine: () => Promise<Engine>,
  recipe: Recipe,
  split: ContrastSplit,
  modelSha256: string,
  options: BuildOptions,
): Promise<VectorSet> {
  const dataSha256 = contrastSha256(split.sets.map((set) => ({ ...set, texts: set.vectorTexts })));
  const path = join(options.folder, "means.gguf");
  const depth = Math.max(...options.layers) + 1;
  let means = knownMeans(path, modelSha256, dataSha256, depth);
  if (!means) {
    const started = await engine();
    means = await retryAfterCrash("reading the contrast texts", () =>
      capture(started, split, dataSha256, depth, options),
    );
    writeClassMeans(path, means);
  }
  const { method } = recipe.steering;
  const labels = method === "mean-difference" ? recipe.task.labels : [HUMAN_CLASS];
  const vectors = recipe.task.languages.flatMap((language) =>
    labels.map((label) =>
      makeSteeringVector(means, { method, language, class: label, tillerVersion: VERSION }),
    ),
  );
  const files = vectors.map((vector) => {
    const file = join(options.folder, `${fileName(`${vector.class}.${vector.language}`)}.gguf`);
    writeVectorFile(file, vector);
    return file;
  });
  return vectorSet(recipe, vectors, files);
}

/** Means of the same model and texts, if the folder has them down to the depth; a damaged file is made again. */
function knownMeans(
  path: string,
  modelSha256: string,
  dataSha256: string,
  depth: number,
): ClassMeans | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const means = readClassMeans(path, { modelSha256, dataSha256 });
    return means.layers.length >= depth ? means : undefined;
  } catch (error) {
    if (error instanceof ModelError) return undefined;
    throw error;
  }
}

async function capture(
  engine: Engine,
  split: ContrastSplit,
  dataSha256: string,
  depth: number,
  { signal, onText }: BuildOptions,
): Promise<ClassMeans> {
  const { model, capabilities } = engine;
  if (!capabilities.capture || !capabilities.steering) {
    throw new EngineError(
      `steering: models of the architecture ${model.architecture} cannot be steered: ` +
        "llama.cpp does not open their residual stream. Choose another model.",
    );
  }
  const layers = Array.from({ length: depth }, (_, layer) => layer);
  const means = emptyClassMeans(model, layers, dataSha256);
  const rows = split.sets.flatMap((set) => set.vectorTexts.map((text) => ({ set, text })));
  const texts = rows.map(({ text }) => text);
  for await (const item of engine.capture(texts, {
    layers,
    pooling: "mean",
    ...(signal ? { signal } : {}),
  })) {
    addCapture(means, rows[item.text]!.set, item);
    if (item.layer === layers.at(-1)) onText?.(item.text + 1, texts.length);
  }
  return means;
}

function vectorSet(recipe: Recipe, vectors: readonly SteeringVector[], files: readonly string[]): VectorSet {
  const { method, unit } = recipe.steering;
  const find = (language: string, label: string) => {
    const wanted = method === "mean-difference" ? label : HUMAN_CLASS;
    return vectors.find((vector) => vector.language === language && vector.class === wanted)!;
  };
  return {
    vectors,
    files,
    find,
    interventions({ steering }, language, label) {
      if (!steering) return [];
      return [steeringAddition(find(language, label), steering.layer, steering.strength, unit)];
    },
    absoluteStrength({ steering }) {
      if (!steering) return 0;
      const all = vectors.map((vector) => absoluteStrength(vector, steering.layer, steering.strength, unit));
      return all.reduce((sum, value) => sum + value, 0) / all.length;
    },
  };
}

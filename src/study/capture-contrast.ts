import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Engine } from "../engine/engine.js";
import { retryAfterCrash } from "../engine/retry-after-crash.js";
import { EngineError, ModelError, RecipeError } from "../errors.js";
import type { Recipe } from "../recipe/schema.js";
import type { Steering } from "../recipe/steering-schema.js";
import { steeringOf } from "../recipe/sweep-axes.js";
import { addCapture, type ClassMeans, emptyClassMeans } from "../steering/class-means.js";
import { readClassMeans, writeClassMeans } from "../steering/class-means-file.js";
import { type ContrastSplit, contrastSha256 } from "../steering/contrast-split.js";
import { addTextVector, emptyTextVectors, type TextVectors } from "../steering/text-vectors.js";
import { readTextVectors, writeTextVectors } from "../steering/text-vectors-file.js";
import { poolingSelection, readTextOf } from "./contrast-reading.js";

/** What the contrast texts leave in the residual stream: enough for vectors of every method. */
export interface CapturedContrast {
  readonly means: ClassMeans;
  /** Undefined if no method needs them. */
  readonly textVectors: TextVectors | undefined;
}

export interface CaptureContrastOptions {
  /** Folder that the captures are kept in. */
  readonly folder: string;
  /** Blocks that means are taken at: the first so many. */
  readonly depth: number;
  /** Blocks at which the texts are kept one by one; none if no method needs that. */
  readonly textLayers: readonly number[];
  readonly signal?: AbortSignal;
  /** Texts read so far, of so many. */
  readonly onText?: (done: number, total: number) => void;
}

/**
 * Reads the vectors' contrast texts in one pass, or finds what an earlier run kept of them.
 * @throws EngineError if the model cannot be read; RecipeError if a text has none of the rows that are pooled
 */
export async function captureContrast(
  engine: () => Promise<Engine>,
  recipe: Recipe,
  split: ContrastSplit,
  modelSha256: string,
  options: CaptureContrastOptions,
): Promise<CapturedContrast> {
  const { folder, depth, textLayers } = options;
  const dataSha256 = contrastSha256(split.sets.map((set) => ({ ...set, texts: set.vectorTexts })));
  const expected = { modelSha256, dataSha256 };
  const files = { means: join(folder, "means.gguf"), texts: join(folder, "text-vectors.gguf") };
  const kept = known(files.means, () => readClassMeans(files.means, expected));
  const means = kept !== undefined && kept.layers.length >= depth ? kept : undefined;
  const layers = [...new Set(textLayers)].sort((a, b) => a - b);
  const textVectors =
    layers.length === 0
      ? undefined
      : known(files.texts, () => readTextVectors(files.texts, { ...expected, layers }));
  if (means !== undefined && (layers.length === 0 || textVectors !== undefined))
    return { means, textVectors };

  const started = await engine();
  const steering = steeringOf(recipe);
  const captured = await retryAfterCrash("reading the contrast texts", () =>
    capture(started, steering, split, dataSha256, { ...options, textLayers: layers }),
  );
  writeClassMeans(files.means, captured.means);
  if (captured.textVectors) writeTextVectors(files.texts, captured.textVectors);
  return captured;
}

/** What a file holds of the same model and texts; a damaged file is made again. */
function known<T>(path: string, read: () => T): T | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return read();
  } catch (error) {
    if (error instanceof ModelError) return undefined;
    throw error;
  }
}

async function capture(
  engine: Engine,
  steering: Steering,
  split: ContrastSplit,
  dataSha256: string,
  { depth, textLayers, signal, onText }: CaptureContrastOptions,
): Promise<CapturedContrast> {
  const { model, capabilities } = engine;
  if (!capabilities.capture || !capabilities.steering) {
    throw new EngineError(
      `steering: models of the architecture ${model.architecture} cannot be steered: ` +
        "llama.cpp does not open their residual stream. Choose another model.",
    );
  }
  const layers = Array.from({ length: depth }, (_, layer) => layer);
  const means = emptyClassMeans(model, layers, dataSha256);
  const textVectors = textLayers.length > 0 ? emptyTextVectors(model, textLayers, dataSha256) : undefined;
  const rows = split.sets.flatMap((set) => set.vectorTexts.map((text) => ({ set, text })));
  const texts = rows.map(({ text }) => readTextOf(steering, text));
  const where = await poolingSelection(engine, steering);
  try {
    for await (const item of engine.capture(texts, {
      layers,
      pooling: "mean",
      ...(where ? { where } : {}),
      ...(signal ? { signal } : {}),
    })) {
      const { set } = rows[item.text]!;
      addCapture(means, set, item);
      if (textVectors) addTextVector(textVectors, set, item);
      if (item.layer === layers.at(-1)) onText?.(item.text + 1, texts.length);
    }
  } catch (error) {
    throw poolingError(error, rows);
  }
  return { means, textVectors };
}

/** The engine knows a text by its number, and people by its class and its beginning. */
function poolingError(
  error: unknown,
  rows: readonly { readonly set: { readonly class: string }; readonly text: string }[],
): unknown {
  const number = error instanceof EngineError && /picks no row of text (\d+)/.exec(error.message)?.[1];
  const row = number ? rows[Number(number) - 1] : undefined;
  if (row === undefined) return error;
  const start = [...row.text].slice(0, 60).join("");
  return new RecipeError(
    `steering.pooling: this selection picks no row of the text ${JSON.stringify(start)}${start === row.text ? "" : " …"} of the class ${row.set.class} ` +
      "(the first row of a text is never among them). Choose other tokens or positions, or leave the text out.",
    { cause: error },
  );
}

import { RecipeError } from "../errors.js";
import { steeringOf } from "../recipe/sweep-axes.js";
import { type ContrastTexts, contrastSha256 } from "../steering/contrast-split.js";
import { inspectVectors, type VectorInspection } from "../steering/inspect-vector.js";
import { HUMAN_CLASS, SPOILT_CLASSES } from "../steering/quality-vector.js";
import { sidesOf } from "../steering/separation.js";
import type { SteeringVector } from "../steering/steering-vector.js";
import { poolingSelection, readTextOf } from "./contrast-reading.js";
import type { ProgressTask } from "./progress.js";
import { makeVectors } from "./run-study.js";
import type { Study } from "./study.js";

export interface InspectRunOptions {
  /** Vectors of the run's model from elsewhere; left out, the run's own are made, or found. */
  readonly vectors?: readonly SteeringVector[] | undefined;
  /** Default: all layers of each vector. */
  readonly layers?: readonly number[] | undefined;
  /** How many nearest tokens on either side; default 8. */
  readonly tokens?: number | undefined;
}

/** Vectors as they were found, and what to know about the texts that they were tried on. */
export interface InspectedRun {
  readonly vectors: readonly VectorInspection[];
  /** The run's own vector files, in the vectors' order; empty for vectors from elsewhere. */
  readonly files: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Inspects vectors with the run's model, and on the texts that the run holds out from its vectors, read as the
 * contrast texts are read.
 *
 * @throws ModelError if a vector is of another model; RecipeError if it lacks a layer; EngineError
 */
export async function inspectRun(study: Study, options: InspectRunOptions = {}): Promise<InspectedRun> {
  const steering = steeringOf(study.recipe);
  const { vectors, files } = options.vectors
    ? { vectors: options.vectors, files: [] }
    : await makeVectors(study);
  const engine = await study.engine();
  const where = await poolingSelection(engine, steering);
  const sets = heldOutSets(study);
  const inspections = new Map<SteeringVector, VectorInspection>();
  const inspect = async (some: readonly SteeringVector[], heldOut: readonly ContrastTexts[] | undefined) => {
    let task: ProgressTask | undefined;
    const found = await inspectVectors(some, {
      engine,
      heldOut,
      where,
      read: (text) => readTextOf(steering, text),
      tokens: options.tokens ?? 8,
      layers: options.layers,
      signal: study.options.signal,
      onText: (done, total) => {
        if (done === 1) task = study.progress.begin("Reading held-out texts", total, "texts");
        task?.advance(1);
        if (done === total) task?.end();
      },
    });
    some.forEach((vector, index) => {
      inspections.set(vector, found[index]!);
    });
  };
  for (const family of [sets.labels, sets.human]) {
    const some = vectors.filter((vector) => !inspections.has(vector) && hasSides(vector, family));
    if (some.length > 0) await inspect(some, family);
  }
  const rest = vectors.filter((vector) => !inspections.has(vector));
  await inspect(rest, undefined);
  return {
    vectors: vectors.map((vector) => inspections.get(vector)!),
    files,
    notes: [
      ...rest.map(
        (vector) =>
          `The recipe has no texts of class ${vector.class} (${vector.language}) together with others, so that the ` +
          "separation of its vector is not measured.",
      ),
      ...notesOn(
        vectors.filter((vector) => !rest.includes(vector)),
        study,
      ),
    ],
  };
}

/** Labels are set against labels, human texts against spoilt ones or other languages'. */
function heldOutSets({ recipe, materials }: Study): { labels: ContrastTexts[]; human: ContrastTexts[] } {
  const sets = materials.split.sets.map(
    (set): ContrastTexts => ({ language: set.language, class: set.class, texts: set.heldOutTexts }),
  );
  return {
    labels: sets.filter((set) => recipe.task.labels.includes(set.class)),
    human: sets.filter((set) => set.class === HUMAN_CLASS || SPOILT_CLASSES.includes(set.class)),
  };
}

function hasSides(vector: SteeringVector, sets: readonly ContrastTexts[]): boolean {
  try {
    sidesOf(vector, sets);
    return true;
  } catch (error) {
    if (error instanceof RecipeError) return false;
    throw error;
  }
}

/** Texts are only held out from vectors that were made from the other part of the very same sets. */
function notesOn(vectors: readonly SteeringVector[], { materials }: Study): string[] {
  const dataSha256 = contrastSha256(materials.split.sets.map((set) => ({ ...set, texts: set.vectorTexts })));
  return vectors
    .filter((vector) => vector.dataSha256 !== dataSha256)
    .map(
      (vector) =>
        `The vector for ${vector.class} (${vector.language}) was not made from this recipe's texts. If the texts that it ` +
        "was made from are among those held out here, it looks better than it is.",
    );
}

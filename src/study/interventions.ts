import { resolve } from "node:path";
import type { Engine } from "../engine/engine.js";
import type { Condition, Schedule } from "../engine/intervention.js";
import { compileSelection, type SelectableRow, type Selection } from "../engine/selection.js";
import { RecipeError } from "../errors.js";
import type { Workshop } from "../generate/job.js";
import type { Steering } from "../recipe/steering-schema.js";
import { steeringOf } from "../recipe/sweep-axes.js";
import { readSteeringVector } from "../steering/import-vector.js";
import type { SteeringVector } from "../steering/steering-vector.js";
import { absoluteStrength } from "../steering/strength.js";
import type { VectorSet } from "./build-vectors.js";
import { resolveSelection } from "./resolve-selection.js";
import type { Study } from "./study.js";

/** A turn moves the first row of a text, which is many times as long as the others, too far. */
const BEHIND_FIRST: Selection = { exclude: [{ anchor: "start", to: 0 }] };

/**
 * What each configuration does to the residual stream while it writes, with the recipe's places, condition and
 * schedule; nothing without steering. Needs the engine, whose vocabulary says which tokens a text is.
 *
 * @throws RecipeError if the recipe's selection picks no row of a prompt nor of what is written to it, or names a
 * text of several tokens; ModelError if the condition's vector is of another model
 */
export async function writingInterventions(
  study: Study,
  vectors: VectorSet,
): Promise<Workshop["interventions"]> {
  const { steering } = study.recipe;
  if (steering === undefined) return () => [];
  const engine = await study.engine();
  const where = await writingSelection(engine, study);
  const schedule = scheduleOf(steering);
  const conditionIn = conditions(study, vectors);
  return (configuration, language, label) =>
    vectors.interventions(configuration, language, label, {
      where: where ?? (configuration.steering?.operation === "rotate" ? BEHIND_FIRST : undefined),
      schedule,
      when: conditionIn(language),
    });
}

/** A decay is a schedule with two points. */
export function scheduleOf({ schedule, decay }: Steering): Schedule | undefined {
  if (decay === undefined) return schedule;
  return [
    { token: 0, factor: 1 },
    { token: decay, factor: 0 },
  ];
}

/** The recipe's condition for each language. The languages share one if its vector comes from a file. */
function conditions(study: Study, vectors: VectorSet): (language: string) => Condition | undefined {
  const { when } = steeringOf(study.recipe);
  if (when === undefined) return () => undefined;
  const { towards, method = "mean-difference", vector: file } = when;
  const known = new Map<string, Condition>();
  const fromFile =
    file === undefined
      ? undefined
      : readSteeringVector(resolve(study.loaded.directory, file), { model: study.facts });
  return (language) => {
    const condition =
      known.get(language) ?? conditionOf(study, fromFile ?? vectors.find(method, language, towards!));
    known.set(language, condition);
    return condition;
  };
}

function conditionOf({ recipe, conditionLayer }: Study, vector: SteeringVector): Condition {
  const { unit, when } = steeringOf(recipe);
  const { measure, over, above, below } = when!;
  const layer = conditionLayer!;
  const direction = vector.layers.find((each) => each.layer === layer)?.unit;
  if (direction === undefined) {
    throw new RecipeError(
      `steering.when: the vector has no layer ${layer}, only ${vector.layers.map((each) => each.layer).join(", ")}.`,
    );
  }
  const threshold = (value: number) =>
    measure === "cosine" ? value : absoluteStrength(vector, layer, value, unit);
  return {
    layer,
    vector: direction,
    measure,
    over,
    ...(above === undefined ? {} : { above: threshold(above) }),
    ...(below === undefined ? {} : { below: threshold(below) }),
  };
}

/** The rows that are steered, after a look at whether each prompt, or what is written to it, has any. */
async function writingSelection(engine: Engine, { recipe, prompts }: Study): Promise<Selection | undefined> {
  const { where, prompting } = steeringOf(recipe);
  if (where === undefined) return undefined;
  const selection = await resolveSelection(engine, where, "steering.where");
  for (const language of recipe.task.languages) {
    for (const label of recipe.task.labels) {
      const text = await engine.render(prompts(prompting, language, label));
      const read = await engine.tokenize(text, { special: true });
      // A template that writes BOS itself gets no second one.
      const tokens = read.length > 1 && read[0] === read[1] ? read.slice(1) : read;
      if (!reaches(selection, tokens, recipe.decoding.maxTokens)) {
        throw new RecipeError(
          `steering.where: this selection picks no row of the prompt for ${label} (${language}), which has ` +
            `${tokens.length} tokens, nor of the ${recipe.decoding.maxTokens} that are written to it. Change it.`,
        );
      }
    }
  }
  return selection;
}

/** Whether a selection picks a row of a prompt, or can pick one of so many written tokens. */
export function reaches(selection: Selection, prompt: Int32Array, written: number): boolean {
  const picks = compileSelection(selection);
  if (picks === undefined) return true;
  const row = (token: number, position: number): SelectableRow => ({
    token,
    position,
    promptLength: prompt.length,
  });
  // What will be written is not known: it may be any token that the selection names, or one that it does not.
  const tokens = [-1, ...(selection.include ?? []).flatMap((one) => ("tokens" in one ? one.tokens : []))];
  return (
    prompt.some((token, position) => picks(row(token, position))) ||
    Array.from({ length: written }, (_, i) => prompt.length + i).some((position) =>
      tokens.some((token) => picks(row(token, position))),
    )
  );
}

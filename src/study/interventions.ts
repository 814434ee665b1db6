import { resolve } from "node:path";
import type { Engine, Prompt } from "../engine/engine.js";
import type { Condition, Schedule } from "../engine/intervention.js";
import { canReach } from "../engine/reach.js";
import type { Selection } from "../engine/selection.js";
import { RecipeError } from "../errors.js";
import type { Workshop } from "../generate/job.js";
import type { Steering } from "../recipe/steering-schema.js";
import { steeringOf } from "../recipe/sweep-axes.js";
import { readSteeringVector } from "../steering/import-vector.js";
import type { SteeringVector } from "../steering/steering-vector.js";
import { absoluteStrength, directionAt } from "../steering/strength.js";
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
  const schedule = scheduleOf(steering);
  const where = await writingSelection(engine, study, schedule);
  const conditionIn = conditions(study, vectors);
  return (configuration, language, label) =>
    vectors.interventions(configuration, language, label, {
      where: where ?? (configuration.steering?.operation === "rotate" ? BEHIND_FIRST : undefined),
      schedule,
      when: conditionIn(language)?.condition,
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

/** The recipe's condition, as the engine measures it. */
export interface StudyCondition {
  readonly condition: Condition;
  /** How much of the engine's measure is 1 in the recipe. */
  readonly one: number;
}

/** The recipe's condition for each language. The languages share one if its vector comes from a file. */
export function conditions(
  study: Study,
  vectors: VectorSet,
): (language: string) => StudyCondition | undefined {
  const { when } = steeringOf(study.recipe);
  if (when === undefined) return () => undefined;
  const { towards, method = "mean-difference", vector: file } = when;
  const known = new Map<string, StudyCondition>();
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

function conditionOf({ recipe, conditionLayer }: Study, vector: SteeringVector): StudyCondition {
  const { unit, when } = steeringOf(recipe);
  const { measure, over, above, below } = when!;
  const layer = conditionLayer!;
  const direction = directionAt(vector, layer, "steering.when").unit;
  const one = measure === "cosine" ? 1 : absoluteStrength(vector, layer, 1, unit);
  const condition: Condition = {
    layer,
    vector: direction,
    measure,
    over,
    ...(above === undefined ? {} : { above: above * one }),
    ...(below === undefined ? {} : { below: below * one }),
  };
  return { condition, one };
}

/** The rows that are steered, after a look at whether each prompt, or what is written to it, has any. */
async function writingSelection(
  engine: Engine,
  { recipe, prompts }: Study,
  schedule: Schedule | undefined,
): Promise<Selection | undefined> {
  const { where, prompting } = steeringOf(recipe);
  const selection = where && (await resolveSelection(engine, where, "steering.where"));
  if (selection === undefined && schedule === undefined) return undefined;
  const { maxTokens } = recipe.decoding;
  const site = { ...(selection ? { where: selection } : {}), ...(schedule ? { schedule } : {}) };
  for (const language of recipe.task.languages) {
    for (const label of recipe.task.labels) {
      const tokens = await tokensOfPrompt(engine, prompts(prompting, language, label));
      // The last token of a text is drawn and never read.
      if (canReach(site, tokens, tokens.length + maxTokens - 1)) continue;
      throw new RecipeError(
        `steering.${selection ? "where: this selection" : "schedule: it"} picks no row of the prompt for ${label} (${language}), which has ` +
          `${tokens.length} tokens, nor one of the ${maxTokens - 1} rows of what is written to it (the last of ` +
          `${maxTokens} tokens is never read). Change it${selection && schedule ? " or the schedule" : ""}.`,
      );
    }
  }
  return selection;
}

/** The tokens that the model reads for a prompt. */
export async function tokensOfPrompt(
  engine: Pick<Engine, "render" | "tokenize">,
  prompt: Prompt,
): Promise<Int32Array> {
  const read = await engine.tokenize(await engine.render(prompt), { special: true });
  // A template that writes BOS itself gets no second one.
  return read.length > 1 && read[0] === read[1] ? read.slice(1) : read;
}

import type { Decoding, Prompt } from "../engine/engine.js";
import { StoreError } from "../errors.js";
import { type Configuration, describeConfiguration } from "../generate/configuration.js";
import { demonstrationsOf } from "../generate/prompt-book.js";
import { fileSha256 } from "../recipe/files.js";
import { selfCheckThreshold } from "../recipe/fingerprint.js";
import { sourcesOf, steeringOf } from "../recipe/sweep-axes.js";
import type { SteeringOperation } from "../steering/intervene.js";
import { absoluteStrength } from "../steering/strength.js";
import type { Sample } from "../store/sample.js";
import { readWriters, type Writer } from "../store/writers.js";
import type { VectorSet } from "./build-vectors.js";
import { tokensOfPrompt } from "./interventions.js";
import { settleStrengths } from "./measure-strengths.js";
import { makeVectors } from "./run-study.js";
import type { Study } from "./study.js";

/** How a row came to be, as plain data. */
export interface RowExplanation {
  readonly row: Sample;
  readonly run: {
    /** The recipe's name. */
    readonly name: string;
    /** Its file. */
    readonly recipe: string;
    readonly variant?: string | undefined;
    readonly folder: string;
    readonly fingerprint: string;
    /** Version of Tiller that made the folder. */
    readonly tiller: string;
  };
  readonly model: { readonly source: string; readonly file: string; readonly sha256: string };
  readonly configuration: {
    readonly name: string;
    readonly description: string;
    readonly prompting: string;
    readonly steering?: ExplainedSteering | undefined;
    readonly guidance?: ExplainedGuidance | undefined;
  };
  readonly prompt: {
    /** As the model saw it, after the chat template. */
    readonly text: string;
    readonly tokens: number;
    /** Human texts that it shows. */
    readonly demonstrations: readonly string[];
  };
  /** The call of the model that the text is from. Its texts have the indices from `first` on. */
  readonly call: { readonly texts: number; readonly place: number; readonly first: number };
  readonly decoding: Decoding;
  readonly filters: {
    readonly failed: readonly string[];
    /** Probability of yes, and how much was asked for. */
    readonly selfCheck?: { readonly value: number; readonly least: number | undefined } | undefined;
    /** The judge's mean rating, and how much was asked for. */
    readonly judge?: { readonly value: number; readonly least: number | undefined } | undefined;
  };
  readonly journal: {
    /** Line of `samples.jsonl`, from 1. */
    readonly line: number;
    /** The job that wrote it, from 1, of so many. */
    readonly job: number;
    readonly jobs: number;
    /** Its place in the job, from 1, of so many rows. */
    readonly place: number;
    readonly rows: number;
  };
  /** The programs and the machine that wrote it; undefined for a run of an older Tiller. */
  readonly writer: Writer | undefined;
}

interface ExplainedSteering {
  readonly method: string;
  readonly operation: SteeringOperation;
  readonly layers: readonly number[];
  readonly strength: number;
  readonly unit: string;
  /** In the residual stream's own units at each layer; undefined where the operation has none. */
  readonly absolute: readonly number[] | undefined;
  readonly vector: { readonly file: string; readonly sha256: string };
}

interface ExplainedGuidance {
  readonly preset: string;
  readonly gamma?: number | undefined;
  readonly eta?: number | undefined;
  readonly experts: readonly { readonly name: string; readonly file: string; readonly sha256: string }[];
}

/** Operations that add a multiple of the residual's norm. */
const ADDING: readonly SteeringOperation[] = ["add", "add-keeping-norm", "ablate-add", "clamp"];

/**
 * Says how a row came to be. Opens the engine, whose vocabulary and chat template make the prompt.
 *
 * @param position Of the row in the journal.
 * @throws StoreError if the recipe does not have the row's configuration any more; EngineError
 */
export async function explainRow(study: Study, position: number): Promise<RowExplanation> {
  const { recipe, materials, model, folder, loaded } = study;
  const row = study.journal.rows()[position]!;
  const vectors = await makeVectors(study);
  await settleStrengths(study, vectors);
  const configuration = configurationOf(study, row.configuration);
  const prompt = study.prompts(configuration.prompting, row.language, row.label);
  const { selfCheck, judge } = recipe.filters;
  const { perCall } = recipe.samples;
  return {
    row,
    run: {
      name: recipe.name,
      recipe: loaded.file,
      ...(loaded.variant === undefined ? {} : { variant: loaded.variant }),
      folder: folder.path,
      fingerprint: folder.description.fingerprint,
      tiller: folder.description.version,
    },
    model: { source: recipe.model.source, file: model.path, sha256: model.sha256 },
    configuration: {
      name: configuration.name,
      description: describeConfiguration(configuration, { method: sourcesOf(recipe.steering).length > 1 }),
      prompting: configuration.prompting,
      ...(configuration.steering
        ? { steering: await explainedSteering(study, vectors, configuration, row) }
        : {}),
      ...(configuration.guidance ? { guidance: explainedGuidance(study, configuration.guidance) } : {}),
    },
    prompt: {
      ...(await promptSeen(study, prompt)),
      demonstrations:
        configuration.prompting === "few-shot"
          ? demonstrationsOf(recipe, materials.demonstrations, row.language, row.label)
          : [],
    },
    call: { texts: perCall, place: row.place ?? 0, first: row.index - (row.place ?? 0) },
    decoding: recipe.decoding,
    filters: {
      failed: row.filters,
      ...(row.selfCheck === undefined
        ? {}
        : { selfCheck: { value: row.selfCheck, least: selfCheckThreshold(selfCheck) } }),
      ...(row.judge === undefined ? {} : { judge: { value: row.judge, least: judge } }),
    },
    journal: placeOf(study, position),
    writer: await writerOf(study, position),
  };
}

/** @throws StoreError if the recipe has no such configuration any more */
export function configurationOf(study: Study, name: string): Configuration {
  const configuration = study.configuration(name);
  if (configuration) return configuration;
  throw new StoreError(
    `The recipe does not have the configuration ${name} any more: its baselines, layers, strengths or weights were changed since. Put them back to have the row explained.`,
  );
}

async function promptSeen(study: Study, prompt: Prompt): Promise<{ text: string; tokens: number }> {
  const engine = await study.engine();
  return { text: await engine.render(prompt), tokens: (await tokensOfPrompt(engine, prompt)).length };
}

async function explainedSteering(
  { recipe }: Study,
  vectors: VectorSet,
  { steering }: Configuration,
  { language, label }: Sample,
): Promise<ExplainedSteering> {
  const { method, operation, layers, strength } = steering!;
  const { unit } = steeringOf(recipe);
  const vector = vectors.find(method, language, label);
  const file = vectors.files[vectors.vectors.indexOf(vector)]!;
  return {
    method,
    operation,
    layers,
    strength,
    unit,
    absolute: ADDING.includes(operation)
      ? layers.map((layer) => absoluteStrength(vector, layer, strength, unit))
      : undefined,
    vector: { file, sha256: await fileSha256(file) },
  };
}

function explainedGuidance(
  { experts }: Study,
  { preset, gamma, eta }: NonNullable<Configuration["guidance"]>,
): ExplainedGuidance {
  return {
    preset,
    ...(gamma === undefined ? {} : { gamma }),
    ...(eta === undefined ? {} : { eta }),
    experts: experts.map(({ name, path, sha256 }) => ({ name, file: path, sha256 })),
  };
}

/** The job that wrote a row. */
export function jobOf({ journal }: Pick<Study, "journal">, position: number): number {
  return journal.jobs().findIndex(({ start, end }) => position >= start && position < end);
}

function placeOf(study: Study, position: number): RowExplanation["journal"] {
  const jobs = study.journal.jobs();
  const job = jobOf(study, position);
  const { start, end } = jobs[job]!;
  return {
    line: position + 1,
    job: job + 1,
    jobs: jobs.length,
    place: position - start + 1,
    rows: end - start,
  };
}

/** Who wrote a row; undefined where it is not known. */
export async function writerOf({ folder }: Study, position: number): Promise<Writer | undefined> {
  return (await readWriters(folder.path)).findLast(({ fromRow }) => fromRow <= position);
}

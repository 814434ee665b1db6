import { mkdir } from "node:fs/promises";
import { compareArms } from "../classify/evaluate-arms.js";
import type { TextTrainer } from "../classify/trainer.js";
import { InterruptedError, TillerError } from "../errors.js";
import { metadataNumber, metadataString, readGguf } from "../gguf/read.js";
import { type ModelFile, resolveModel } from "../models/resolve.js";
import type { RecipeArms } from "../recipe/arms-schema.js";
import { writeFileAtomic } from "../store/write-file.js";
import { addCost } from "../study/cost.js";
import { absoluteSource } from "../study/experts.js";
import { openTrainer } from "../study/open-trainer.js";
import type { Study } from "../study/study.js";
import { type Bench, openBench } from "./arms-bench.js";
import type { ArmKind, ArmKindResult, ArmsResults } from "./arms-results.js";
import { inContextTrainer } from "./in-context-trainer.js";
import { instructionTunedTrainer } from "./instruction-tuned-trainer.js";
import { type LlmClassifier, llmClassifier } from "./llm-classifier.js";
import { recordingTrainer } from "./recording-trainer.js";
import { compareWithReference, type Draws, scorePredictions } from "./score-predictions.js";

/**
 * Labels the recipe's test texts with language models and with its classifier (paper C): a model that is asked, a model
 * that is shown texts of each data set, a small model that is trained on them, and the classifier, on the written data
 * sets, on human texts, and on both. Draws and metric are those of the classifiers' comparison, and so are the test
 * texts, unless the recipe asks for fewer. Writes `arms.json` into the run folder.
 *
 * What models said of texts is kept in `llm-labels.jsonl`, and trained models in the folder `arms`: the same run again
 * asks and tunes no model twice.
 *
 * @throws RecipeError if the recipe lacks the keys `arms` or `classifier`, or the run has no data sets yet
 */
export async function runArms(study: Study): Promise<ArmsResults> {
  const started = performance.now();
  const bench = await openBench(study);
  try {
    const found: Found[] = [];
    const { settings } = bench;
    if (settings.zeroShot !== false) found.push(...(await attempt(bench, "zeroShot", () => zeroShot(bench))));
    if (settings.inContext) found.push(...(await attempt(bench, "inContext", () => inContext(bench))));
    if (settings.instructionTuned) {
      found.push(...(await attempt(bench, "instructionTuned", () => instructionTuned(bench))));
    }
    if (settings.classifier) found.push(...(await attempt(bench, "classifier", () => classifiers(bench))));
    const results: ArmsResults = {
      format: 1,
      metric: bench.classifier.metric,
      labels: [...bench.labels],
      testTexts: bench.test.length,
      results: scored(bench, found),
      notes: [...new Set(bench.notes)],
    };
    await writeFileAtomic(study.folder.file("arms.json"), `${JSON.stringify(results, null, 2)}\n`);
    return results;
  } finally {
    await bench.engines.close();
    await bench.cache.close();
    await addCost(study.folder.file("cost.json"), { seconds: (performance.now() - started) / 1000 });
  }
}

/** A way of labelling, before it is scored. */
interface Found {
  readonly result: Pick<ArmKindResult, "arm" | "model" | "trainedOn" | "size" | "seeds">;
  readonly draws: Draws;
}

/** One way that cannot be gone is no reason to keep quiet about the others. */
async function attempt(bench: Bench, key: keyof RecipeArms, work: () => Promise<Found[]>): Promise<Found[]> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TillerError) || error instanceof InterruptedError) throw error;
    bench.notes.push(`arms.${key}: ${error.message}`);
    return [];
  }
}

async function zeroShot(bench: Bench): Promise<Found[]> {
  const { zeroShot: asked } = bench.settings;
  const model = await findModel(bench, typeof asked === "object" ? asked.model : undefined);
  return withProgress(bench, "Asking the model for labels", 1, async (onText) => {
    const classifier = askedModel(bench, model, onText);
    const draw = await classifier.probabilities(bench.test.map(({ text }) => text));
    noteShortened(bench, "zeroShot", classifier);
    return [{ result: { arm: "zero-shot", model: model.source, size: 0, seeds: 1 }, draws: [draw] }];
  });
}

async function inContext(bench: Bench): Promise<Found[]> {
  const { model: source, perLabel, seeds } = bench.settings.inContext!;
  const model = await findModel(bench, source);
  const asked = bench.arms.length * seeds;
  return withProgress(bench, "Asking the model for labels, with examples", asked, async (onText) => {
    const classifier = askedModel(bench, model, onText);
    const trainer = inContextTrainer(classifier, bench.words);
    const found = await compared(bench, "in-context", model.source, trainer, { perLabel, seeds });
    noteShortened(bench, "inContext", classifier);
    return found;
  });
}

async function instructionTuned(bench: Bench): Promise<Found[]> {
  const { study, settings, words, engines } = bench;
  const { perLabel, seeds, model: source, ...tuning } = settings.instructionTuned!;
  const { threads } = study.recipe.model;
  const model = await findModel(bench, source);
  const folder = study.folder.file("arms");
  await mkdir(folder, { recursive: true });
  const asked = bench.arms.length * seeds;
  return withProgress(bench, "Asking tuned models for labels", asked, async (onText) => {
    const trainer = instructionTunedTrainer({
      ...tuning,
      model,
      labels: words,
      task: settings.task,
      folder,
      ...(threads === undefined ? {} : { threads }),
      signal: study.options.signal,
      onEvent: tuningProgress(study),
      onTuned: ({ before, after, helped }) => {
        const loss = `held-out loss ${before.toFixed(3)} before`;
        study.progress.note(
          helped ? `Tuned: ${loss}, ${after.toFixed(3)} after.` : `Tuning did not help: ${loss}.`,
        );
      },
      withEngine: async (path, sha256, work) => {
        try {
          return await work(await engines.open(engineOptions(bench, { path, sha256 })));
        } finally {
          // Training needs the memory.
          await engines.close();
        }
      },
      read: async ({ path, key }, texts) => {
        // These files are known by what they were made from.
        const classifier = askedModel(bench, { path, sha256: key, source }, onText);
        const found = await classifier.probabilities(texts);
        await engines.close();
        noteShortened(bench, "instructionTuned", classifier);
        return found;
      },
    });
    return compared(bench, "instruction-tuned", model.source, trainer, { perLabel, seeds });
  });
}

/** The recipe's classifier, at every size that it asks for. */
async function classifiers(bench: Bench): Promise<Found[]> {
  const { study, classifier, labels } = bench;
  await using opened = await openTrainer(study, classifier);
  const { trainer } = opened;
  const { seeds, sizes = [] } = classifier;
  const whole = await compared(bench, "classifier", trainer.name, trainer, { seeds });
  const largest = Math.min(...whole.map(({ result }) => result.size));
  const smaller = [...new Set(sizes.map((size) => Math.floor(size / labels.length)))]
    .filter((perLabel) => perLabel > 0 && perLabel * labels.length < largest)
    .sort((a, b) => a - b);
  const found: Found[] = [];
  for (const perLabel of smaller) {
    found.push(...(await compared(bench, "classifier", trainer.name, trainer, { perLabel, seeds })));
  }
  return [...found, ...whole];
}

/** Trains on every data set, and keeps what was said of the test texts. */
async function compared(
  bench: Bench,
  arm: ArmKind,
  model: string,
  trainer: TextTrainer,
  { perLabel, seeds }: { readonly perLabel?: number | undefined; readonly seeds: number },
): Promise<Found[]> {
  const { study, classifier, arms, written, essential, test } = bench;
  const recorded = recordingTrainer(trainer);
  const comparison = await compareArms({
    arms,
    test,
    seeds,
    seed: study.recipe.seed,
    baselines: study.baselines.map(({ name }) => name).filter((name) => written.includes(name)),
    compared: written,
    essential,
    trainer: recorded,
    metric: classifier.metric,
    perLabel,
    // Two examples of a label can be shown where five are too few to train on.
    minimumPerLabel: arm === "in-context" ? Math.max(2, perLabel ?? 2) : undefined,
    // Differences are taken from the predictions.
    resamples: 100,
    signal: study.options.signal,
  });
  const found: Found[] = [];
  for (const { name, ...outcome } of comparison.arms) {
    if (!outcome.trained) {
      bench.notes.push(`${arm}: "${name}" ${outcome.reason}.`);
      continue;
    }
    const { beside } = arms.find((one) => one.name === name)!;
    const first = found.length * seeds;
    found.push({
      result: { arm, model, trainedOn: name, size: comparison.trainingSize * (beside ? 2 : 1), seeds },
      draws: recorded.predictions.slice(first, first + seeds),
    });
  }
  bench.notes.push(...comparison.notes.map((note) => `${arm}: ${note}`));
  return found;
}

function scored({ truth, labels, classifier, study }: Bench, found: readonly Found[]): ArmKindResult[] {
  const options = { classes: labels.length, metric: classifier.metric, seed: study.recipe.seed };
  const reference = found.find(({ result }) => result.arm === "zero-shot");
  const others = found.filter((one) => one !== reference);
  const differences =
    reference === undefined
      ? []
      : compareWithReference(
          truth,
          reference.draws,
          others.map(({ draws }) => draws),
          options,
        );
  return found.map((one): ArmKindResult => {
    const { accuracy, macroF1, auroc, interval, calibration } = scorePredictions(truth, one.draws, options);
    const difference = differences[others.indexOf(one)];
    return {
      ...one.result,
      accuracy: { mean: accuracy.mean, sd: accuracy.standardDeviation },
      macroF1: { mean: macroF1.mean, sd: macroF1.standardDeviation },
      ...(auroc && { auroc: { mean: auroc.mean, sd: auroc.standardDeviation } }),
      ...(interval && { interval }),
      calibration,
      ...(difference && {
        againstZeroShot: {
          difference: difference.difference,
          low: difference.interval[0],
          high: difference.interval[1],
          pValue: difference.pValue,
          correctedPValue: difference.correctedPValue,
        },
      }),
    };
  });
}

type AskedModel = Pick<ModelFile, "path" | "sha256" | "source">;

function findModel({ study }: Bench, source: string | undefined): Promise<AskedModel> {
  if (source === undefined) return Promise.resolve(study.model);
  const { signal, onDownload: onProgress } = study.options;
  return resolveModel(absoluteSource(source, study.loaded.directory), { signal, onProgress });
}

function askedModel(bench: Bench, model: AskedModel, onText: () => void): LlmClassifier {
  const { settings, words, cache, study, engines } = bench;
  const options = engineOptions(bench, model);
  return llmClassifier({
    engine: () => engines.open(options),
    modelKey: model.sha256,
    labels: words,
    task: settings.task,
    context: options.context,
    calibration: settings.calibration,
    cache,
    signal: study.options.signal,
    onText,
  });
}

/** An engine of its own: a question with examples needs more context than the recipe's texts. */
function engineOptions({ study, settings }: Bench, { path, sha256 }: Pick<AskedModel, "path" | "sha256">) {
  const { threads, gpuLayers } = study.recipe.model;
  const file = readGguf(path);
  const architecture = metadataString(file, "general.architecture");
  const longest = metadataNumber(file, `${architecture}.context_length`) ?? settings.context;
  return {
    path,
    sha256,
    context: Math.min(settings.context, longest),
    ...(threads === undefined ? {} : { threads }),
    ...(gpuLayers === undefined ? {} : { gpuLayers }),
  };
}

async function withProgress<T>(
  { study, test }: Bench,
  name: string,
  classifiers: number,
  work: (onText: () => void) => Promise<T>,
): Promise<T> {
  const task = study.progress.begin(name, classifiers * test.length, "texts");
  try {
    return await work(() => task.advance(1));
  } finally {
    task.end();
  }
}

/** Says what each epoch found: the bar belongs to the texts that are labelled. */
function tuningProgress({
  progress,
}: Study): NonNullable<Parameters<typeof instructionTunedTrainer>[0]["onEvent"]> {
  return (event) => {
    if (event.kind !== "epoch") return;
    const { epoch, loss, heldOutLoss } = event.epoch;
    progress.note(`Epoch ${epoch}: loss ${loss.toFixed(3)}, held-out ${heldOutLoss.toFixed(3)}`);
  };
}

function noteShortened({ notes }: Bench, key: keyof RecipeArms, { shortened }: LlmClassifier): void {
  if (shortened === 0) return;
  notes.push(
    `arms.${key}: of ${shortened} readings only the text's or the examples' beginning fitted into arms.context.`,
  );
}

import { createHash } from "node:crypto";
import type { Engine } from "../engine/engine.js";
import { retryAfterCrash } from "../engine/retry-after-crash.js";
import { words } from "../language/words.js";
import { sampled, seedFrom } from "../random/seeded-random.js";
import { buildReference, type HumanText, referenceKey, type ScoreReference } from "../score/reference.js";
import { relativeDiversity } from "../score/relative-diversity.js";
import { type ScoreCard, type ScoreRequest, scoreTexts } from "../score/score.js";
import { shuffleWords } from "../score/shuffle.js";
import { ANY_LANGUAGE } from "../steering/class-means.js";
import { SPOILT_CLASSES } from "../steering/quality-vector.js";
import { SAMENESS_FILTERS, type Sample } from "../store/sample.js";
import { addCost } from "./cost.js";
import type { LabelChecks } from "./label-check.js";
import type { Materials } from "./materials.js";
import { partOf, scoreCells } from "./measures-of-cells.js";
import { type HumanScores, type ScoreMeasures, scoreMeasures } from "./measures-of-scores.js";
import { readableBeginning } from "./readable-beginning.js";
import type { ScoreCell } from "./report/run-report.js";
import { numberOrNaN, ScoreCache } from "./score-cache.js";
import type { Study } from "./study.js";

/**
 * Mean log-probability per token of texts under the unsteered model; NaN for a text of one token. Of a text that is
 * longer than the context, its beginning's.
 */
async function meanLogProbabilities(
  engine: Engine,
  texts: readonly string[],
  { context, signal }: { readonly context: number; readonly signal: AbortSignal | undefined },
  onText: () => void,
): Promise<number[]> {
  const means = new Array<number>(texts.length).fill(Number.NaN);
  const filled: { readonly text: string; readonly index: number }[] = [];
  for (const [index, text] of texts.entries()) {
    if (text.trim() === "") continue;
    filled.push({ text: await readableBeginning(engine, text, context), index });
  }
  const options = signal ? { signal } : {};
  for await (const { text, values } of engine.logProbabilities(
    filled.map(({ text }) => text),
    options,
  )) {
    const sum = values.reduce((total, value) => total + value, 0);
    // What is read beside a text moves its mean by some thousandths.
    means[filled[text]!.index] =
      values.length === 0 ? Number.NaN : Math.round((100 * sum) / values.length) / 100;
    onText();
  }
  return means;
}

/** Human texts of the run: held out from the vectors, and not what a machine translated or spoilt. */
export function humanTexts({ recipe, split }: Materials): HumanText[] {
  const { languages } = recipe.task;
  return split.sets
    .filter((set) => !SPOILT_CLASSES.includes(set.class))
    .flatMap((set) =>
      (set.language === ANY_LANGUAGE ? languages : [set.language])
        .filter((language) => languages.includes(language))
        .flatMap((language) => set.heldOutTexts.map((text) => ({ text, language }))),
    );
}

function keyOf(...parts: unknown[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** A set's scores, with those of its parts. */
export interface ScoredSet extends ScoreCard {
  /** For each language and label, and for each of several languages: computed when it is asked for. */
  readonly cells: () => readonly ScoreCell[];
  /** With what human texts get beside them: computed when it is asked for. */
  readonly measures: () => ScoreMeasures;
}

/** The human texts, and what the model said of some of them. */
interface HumanReadings {
  readonly texts: readonly HumanText[];
  readonly readings: readonly { readonly index: number; readonly logProbability: number }[];
}

/** Scores configurations against the human texts, and remembers what it read. */
export class TextScores {
  readonly #study: Study;
  readonly #checks: LabelChecks;
  readonly #cache: ScoreCache<number>;
  readonly #reference: ScoreReference;
  readonly #human: HumanReadings;
  readonly #humanScores = new Map<string, HumanScores | undefined>();

  private constructor(
    study: Study,
    checks: LabelChecks,
    cache: ScoreCache<number>,
    reference: ScoreReference,
    human: HumanReadings,
  ) {
    this.#study = study;
    this.#checks = checks;
    this.#cache = cache;
    this.#reference = reference;
    this.#human = human;
  }

  /** Reads the human texts with the model, if no earlier run of this folder has. */
  static async open(study: Study, checks: LabelChecks): Promise<TextScores> {
    const { recipe } = study;
    const cache = await ScoreCache.open(study.folder.file("log-probabilities.json"), numberOrNaN);
    const texts = humanTexts(study.materials);
    const perLanguage = Math.max(8, Math.floor(recipe.scoring.texts / recipe.task.languages.length));
    const indices = recipe.task.languages.flatMap((language) => {
      const own = texts.flatMap((text, index) => (text.language === language ? [index] : []));
      return sampled(own, Math.min(own.length, perLanguage), seedFrom("reference", recipe.seed, language));
    });
    const human = indices.map((index) => texts[index]!.text);
    const shuffled = indices.map((index) =>
      shuffleWords(texts[index]!.text, seedFrom("shuffle", recipe.seed, index), texts[index]!.language),
    );
    const values = await read(study, cache, [...human, ...shuffled], "Reading the human texts");
    const reference = buildReference({
      texts,
      logProbabilities: {
        human: values.slice(0, human.length),
        shuffled: values.slice(human.length),
        indices,
      },
      budget: recipe.scoring.tokenBudget,
      seed: recipe.seed,
    });
    const readings = indices.map((index, i) => ({ index, logProbability: values[i]! }));
    return new TextScores(study, checks, cache, reference, { texts, readings });
  }

  /**
   * Scores written texts. A text that a filter dropped, unless as a duplicate, counts as a failure: what has
   * fallen apart must not be hidden by what is left.
   */
  async score(samples: readonly Sample[], name: string): Promise<ScoredSet> {
    const { recipe, identifier } = this.#study;
    const some = samples.map((_, index) => index);
    const scoredIndices = sampled(
      some,
      Math.min(some.length, recipe.scoring.texts),
      seedFrom("scored", recipe.seed),
    ).sort((a, b) => a - b);
    const texts = scoredIndices.map((index) => samples[index]!.text);
    const logProbabilities = await read(this.#study, this.#cache, texts, `Scoring ${name}`);
    const request: ScoreRequest = {
      texts: samples.map(({ text, label, language, finish, filters }) => ({
        text,
        label,
        language,
        finish,
        dropped: filters.some((filter) => !SAMENESS_FILTERS.has(filter)),
      })),
      logProbabilities,
      scoredIndices,
      reference: this.#reference,
      matches: identifier.matches,
      supports: identifier.supports,
      predictLabel: (text, language) => this.#checks.get(language)?.predict(text),
      seed: recipe.seed,
    };
    const card = scoreTexts(request);
    return {
      ...card,
      cells: () => scoreCells(request, recipe.task),
      measures: () =>
        scoreMeasures(
          card,
          recipe.task.languages.map((language) => ({
            language,
            card: scoreTexts(partOf(request, { language })),
            human: this.#scoresOfHuman(language),
          })),
        ),
    };
  }

  /** What the human texts of a language get; undefined if there are none. */
  #scoresOfHuman(language: string): HumanScores | undefined {
    if (!this.#humanScores.has(language)) this.#humanScores.set(language, this.#scoreHuman(language));
    return this.#humanScores.get(language);
  }

  #scoreHuman(language: string): HumanScores | undefined {
    const { recipe, identifier } = this.#study;
    const { seed, scoring } = recipe;
    const { texts, readings } = this.#human;
    const members = [...texts.keys()].filter((index) => texts[index]!.language === language);
    if (members.length === 0) return undefined;
    const place = new Map(members.map((index, at) => [index, at]));
    const scored = readings.filter(({ index }) => place.has(index));
    const own = members.map((index) => texts[index]!);
    const half = (parity: number) => own.filter((_, at) => at % 2 === parity);
    const halves = buildReference({ texts: half(0), budget: scoring.tokenBudget, seed });
    const other = half(1).map(({ text }) => text.normalize("NFC"));
    const against = halves.languages.get(referenceKey(language));
    return {
      card: scoreTexts({
        texts: own.map(({ text }) => ({ text, language, label: "" })),
        logProbabilities: scored.map(({ logProbability }) => logProbability),
        scoredIndices: scored.map(({ index }) => place.get(index)!),
        reference: this.#reference,
        matches: identifier.matches,
        supports: identifier.supports,
        predictLabel: () => undefined,
        seed,
      }),
      diversity:
        against &&
        relativeDiversity({ texts: other, tokenized: other.map((text) => words(text, language)) }, against, {
          budget: scoring.tokenBudget,
          seed,
        }).value,
      labelRight: this.#checks.get(language)?.accuracy,
    };
  }
}

/** Log-probabilities from the cache, and from the model what is not there. */
async function read(
  study: Study,
  cache: ScoreCache<number>,
  texts: readonly string[],
  name: string,
): Promise<number[]> {
  const keys = texts.map((text) => keyOf(study.model.sha256, text));
  const missing = texts.flatMap((text, i) =>
    cache.get(keys[i]!) === undefined ? [{ text, key: keys[i]! }] : [],
  );
  if (missing.length > 0) {
    const started = performance.now();
    const task = study.progress.begin(name, missing.length, "texts");
    const engine = await study.engine();
    let done = 0;
    const values = await retryAfterCrash("scoring texts", () => {
      task.advance(-done);
      done = 0;
      const unread = missing.map(({ text }) => text);
      const options = { context: study.recipe.model.context, signal: study.options.signal };
      return meanLogProbabilities(engine, unread, options, () => {
        done++;
        task.advance(1);
      });
    });
    task.end();
    for (const [i, { key }] of missing.entries()) cache.set(key, values[i]!);
    await cache.save();
    // The stage that asked for the scores counts all of its seconds.
    const scoringSeconds = (performance.now() - started) / 1000;
    await addCost(study.folder.file("cost.json"), { scoringSeconds });
  }
  return keys.map((key) => cache.get(key)!);
}

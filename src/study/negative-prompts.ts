import type { Engine } from "../engine/engine.js";
import { retryAfterCrash } from "../engine/retry-after-crash.js";
import { RecipeError } from "../errors.js";
import { type Item, sampleSeed } from "../generate/job.js";
import { NegativePool, negativePromptOf, type PoolText } from "../guidance/negative-pool.js";
import { negativesOf, type RecipeGuidance, type RecipeNegatives } from "../recipe/guidance-schema.js";
import type { Recipe } from "../recipe/schema.js";
import type { Sample } from "../store/sample.js";

/** A configuration's pool, and how many of the journal's rows it has seen. */
interface GrowingPool {
  readonly pool: NegativePool;
  seen: number;
}

/**
 * What each sample is told not to resemble (c̄ of paper B): drawn by the sample's seed from the recipe's real texts and
 * from the texts that earlier jobs wrote for the same configuration and no filter dropped, in the journal's order. The
 * journal's jobs follow from the recipe, so that a resumed run draws the same.
 */
export class NegativePrompts {
  readonly #engine: Pick<Engine, "tokenize">;
  readonly #recipe: Recipe;
  readonly #options: RecipeNegatives;
  /** Tokens that the context holds beside the longest text. */
  readonly #room: number;
  readonly #pools = new Map<string, GrowingPool>();
  #start: readonly PoolText[] = [];

  private constructor(engine: Pick<Engine, "tokenize">, recipe: Recipe, guidance: RecipeGuidance) {
    this.#engine = engine;
    this.#recipe = recipe;
    this.#options = negativesOf(guidance);
    this.#room = recipe.model.context - recipe.decoding.maxTokens;
  }

  /**
   * @param start Real texts that the pools begin with.
   * @throws RecipeError if the context has no room for any text of a label in a language
   */
  static async open(
    engine: Pick<Engine, "tokenize">,
    recipe: Recipe,
    guidance: RecipeGuidance,
    start: readonly PoolText[],
  ): Promise<NegativePrompts> {
    const prompts = new NegativePrompts(engine, recipe, guidance);
    const fitting: PoolText[] = [];
    for (const text of start) if (await prompts.#fits(text.text)) fitting.push(text);
    prompts.#start = fitting;
    prompts.#requireSome();
    return prompts;
  }

  /** The examples of one sample, joined; at least one. Whole texts are left out from the end until they fit. */
  async of(item: Item, rows: readonly Sample[]): Promise<string> {
    const pool = await this.#poolOf(item.configuration.name, rows);
    const drawn = pool.draw(item, sampleSeed(this.#recipe, item));
    while (drawn.length > 1 && !(await this.#fits(negativePromptOf(drawn)))) drawn.pop();
    return negativePromptOf(drawn);
  }

  #requireSome(): void {
    const { scope, maxCharacters } = this.#options;
    for (const language of this.#recipe.task.languages) {
      for (const label of this.#recipe.task.labels) {
        const some = this.#start.some(
          (text) =>
            text.language === language &&
            (scope === "all" || text.label === label) &&
            text.text.length <= maxCharacters,
        );
        if (some) continue;
        throw new RecipeError(
          `guidance.negatives: every text for ${label} (${language}) has more than ${this.#room} tokens, which is what ` +
            "model.context leaves beside decoding.maxTokens. Raise the one, lower the other, or give shorter texts.",
        );
      }
    }
  }

  async #poolOf(configuration: string, rows: readonly Sample[]): Promise<NegativePool> {
    let growing = this.#pools.get(configuration);
    if (!growing) {
      growing = { pool: new NegativePool(this.#options), seen: 0 };
      for (const text of this.#start) growing.pool.add(text);
      this.#pools.set(configuration, growing);
    }
    if (!this.#options.accepted) return growing.pool;
    for (; growing.seen < rows.length; growing.seen++) {
      const row = rows[growing.seen]!;
      if (row.configuration !== configuration || row.filters.length > 0) continue;
      if (await this.#fits(row.text)) growing.pool.add(row);
    }
    return growing.pool;
  }

  async #fits(text: string): Promise<boolean> {
    const tokens = await retryAfterCrash("measuring negative examples", () => this.#engine.tokenize(text));
    // With the token that begins a text.
    return tokens.length + 1 <= this.#room;
  }
}

import { existsSync } from "node:fs";
import { z } from "zod";
import { StoreError } from "../errors.js";
import { readJson } from "../store/read-json.js";
import { writeFileAtomic } from "../store/write-file.js";

const schema = z.object({ format: z.literal(1), values: z.record(z.string(), z.number().nullable()) });

/** Numbers that took the model a while to find, kept in the run folder by the content that they are of. */
export class ScoreCache {
  readonly #path: string;
  readonly #values: Map<string, number>;

  private constructor(path: string, values: Map<string, number>) {
    this.#path = path;
    this.#values = values;
  }

  /** Opens the cache. A damaged file is begun anew: everything in it can be found again. */
  static async open(path: string): Promise<ScoreCache> {
    if (!existsSync(path)) return new ScoreCache(path, new Map());
    try {
      const { values } = await readJson(path, schema);
      // JSON has no NaN, the value of a text of one token.
      const entries = Object.entries(values).map(([key, value]) => [key, value ?? Number.NaN] as const);
      return new ScoreCache(path, new Map(entries));
    } catch (error) {
      if (error instanceof StoreError) return new ScoreCache(path, new Map());
      throw error;
    }
  }

  get(key: string): number | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: number): void {
    this.#values.set(key, value);
  }

  async save(): Promise<void> {
    await writeFileAtomic(
      this.#path,
      `${JSON.stringify({ format: 1, values: Object.fromEntries(this.#values) })}\n`,
    );
  }
}

import { existsSync } from "node:fs";
import { z } from "zod";
import { StoreError } from "../errors.js";
import { readJson } from "../store/read-json.js";
import { writeFileAtomic } from "../store/write-file.js";

/** A number that JSON can hold; it has no NaN, the value of a text of one token. */
export const numberOrNaN = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

/** What took a while to find, kept in the run folder by the content that it is of. */
export class ScoreCache<Value> {
  readonly #path: string;
  readonly #values: Map<string, Value>;

  private constructor(path: string, values: Map<string, Value>) {
    this.#path = path;
    this.#values = values;
  }

  /** Opens the cache. A damaged file is begun anew: everything in it can be found again. */
  static async open<Value>(path: string, value: z.ZodType<Value>): Promise<ScoreCache<Value>> {
    if (!existsSync(path)) return new ScoreCache(path, new Map());
    try {
      const schema = z.object({ format: z.literal(1), values: z.record(z.string(), value) });
      const { values } = await readJson(path, schema);
      return new ScoreCache(path, new Map(Object.entries(values)));
    } catch (error) {
      if (error instanceof StoreError) return new ScoreCache(path, new Map());
      throw error;
    }
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Value): void {
    this.#values.set(key, value);
  }

  async save(): Promise<void> {
    await writeFileAtomic(
      this.#path,
      `${JSON.stringify({ format: 1, values: Object.fromEntries(this.#values) })}\n`,
    );
  }
}

import type { LlamaEngine, LlamaOptions } from "../engine/llama/llama-engine.js";

/** One engine at a time: two models at once may not fit into memory. */
export class OneEngine implements AsyncDisposable {
  readonly #start: (options: LlamaOptions) => Promise<LlamaEngine>;
  #current: { readonly key: string; readonly engine: LlamaEngine } | undefined;

  /** @param start opens an engine: `LlamaEngine.open`. */
  constructor(start: (options: LlamaOptions) => Promise<LlamaEngine>) {
    this.#start = start;
  }

  /** The engine with these options: the one that is open, or a new one for which that is closed. */
  async open(options: LlamaOptions): Promise<LlamaEngine> {
    const key = JSON.stringify(options);
    if (this.#current?.key === key) return this.#current.engine;
    await this.close();
    const engine = await this.#start(options);
    this.#current = { key, engine };
    return engine;
  }

  async close(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.engine.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

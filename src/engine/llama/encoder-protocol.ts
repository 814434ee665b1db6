/** Messages between an encoder in this process and llama.cpp in a child process of its own. */
import type { Pooling } from "./encoder-pooling.js";

export interface LoadEncoderInput {
  readonly path: string;
  readonly pooling: Pooling;
  /** Tokens of a text that are read, if the model reads as many. */
  readonly context: number;
  readonly threads: number;
  readonly gpuLayers: number;
}

export interface LoadEncoderOutput {
  /** Dimensions of a vector. */
  readonly width: number;
  /** Tokens of a text that are read. */
  readonly context: number;
}

/** A text, by its index, and its vector. `[width]` */
export interface EncodedText {
  readonly text: number;
  /** True if only its beginning was read. */
  readonly truncated: boolean;
  readonly vector: Float32Array;
}

/** Every operation: what goes in, what comes back one by one, and what comes back at the end. */
export interface EncoderOperations {
  load: { input: LoadEncoderInput; item: never; output: LoadEncoderOutput };
  encode: { input: { texts: readonly string[] }; item: EncodedText; output: Record<string, never> };
}

export type EncoderOperation = keyof EncoderOperations;

export type EncoderRequest =
  | {
      [N in EncoderOperation]: { kind: "start"; id: number; name: N; input: EncoderOperations[N]["input"] };
    }[EncoderOperation]
  | { kind: "cancel"; id: number };

export type EncoderReply =
  | { kind: "item"; id: number; item: unknown }
  | { kind: "done"; id: number; output: unknown }
  /** `error` is the name of the error's class. */
  | { kind: "failed"; id: number; message: string; error: string };

/** Messages between the engine in this process and llama.cpp in its child process. Plain data and typed arrays. */
import type {
  Capture,
  CaptureOptions,
  Completion,
  Decoding,
  EngineInfo,
  GenerationRequest,
  ModelInfo,
  Prompt,
  ReadText,
  TokenLogProbabilities,
} from "../engine.js";
import type { Expert, Guidance } from "../guidance.js";
import type { Intervention } from "../intervention.js";

/** Which way an intervention takes. The engine chooses; tests compare the two. */
export type Route = "native" | "callback";

export interface LoadInput {
  readonly path: string;
  /** Tokens of prompt and text together, for each sequence. */
  readonly context: number;
  readonly threads: number;
  readonly gpuLayers: number;
  /** Loaded beside the model, for guidance. */
  readonly experts?: readonly Expert[];
}

/** What the child finds out about a model; the parent adds what the file is. */
export interface LoadOutput {
  readonly model: Omit<ModelInfo, "file" | "sha256">;
  readonly info: EngineInfo;
  /** Blocks whose residual stream can be read and changed: all or none. */
  readonly hooks: boolean;
}

export interface Steering {
  readonly interventions: readonly Intervention[];
  readonly route?: Route;
}

/** Every operation: what goes in, what comes back one by one, and what comes back at the end. */
export interface Operations {
  load: { input: LoadInput; item: never; output: LoadOutput };
  tokenize: { input: { text: string; special: boolean }; item: never; output: Int32Array };
  render: { input: { prompt: Prompt }; item: never; output: string };
  promptTokens: { input: { prompt: Prompt }; item: never; output: Int32Array };
  capture: {
    input: {
      texts: readonly ReadText[];
      options: Omit<CaptureOptions, "signal" | "interventions"> & Steering;
    };
    item: Capture;
    output: undefined;
  };
  generate: {
    input: {
      requests: readonly GenerationRequest[];
      options: { decoding: Decoding; sequences: number; guidance?: Guidance } & Steering;
    };
    item: Completion;
    output: undefined;
  };
  logProbabilities: {
    input: { texts: readonly ReadText[]; options: Steering };
    item: TokenLogProbabilities;
    output: undefined;
  };
  nextTokens: {
    input: { texts: readonly ReadText[]; frames: readonly ReadText[]; tokens: readonly number[] };
    item: TokenLogProbabilities;
    output: undefined;
  };
  nextToken: { input: { text: Prompt | ReadText; options: Steering }; item: never; output: Float32Array };
}

export type OperationName = keyof Operations;

export type ParentMessage =
  | {
      [N in OperationName]: { kind: "start"; id: number; name: N; input: Operations[N]["input"] };
    }[OperationName]
  | { kind: "cancel"; id: number };

export type ChildMessage =
  | { kind: "item"; id: number; item: unknown }
  | { kind: "done"; id: number; output: unknown }
  | { kind: "failed"; id: number; message: string; aborted: boolean };

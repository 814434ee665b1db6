/** What an engine is to its callers. Backends live in folders of their own; nothing here knows of them. */

import type { Guidance } from "./guidance.js";
import type { Intervention } from "./intervention.js";
import type { Selection } from "./selection.js";

/** Facts of a loaded model. `layers` counts transformer blocks, `width` the residual stream's dimensions. */
export interface ModelInfo {
  readonly file: string;
  readonly sha256: string;
  readonly architecture: string;
  readonly name: string;
  readonly layers: number;
  readonly width: number;
  readonly vocabulary: number;
  /** Longest context that the model was trained for, in tokens. */
  readonly context: number;
  readonly parameters: number;
  readonly bytes: number;
  readonly hasChatTemplate: boolean;
}

/** What an engine can do. Callers ask here, and never for the engine's class. */
export interface Capabilities {
  readonly capture: boolean;
  readonly steering: boolean;
  readonly logProbabilities: boolean;
}

/** One turn of a conversation, rendered with the model's own chat template. */
export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** Text as it is, or messages to be rendered with the model's chat template. */
export type Prompt = string | readonly ChatMessage[];

/**
 * A whole text that is read: as it is, or a prompt with the answer that is put into the model's mouth (teacher
 * forcing). Rows of the answer count as generated.
 */
export type ReadText = string | { readonly prompt: Prompt; readonly answer?: string };

/**
 * How the next token is drawn. Applied in the order: grammar, penalties, temperature, top-k, top-p, min-p.
 * The penalties see the generated text alone; those of Hugging Face transformers see the prompt too.
 */
export interface Decoding {
  /** 0 is greedy. */
  readonly temperature: number;
  /** 0 is off. */
  readonly topK: number;
  /** 1 is off. */
  readonly topP: number;
  /** 0 is off. */
  readonly minP: number;
  /** 1 is off. */
  readonly repetitionPenalty: number;
  /** 0 is off. */
  readonly frequencyPenalty: number;
  /** How many last tokens the penalties look at. */
  readonly penaltyWindow: number;
  readonly maxTokens: number;
  /** The text ends before the first of these. */
  readonly stop: readonly string[];
  /** GBNF grammar that the text must follow, with the rule `root`. */
  readonly grammar?: string;
}

export interface GenerationRequest {
  readonly prompt: Prompt;
  /** 0 to 0xFFFFFFFE: the last 32-bit number means "random" to llama.cpp. The same requests in one call give the same texts. */
  readonly seed: number;
  /**
   * Instead of the options' interventions. Requests with different ones are written in one batch; those that
   * have the same should share the array.
   */
  readonly interventions?: readonly Intervention[];
  /** Instead of the options' guidance. Requests that have the same should share the object. */
  readonly guidance?: Guidance;
}

export interface GenerateOptions {
  readonly decoding: Decoding;
  /** For requests that have none of their own. */
  readonly interventions?: readonly Intervention[];
  /** For requests that have none of their own; left out, every text is drawn from the model alone. */
  readonly guidance?: Guidance;
  /**
   * Sequences decoded together, 1 to 64. The same number gives the same bytes. Numbers from 2 to 7 count as 8, and 1
   * as 2: a decode of fewer rows takes as long, or rounds otherwise.
   */
  readonly sequences?: number;
  readonly signal?: AbortSignal;
}

export interface Completion {
  /** Position of the request in the list that was given. */
  readonly index: number;
  readonly text: string;
  readonly promptTokens: number;
  readonly tokens: number;
  /** `end`: the model ended its turn. `stop`: a stop string. `length`: `maxTokens` or the context was reached. */
  readonly finish: "end" | "stop" | "length";
}

export interface CaptureOptions {
  /** 0-based blocks; the residual stream is read after the block. */
  readonly layers: readonly number[];
  /**
   * `rows` gives each selected row; `mean` gives each text's mean over them. A text's first row, BOS or the first
   * token, is never in it: it is many times as long as the others.
   */
  readonly pooling: "rows" | "mean";
  /** Default: every row. A text in which it picks none is refused. */
  readonly where?: Selection;
  readonly interventions?: readonly Intervention[];
  readonly signal?: AbortSignal;
}

/** One captured vector per layer, or per layer and token. */
export interface Capture {
  /** Position of the text in the list that was given. */
  readonly text: number;
  readonly layer: number;
  /** For `rows`: position of each row's token within its text, BOS counted. Empty for `mean`. */
  readonly positions: Int32Array;
  /** For `rows`: the token of each row. Empty for `mean`. */
  readonly tokens: Int32Array;
  /** `[rows][width]`, row-major; one row for `mean`. */
  readonly values: Float32Array;
  /** Tokens that were pooled or listed. */
  readonly count: number;
  /** Mean over those tokens of the residual's Euclidean norm. */
  readonly meanNorm: number;
}

export interface TokenLogProbabilities {
  /** Position of the text in the list that was given. */
  readonly text: number;
  /**
   * Natural log-probability of each token given those before it; the first predicted token comes first. Of a text
   * with an answer, the answer's tokens alone.
   */
  readonly values: Float32Array;
}

export interface NextTokensOptions {
  /** Two texts that begin as all do and differ where the texts do: what they share is read once for all. */
  readonly frames: readonly ReadText[];
  /** Which tokens are asked about. */
  readonly tokens: readonly number[];
  readonly signal?: AbortSignal;
}

/** Where the engine runs, as `tiller doctor` prints it. */
export interface EngineInfo {
  readonly library: string;
  readonly version: string;
  readonly backend: string;
  readonly devices: readonly string[];
  readonly threads: number;
  readonly directory: string;
}

export interface Engine {
  readonly model: ModelInfo;
  readonly capabilities: Capabilities;
  readonly info: EngineInfo;
  tokenize(text: string, options?: { special?: boolean }): Promise<Int32Array>;
  /** The text that the model will see for a prompt. */
  render(prompt: Prompt): Promise<string>;
  /** The tokens that the model will see for a prompt, with a BOS token where the model wants one. */
  promptTokens(prompt: Prompt): Promise<Int32Array>;
  capture(texts: readonly ReadText[], options: CaptureOptions): AsyncIterable<Capture>;
  generate(requests: readonly GenerationRequest[], options: GenerateOptions): AsyncIterable<Completion>;
  /** Log-probabilities of texts under the model, with interventions if any are given. */
  logProbabilities(
    texts: readonly ReadText[],
    options?: { interventions?: readonly Intervention[]; signal?: AbortSignal },
  ): AsyncIterable<TokenLogProbabilities>;
  /** Log-probabilities of every token of the vocabulary after the text. `[vocabulary]` */
  nextToken(
    text: Prompt | ReadText,
    options?: { interventions?: readonly Intervention[]; signal?: AbortSignal },
  ): Promise<Float32Array>;
  /** Natural log-probabilities of some tokens after each text, in the order of `tokens`, without interventions. */
  nextTokens(texts: readonly ReadText[], options: NextTokensOptions): AsyncIterable<TokenLogProbabilities>;
  close(): Promise<void>;
}

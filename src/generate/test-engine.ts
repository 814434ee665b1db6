/** For tests: an engine that writes what a function says, without a model. */
import type { Completion, Engine, GenerationRequest, Prompt } from "../engine/engine.js";

export interface FakeEngineOptions {
  /** What a request is answered with. */
  readonly write: (request: GenerationRequest, index: number) => string | Partial<Completion>;
  /** Probability of yes when the model is asked about a text that its question holds. */
  readonly yes?: (question: string) => number;
}

export interface FakeEngine extends Engine {
  /** Requests of each call of `generate`. */
  readonly jobs: (readonly GenerationRequest[])[];
  /** Questions that were put to `nextToken`, and with which interventions. */
  readonly questions: { readonly question: string; readonly interventions: unknown }[];
}

const words = (prompt: Prompt) =>
  typeof prompt === "string" ? prompt : prompt.map(({ content }) => content).join("\n");

const refuse = (): never => {
  throw new Error("The fake engine cannot do this.");
};

/** A token is a word; the last completion comes first, as batches may end in any order. */
export function fakeEngine({ write, yes = () => 1 }: FakeEngineOptions): FakeEngine {
  const vocabulary: string[] = [];
  const idOf = (word: string) => {
    if (!vocabulary.includes(word)) vocabulary.push(word);
    return vocabulary.indexOf(word);
  };
  const tokenize = async (text: string) => Int32Array.from(text.split(" ").filter(Boolean), idOf);
  const jobs: (readonly GenerationRequest[])[] = [];
  const questions: FakeEngine["questions"] = [];
  return {
    jobs,
    questions,
    model: {
      file: "fake.gguf",
      sha256: "0".repeat(64),
      architecture: "fake",
      name: "fake",
      layers: 1,
      width: 1,
      vocabulary: 100,
      context: 1000,
      parameters: 1,
      bytes: 1,
      hasChatTemplate: true,
    },
    capabilities: { capture: false, steering: false, logProbabilities: true },
    info: { library: "fake@1", version: "1", backend: "cpu", devices: [], threads: 1, directory: "/" },
    tokenize,
    render: async (prompt) => words(prompt),
    promptTokens: async (prompt) => tokenize(words(prompt)),
    capture: refuse,
    logProbabilities: refuse,
    nextTokens: refuse,
    async *generate(requests) {
      jobs.push(requests);
      for (const [index, request] of [...requests.entries()].reverse()) {
        const said = write(request, index);
        const completion = { index, promptTokens: 1, tokens: 10, finish: "end" as const, text: "" };
        yield { ...completion, ...(typeof said === "string" ? { text: said } : said) };
      }
    },
    async nextToken(text, options) {
      const question = words(typeof text === "object" && "prompt" in text ? text.prompt : text);
      questions.push({ question, interventions: options?.interventions });
      const next = new Float32Array(100).fill(-100);
      next[idOf("yes")] = Math.log(yes(question));
      next[idOf("no")] = Math.log(1 - yes(question));
      return next;
    },
    close: async () => {},
  };
}

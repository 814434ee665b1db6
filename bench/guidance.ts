import type { GenerationRequest } from "../src/engine/engine.js";
import type { Guidance, GuidanceStream } from "../src/engine/guidance.js";
import type { LlamaEngine } from "../src/engine/llama/llama-engine.js";
import { compareInPairs, type Ratio } from "./pairs.js";
import { openBenchmarkEngine, PROMPT, tokensPerSecond } from "./writing-speed.js";

const PAIRS = 5;
const SEQUENCES = 8;
/** Tokens that the naive loop writes: it reads everything again for each. */
const NAIVE_TOKENS = 4;
/** Share of the ideal speed, one over the number of streams, that is promised. */
const OF_IDEAL = 0.9;

const STREAMS: readonly GuidanceStream[] = [
  { weight: 1.2 },
  { weight: -0.2, prompt: [{ role: "user", content: "Write." }] },
  { weight: -0.2, prompt: "The train left the station an hour late. We bought bread at the market." },
];

const guidanceOf = (streams: number): Guidance => ({ streams: STREAMS.slice(0, streams) });

function requests(guidance: Guidance | undefined): GenerationRequest[] {
  return Array.from({ length: SEQUENCES }, (_, seed) => ({
    prompt: PROMPT,
    seed,
    ...(guidance ? { guidance } : {}),
  }));
}

/** Logit steering as it is usually written: one text, one stream after the other, everything read anew for each token. */
async function naiveTokensPerSecond(engine: LlamaEngine, { streams }: Guidance): Promise<number> {
  const started = performance.now();
  let answer = "";
  for (let token = 0; token < NAIVE_TOKENS; token++) {
    let sum: Float64Array | undefined;
    for (const { weight, prompt = PROMPT } of streams) {
      const values = await engine.nextToken({ prompt, answer });
      sum ??= new Float64Array(values.length);
      for (let w = 0; w < values.length; w++) sum[w]! += weight * values[w]!;
    }
    // Which token is drawn does not matter for the time; any text makes the next prefix a token longer.
    answer += token === 0 ? "The" : " train";
  }
  return NAIVE_TOKENS / ((performance.now() - started) / 1000);
}

/** What logit steering costs on TinyLlama: against unguided writing, and against a loop without caches and batches. */
export async function* guidanceBenchmark(): AsyncGenerator<Ratio> {
  const { engine } = await openBenchmarkEngine();
  try {
    for (const streams of [1, 2, 3]) {
      yield await compareInPairs(
        {
          name: `${streams} ${streams === 1 ? "stream" : "streams"}, ${SEQUENCES} sequences`,
          goal: OF_IDEAL / streams,
          unit: "tokens/s guided ÷ unguided",
        },
        () => tokensPerSecond(engine, requests(guidanceOf(streams))),
        () => tokensPerSecond(engine, requests(undefined)),
        PAIRS,
      );
    }
    yield await compareInPairs(
      {
        name: `3 streams, ${SEQUENCES} sequences, against a loop that reads everything anew`,
        goal: undefined,
        unit: "tokens/s ÷ tokens/s of the naive loop",
      },
      () => tokensPerSecond(engine, requests(guidanceOf(3))),
      () => naiveTokensPerSecond(engine, guidanceOf(3)),
      3,
    );
  } finally {
    await engine.close();
  }
}

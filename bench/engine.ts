import { readFileSync } from "node:fs";
import type { Intervention } from "../src/engine/intervention.js";
import { compareInPairs, type Ratio } from "./pairs.js";
import { openBenchmarkEngine, PROMPT, textsPerSecond, tokensPerSecond } from "./writing-speed.js";

const PAIRS = 5;

/** Most memory that a process has had, in bytes; undefined where the system does not say. */
function peakMemory(pid: number): number | undefined {
  try {
    const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

/** Speed of the engine on TinyLlama: what steering, batching and capture cost, and the memory it takes. */
export async function* engineBenchmark(): AsyncGenerator<Ratio> {
  const { engine, bytes } = await openBenchmarkEngine();
  try {
    // A small vector, so that steered and unsteered texts are of a kind. Layer 0 is beyond the native route.
    const vector = Float32Array.from({ length: engine.model.width }, (_, i) => 1e-3 * Math.sin(i));
    const steering: Intervention[] = Array.from({ length: engine.model.layers - 1 }, (_, i) => ({
      kind: "add",
      layer: i + 1,
      vector,
    }));
    const speed = (sequences: number, interventions: readonly Intervention[]) =>
      tokensPerSecond(
        engine,
        Array.from({ length: sequences }, (_, seed) => ({ prompt: PROMPT, seed, interventions })),
      );

    for (const sequences of [1, 8, 16]) {
      yield await compareInPairs(
        {
          name: `steered at layers 1 to ${engine.model.layers - 1}, ${sequences} sequences`,
          goal: 0.97,
          unit: "tokens/s steered ÷ unsteered",
        },
        () => speed(sequences, steering),
        () => speed(sequences, []),
        PAIRS,
      );
    }
    yield await compareInPairs(
      { name: "16 sequences against 1", goal: undefined, unit: "tokens/s of 16 sequences ÷ of 1" },
      () => speed(16, []),
      () => speed(1, []),
      PAIRS,
    );
    yield await compareInPairs(
      { name: "capture of all layers", goal: 0.85, unit: "texts/s captured ÷ texts/s of plain prefill" },
      () => textsPerSecond(engine, [...Array(engine.model.layers).keys()]),
      () => textsPerSecond(engine, []),
      PAIRS,
    );

    const peak = peakMemory(engine.pid!);
    if (peak !== undefined) {
      const ratio = peak / bytes;
      yield {
        name: "peak memory",
        ratio,
        p25: ratio,
        p75: ratio,
        goal: undefined,
        unit: "engine's peak memory ÷ model file",
        measured: [peak, bytes],
      };
    }
  } finally {
    await engine.close();
  }
}

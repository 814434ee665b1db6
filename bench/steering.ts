import type { Intervention } from "../src/engine/intervention.js";
import { compareInPairs, type Ratio } from "./pairs.js";
import { openBenchmarkEngine, PROMPT, textsPerSecond, tokensPerSecond } from "./writing-speed.js";

const PAIRS = 5;
const MIXED = 16;
/** A block in the first half of TinyLlama's 22. */
const LAYER = 8;

/** What each way of steering costs on TinyLlama, against the same texts unsteered. */
export async function* steeringBenchmark(): AsyncGenerator<Ratio> {
  const { engine } = await openBenchmarkEngine();
  try {
    const { layers, width } = engine.model;
    // Small vectors, so that steered and unsteered texts are of a kind.
    const vector = (phase: number) =>
      Float32Array.from({ length: width }, (_, i) => 1e-3 * Math.sin(i + phase));
    const everyLayer = Array.from({ length: layers - 1 }, (_, i) => i + 1);
    const add = (layer: number, phase = 0): Intervention => ({ kind: "add", layer, vector: vector(phase) });
    const ablate = (layer: number): Intervention => ({ kind: "ablate", layer, direction: vector(0) });

    const same = (sequences: number, interventions: readonly Intervention[]) =>
      tokensPerSecond(
        engine,
        Array.from({ length: sequences }, (_, seed) => ({ prompt: PROMPT, seed, interventions })),
      );
    const against = (name: string, goal: number, sequences: number, interventions: readonly Intervention[]) =>
      compareInPairs(
        { name: `${name}, ${sequences} sequences`, goal, unit: "tokens/s steered ÷ unsteered" },
        () => same(sequences, interventions),
        () => same(sequences, []),
        PAIRS,
      );

    for (const sequences of [1, 8, 16, 32]) {
      yield await against("addition at one layer", 0.98, sequences, [add(LAYER)]);
      yield await against(
        "addition at all layers but 0",
        0.98,
        sequences,
        everyLayer.map((layer) => add(layer)),
      );
    }

    // A prompt that is steered in sixteen ways is sixteen prompts to read, so the baseline has sixteen, too.
    const prompts = Array.from({ length: MIXED }, (_, i) => [
      { ...PROMPT[0]!, content: `${i} ${PROMPT[0]!.content}` },
    ]);
    const mixed = (interventions: (i: number) => readonly Intervention[]) =>
      tokensPerSecond(
        engine,
        prompts.map((prompt, i) => ({ prompt, seed: i, interventions: interventions(i) })),
      );
    const unsteered: readonly Intervention[] = [];
    yield await compareInPairs(
      {
        name: `${MIXED} different additions, each at a layer of its own, in one batch`,
        goal: 0.92,
        unit: `tokens/s steered ÷ unsteered, ${MIXED} prompts`,
      },
      () => mixed((i) => [add(i + 1, i)]),
      () => mixed(() => unsteered),
      PAIRS,
    );

    yield await against("ablation at one layer", 0.92, 16, [ablate(LAYER)]);
    const everywhere = [0, ...everyLayer].map(ablate);
    yield await against("ablation at all layers", 0.75, 16, everywhere);
    yield await compareInPairs(
      { name: "mean capture of all layers", goal: 0.9, unit: "texts/s captured ÷ texts/s of plain prefill" },
      () => textsPerSecond(engine, [0, ...everyLayer]),
      () => textsPerSecond(engine, []),
      PAIRS,
    );
  } finally {
    await engine.close();
  }
}

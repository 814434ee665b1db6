// Sixteen requests with sixteen different interventions in one batch: each row of the batch is steered in its own
// way, or not at all.
//
//   node examples/mixed-batch.mjs [MODEL] [--dry-run]
//
// MODEL is an alias such as tinyllama, which is the default, or file:PATH, hf:OWNER/REPO/FILE.gguf. With --dry-run
// the requests are listed, and no model is loaded.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  addCapture,
  collect,
  describeInterventions,
  emptyClassMeans,
  interventionsOf,
  LlamaEngine,
  makeSteeringVector,
  resolveLayers,
  resolveModel,
  VERSION,
} from "tillerlm";

const PROMPT = 'Letters to the help desk of a shop, and its answers\n\nAn answer: "';

/**
 * The row of the token at the beginning of every text is many times as long as the others: a turn, which goes by
 * a row's own length, would move it so far that the text falls apart.
 */
const BEHIND_BOS = { exclude: [{ anchor: "start", to: 0 }] };

/** What is done in each request: an operation with a strength at some layers, and at which rows or when. */
const REQUESTS = [
  { name: "not steered" },
  { name: "add", operation: "add", strength: 0.2, layers: ["middle"] },
  { name: "add, twice as strongly", operation: "add", strength: 0.4, layers: ["middle"] },
  { name: "add, early", operation: "add", strength: 0.2, layers: ["early"] },
  { name: "add at layer 0", operation: "add", strength: 0.2, layers: [0] },
  { name: "add at three layers", operation: "add", strength: 0.1, layers: ["early", "middle", "late"] },
  { name: "add, norms kept", operation: "add-keeping-norm", strength: 0.4, layers: ["middle"] },
  { name: "take out", operation: "ablate", strength: 1, layers: ["middle"] },
  { name: "take half of it out", operation: "ablate", strength: 0.5, layers: ["middle"] },
  { name: "take out, then add", operation: "ablate-add", strength: 0.3, layers: ["middle"] },
  { name: "clamp", operation: "clamp", strength: 0.2, clampMost: 0.4, layers: ["middle"] },
  { name: "rotate", operation: "rotate", strength: 0.3, layers: ["middle"], where: BEHIND_BOS },
  { name: "turn away", operation: "rotate", strength: -0.3, layers: ["middle"], where: BEHIND_BOS },
  {
    name: "add in the prompt alone",
    operation: "add",
    strength: 0.3,
    layers: ["middle"],
    where: { phase: "prompt" },
  },
  {
    name: "add to the first four tokens",
    operation: "add",
    strength: 0.3,
    layers: ["middle"],
    where: { include: [{ anchor: "prompt-end", from: 0, to: 3 }] },
  },
  {
    name: "add, less and less",
    operation: "add",
    strength: 0.4,
    layers: ["middle"],
    schedule: [
      { token: 0, factor: 1 },
      { token: 20, factor: 0 },
    ],
  },
];

const { values, positionals } = parseArgs({
  options: { "dry-run": { type: "boolean" } },
  allowPositionals: true,
});
const [source = "tinyllama"] = positionals;

if (values["dry-run"]) {
  console.log(`${REQUESTS.length} requests to ${source}, in one batch:`);
  for (const { name, operation, strength, layers } of REQUESTS) {
    const how = operation === undefined ? "" : `: ${operation} ${strength} at ${layers.join(", ")}`;
    console.log(`  ${name}${how}`);
  }
  process.exit(0);
}

const { path, sha256 } = await resolveModel(source);
const engine = await LlamaEngine.open({ path, sha256, context: 256 });
try {
  const vector = await vectorTowards("rude", "polite");
  const interventions = REQUESTS.map(({ name: _, layers, ...spec }) =>
    layers === undefined
      ? []
      : interventionsOf({ ...spec, layers: resolveLayers(layers, engine.model.layers) }, vector),
  );
  const completions = await collect(
    engine.generate(
      interventions.map((own) => ({ prompt: PROMPT, seed: 7, interventions: own })),
      {
        decoding: {
          temperature: 0.8,
          topP: 0.9,
          topK: 0,
          minP: 0,
          repetitionPenalty: 1,
          frequencyPenalty: 0,
          penaltyWindow: 64,
          maxTokens: 32,
          stop: ['"', "\n"],
        },
        sequences: REQUESTS.length,
      },
    ),
  );
  for (const { index, text } of completions.sort((a, b) => a.index - b.index)) {
    console.log(`\n${REQUESTS[index].name}`);
    for (const line of describeInterventions(interventions[index])) console.log(`  ${line}`);
    console.log(`  > ${text.trim()}`);
  }
} finally {
  await engine.close();
}

/** The mean difference of two classes at every layer, from the sentences of the example on concepts. */
async function vectorTowards(wanted, other) {
  const sentences = [wanted, other].flatMap((label) =>
    readFileSync(new URL(`concept-steering/${label}.txt`, import.meta.url), "utf8")
      .trim()
      .split("\n")
      .map((text) => ({ label, text })),
  );
  const layers = Array.from({ length: engine.model.layers }, (_, layer) => layer);
  const means = emptyClassMeans(engine.model, layers, "");
  const texts = sentences.map(({ text }) => text);
  for await (const capture of engine.capture(texts, { layers, pooling: "mean" })) {
    addCapture(means, { language: "en", class: sentences[capture.text].label }, capture);
  }
  const options = { method: "mean-difference", language: "en", class: wanted, tillerVersion: VERSION };
  return makeSteeringVector(means, options);
}

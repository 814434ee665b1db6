import { describe, expect, test } from "vitest";
import type { Capture, CaptureOptions, Engine, ModelInfo, ReadText } from "../engine/engine.js";
import { EngineError, RecipeError } from "../errors.js";
import { centredEncoder } from "./centred-encoder.js";
import { encodeTexts } from "./encode-texts.js";
import { residualEncoder } from "./residual-encoder.js";

const model = {
  name: "Tiny",
  architecture: "llama",
  sha256: "ab".repeat(32),
  width: 2,
  layers: 4,
} as ModelInfo;

/** The residual of the text "x y" is [x, y] times the layer's number plus one. Texts come back in reverse. */
function engineOf(
  asked: CaptureOptions[] = [],
  canCapture = true,
): Pick<Engine, "model" | "capabilities" | "capture"> {
  return {
    model,
    capabilities: { capture: canCapture, steering: true, logProbabilities: true },
    async *capture(texts: readonly ReadText[], options: CaptureOptions): AsyncIterable<Capture> {
      asked.push(options);
      for (const [text, read] of [...texts.entries()].reverse()) {
        const [x, y] = (read as string).split(" ").map(Number);
        const values = Float32Array.of(x!, y!).map((value) => value * (options.layers[0]! + 1));
        yield {
          text,
          layer: options.layers[0]!,
          positions: new Int32Array(),
          tokens: new Int32Array(),
          values,
          count: 2,
          meanNorm: 1,
        };
      }
    },
  };
}

describe("residualEncoder", () => {
  test("gives the mean residuals of its layer in the order of the texts, of length 1", async () => {
    const asked: CaptureOptions[] = [];
    const encoder = residualEncoder(engineOf(asked), { layer: 2, where: { phase: "prompt" } });
    const [a, b, c] = await encoder.encode(["3 4", "0 -2", "0 0"]);
    expect(a![0]).toBeCloseTo(0.6, 6);
    expect(a![1]).toBeCloseTo(0.8, 6);
    expect([...b!]).toEqual([0, -1]);
    expect([...c!]).toEqual([0, 0]);
    expect(asked).toEqual([{ layers: [2], pooling: "mean", where: { phase: "prompt" } }]);
    expect(encoder.name).toBe('mean residual of Tiny (abababababab), layer 2, rows {"phase":"prompt"}');
    expect(encoder.width).toBe(2);
  });

  test("refuses a layer that is not there, an engine that cannot capture, and residuals that are no numbers", async () => {
    expect(() => residualEncoder(engineOf(), { layer: 4 })).toThrow(RecipeError);
    expect(() => residualEncoder(engineOf([], false), { layer: 1 })).toThrow(RecipeError);
    await expect(residualEncoder(engineOf(), { layer: 1 }).encode(["x 1"])).rejects.toThrow(EngineError);
  });
});

describe("centredEncoder", () => {
  test("takes away what the reference has in common", async () => {
    const plain = residualEncoder(engineOf(), { layer: 0 });
    const centred = await centredEncoder(plain, ["1 0", "0 1", " "]);
    const [a, b, between, none] = await centred.encode(["5 0", "0 3", "1 1", "0 0"]);
    // [1, 0] − [½, ½] and [0, 1] − [½, ½], made unit.
    expect([...a!].map((value) => value * Math.SQRT2)).toEqual([expect.closeTo(1, 6), expect.closeTo(-1, 6)]);
    expect([...b!].map((value) => value * Math.SQRT2)).toEqual([expect.closeTo(-1, 6), expect.closeTo(1, 6)]);
    expect(between![0]! * Math.SQRT2).toBeCloseTo(1, 6);
    expect([...none!]).toEqual([0, 0]);
    expect(centred.name).toBe(`${plain.name}, less the mean of 2 reference texts`);
    const same = await centredEncoder(plain, ["2 0", "2 0"]);
    expect([...(await encodeTexts(same, ["7 0"])).values]).toEqual([0, 0]);
    await expect(centredEncoder(plain, ["", "0 0"])).rejects.toThrow(RecipeError);
  });
});

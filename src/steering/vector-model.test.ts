import { describe, expect, test } from "vitest";
import { otherModelProblem, sameArchitecture } from "./vector-model.js";

const of = { sha256: "a".repeat(64), architecture: "llama", name: "Tiny", width: 8 };

describe("architectures", () => {
  test.each([
    ["mistral", "llama"],
    ["qwen2_moe", "qwen2moe"],
    ["gemma3_text", "gemma3"],
    ["cohere", "command-r"],
    ["gpt_neox", "gptneox"],
    ["LLAMA", "llama"],
    ["", "gemma3"],
  ])("%s may be %s", (a, b) => {
    expect(sameArchitecture(a, b)).toBe(true);
    expect(sameArchitecture(b, a)).toBe(true);
  });

  test.each([
    ["llama", "gemma3"],
    ["qwen2", "qwen3"],
    ["gemma2", "gemma3_text"],
    ["constructor", "llama"],
  ])("%s is not %s", (a, b) => {
    expect(sameArchitecture(a, b)).toBe(false);
  });
});

describe("a vector's model", () => {
  test("is known by its sha256 alone, whatever its architecture is called", () => {
    expect(otherModelProblem(of, { ...of, architecture: "renamed" })).toBeUndefined();
    expect(otherModelProblem(of, { ...of, sha256: "b".repeat(64) })).toMatch(/another model.*aaa.*bbb/);
  });

  test("is compared by width and architecture if one sha256 is unknown", () => {
    const unknown = { ...of, sha256: "" };
    expect(otherModelProblem(unknown, of)).toBeUndefined();
    expect(otherModelProblem(unknown, { sha256: of.sha256, width: 8 })).toBeUndefined();
    expect(otherModelProblem(unknown, { ...of, width: 9 })).toMatch(/8 dimensions.*model 9/);
    expect(otherModelProblem(unknown, { ...of, architecture: "gemma3" })).toMatch(/llama.*gemma3/);
    expect(otherModelProblem(of, { ...unknown, architecture: "gemma3" })).toMatch(/llama.*gemma3/);
  });
});

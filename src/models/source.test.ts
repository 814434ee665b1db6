import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RecipeError } from "../errors.js";
import { aliases } from "./aliases.js";
import { expandAlias, formatSource, parseSource } from "./source.js";

describe("parseSource", () => {
  it("reads files", () => {
    expect(parseSource("file:models/a b.gguf")).toEqual({ kind: "file", path: "models/a b.gguf" });
    expect(parseSource("file:model.bin")).toEqual({ kind: "file", path: "model.bin" });
    expect(parseSource("file:///models/a%20b.gguf")).toEqual({ kind: "file", path: "/models/a b.gguf" });
    expect(parseSource(" ../modèle.GGUF ")).toEqual({ kind: "file", path: "../modèle.GGUF" });
    expect(parseSource("C:\\models\\a.gguf")).toEqual({ kind: "file", path: "C:\\models\\a.gguf" });
  });

  it("reads files of the Hub", () => {
    expect(parseSource("hf:google/gemma-2-2b/q4/gemma.gguf")).toEqual({
      kind: "hub",
      repository: "google/gemma-2-2b",
      revision: "main",
      path: "q4/gemma.gguf",
    });
    expect(parseSource("hf:a/b@refs%2Fpr%2F3/c.gguf")).toMatchObject({ revision: "refs/pr/3" });
    expect(parseSource("hf:a/b@v1.0/c@2.gguf")).toMatchObject({ revision: "v1.0", path: "c@2.gguf" });
  });

  it("reads files of npm packages, in their order", () => {
    expect(parseSource("npm:@scope/p-1@1.0.0-rc.1/x/a+b.part+npm:p2@0.1.0/y")).toEqual({
      kind: "npm",
      parts: [
        { package: "@scope/p-1", version: "1.0.0-rc.1", path: "x/a+b.part" },
        { package: "p2", version: "0.1.0", path: "y" },
      ],
    });
  });

  it("reads aliases, each of which stands for a source", () => {
    for (const [name, alias] of aliases) {
      const source = parseSource(name);
      expect(source).toEqual({ kind: "alias", name, alias });
      expect(formatSource(expandAlias(source))).toBe(alias.source);
      expect(alias.sha256).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  it.each([
    "",
    "tinylama",
    "file:",
    "http://example.org/a.gguf",
    "s3:bucket/a.gguf",
    "model.bin",
    "a\nb.gguf",
    "a\0.gguf",
    "hf:owner/a.gguf",
    "hf:owner/repo/model.safetensors",
    "hf:owner/repo/../../secret.gguf",
    "hf:owner/repo/./a.gguf",
    "hf:owner/repo//etc/a.gguf",
    "hf:owner/repo/a\\..\\b.gguf",
    "hf:../repo/a.gguf",
    "hf:owner/..repo/a.gguf",
    "hf:owner/repo@/a.gguf",
    "hf:owner/repo@..%2F..%2Fapi/a.gguf",
    "hf:owner/repo@a%2F..%2Fb/a.gguf",
    "hf:owner/repo/big-00001-of-00003.gguf",
    "npm:package/model.gguf",
    "npm:package@latest/model.gguf",
    "npm:package@^1.0.0/model.gguf",
    "npm:package@1.0.0",
    "npm:package@1.0.0/",
    "npm:package@1.0.0//etc/passwd",
    "npm:package@1.0.0/../other/model",
    "npm:../p@1.0.0/model",
    "npm:p@1.0.0/a+npm:p@1.0.0/../b",
    `file:${"a".repeat(5000)}`,
  ])("refuses %j and says what is allowed", (text) => {
    expect(() => parseSource(text)).toThrow(RecipeError);
    expect(() => parseSource(text)).toThrow(/tinyllama.*file:PATH.*hf:OWNER\/REPO.*npm:PACKAGE@VERSION/s);
  });

  it("throws nothing but RecipeError, and reads its own spelling back", () => {
    const piece = fc.constantFrom(
      "hf:",
      "npm:",
      "file:",
      "+",
      "@",
      "/",
      "..",
      "\\",
      "a",
      "1.0.0",
      ".gguf",
      "%2F",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((pieces) => pieces.join("")),
        ),
        (text) => {
          try {
            const source = parseSource(text);
            expect(parseSource(formatSource(source))).toEqual(source);
          } catch (error) {
            if (!(error instanceof RecipeError)) throw error;
          }
        },
      ),
      { seed: 1, numRuns: 3000 },
    );
  });
});

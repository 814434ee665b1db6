import { describe, expect, it } from "vitest";
import { RecipeError } from "../errors.js";
import { isRepositoryName, parseDatasetSource } from "./dataset-source.js";

describe("parseDatasetSource", () => {
  it.each([
    ["hf:datasets/owner/name", "owner/name", "main", undefined],
    [" hf:datasets/owner/na.me-1_x@v1.0 ", "owner/na.me-1_x", "v1.0", undefined],
    [
      "hf:datasets/owner/name@refs%2Fconvert%2Fparquet/de/train",
      "owner/name",
      "refs/convert/parquet",
      "de/train",
    ],
    ["hf:datasets/owner/name/data/*.parquet", "owner/name", "main", "data/*.parquet"],
    ["hf:datasets/owner/name/नमस्ते.csv", "owner/name", "main", "नमस्ते.csv"],
  ])("reads %s", (text, repository, revision, path) => {
    expect(parseDatasetSource(text)).toEqual({ repository, revision, path });
  });

  it.each([
    "",
    "hf:owner/name",
    "hf:datasets/name",
    "hf:datasets/../name",
    "hf:datasets/owner/..",
    "hf:datasets/owner/name/",
    "hf:datasets/owner/name@",
    "hf:datasets/owner/name@-x",
    "hf:datasets/owner/name@..%2Fx",
    "hf:datasets/owner/name/../x",
    "hf:datasets/owner/name//x",
    "hf:datasets/owner/name/a\\b",
    "hf:datasets/owner/name/a\0b",
    `hf:datasets/owner/name/${"x".repeat(5000)}`,
  ])("refuses %j", (text) => {
    expect(() => parseDatasetSource(text)).toThrow(RecipeError);
    expect(() => parseDatasetSource(text)).toThrow(/hf:datasets\/OWNER\/NAME/);
  });

  it("knows a repository's name", () => {
    expect(["a/b", "A-1/b_c.d"].every(isRepositoryName)).toBe(true);
    expect(["a", "a/b/c", "./b", "a/..", "a b/c", ""].some(isRepositoryName)).toBe(false);
  });
});

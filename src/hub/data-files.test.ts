import { describe, expect, it } from "vitest";
import { labelByName, labelDataFiles, selectDataFiles } from "./data-files.js";
import { readCardConfigs } from "./dataset-card.js";

it("a card's configuration with a pattern that is no path's is passed over", () => {
  const card = (pattern: string) => `---\nconfigs:\n- data_files: "${pattern}"\n---\n`;
  expect(readCardConfigs(card("*".repeat(4096)))).toHaveLength(1);
  expect(readCardConfigs(card("*".repeat(4097)))).toEqual([]);
});

describe("labelByName", () => {
  it.each([
    ["data/train-00000-of-00002.parquet", "default", "train"],
    ["data/train-00000-of-00001-0a1b2c3d4e5f6071.parquet", "default", "train"],
    ["de/held_out-00000-of-00001.parquet", "de", "held_out"],
    ["data/de/test-00000-of-00001.parquet", "de", "test"],
    ["de/dev.jsonl", "de", "validation"],
    ["swa_Latn/train.tsv", "swa_Latn", "train"],
    ["test/a.csv", "default", "test"],
    ["data/de/Valid/a.csv", "de", "validation"],
    ["reviews.eval.csv", "default", "test"],
    ["reviews.csv", "default", "train"],
    // A word that only has a split's name in it says nothing.
    ["latest.csv", "default", "train"],
    ["de/train/0000.parquet", "de", "train"],
    ["de/other/0001.parquet", "de", "other"],
    ["de/partial-train/0000.parquet", "de", "train"],
  ])("%s is of %s, %s", (path, config, split) => {
    expect(labelByName(path)).toEqual({ path, config, split });
  });
});

describe("labelDataFiles", () => {
  const names = (paths: string[], card = "") =>
    labelDataFiles(paths, readCardConfigs(card)).map(({ path }) => path);

  it("takes Parquet before other forms, and nothing else", () => {
    const others = ["a.csv", "b.tsv", "c.JSONL", "d.ndjson"];
    expect(names([...others, "e.zip", "README.md"])).toEqual(others);
    expect(names([...others, "e.parquet"])).toEqual(["e.parquet"]);
  });

  it.each([
    ["not front matter", "no: front"],
    ["broken YAML", "---\nconfigs: [\n---\n"],
    ["no list", "---\nconfigs: 3\n---\n"],
    ["entries of another kind", "---\nconfigs: [3, {config_name: x}, {data_files: {a: 1}}]\n---\n"],
    ["patterns without a match", '---\nconfigs:\n- data_files: "none/*.csv"\n---\n'],
    ["files elsewhere", '---\nconfigs:\n- data_files: "https://example.org/a.csv"\n---\n'],
    ["files above", '---\nconfigs:\n- data_files: "../a.csv"\n---\n'],
  ])("goes by names if the card has %s", (_what, card) => {
    expect(names(["a.csv"], card)).toEqual(["a.csv"]);
  });

  it("reads a card with a mark at its head, Windows lines and numbers as names", () => {
    const card =
      "\uFEFF---\r\nconfigs:\r\n- config_name: 7\r\n  data_files:\r\n  - {split: 1, path: ./a.csv}\r\n---\r\ntext";
    expect(labelDataFiles(["a.csv", "b.csv"], readCardConfigs(card))).toEqual([
      { path: "a.csv", split: "1", config: "7" },
    ]);
  });
});

describe("selectDataFiles", () => {
  const files = ["de/train.csv", "de/test.csv", "fr/train.csv"].map(labelByName);
  const select = (wanted: object) => selectDataFiles("it", files, wanted).map(({ path }) => path);

  it("takes what is asked for, or what there is no choice about", () => {
    expect(select({ config: "de", split: "test" })).toEqual(["de/test.csv"]);
    expect(select({ config: "fr" })).toEqual(["fr/train.csv"]);
    expect(select({ defaultConfig: "fr" })).toEqual(["fr/train.csv"]);
  });

  it("takes a file once that the card names twice", () => {
    const card =
      "---\nconfigs:\n- data_files: [{split: x, path: '*.csv'}, {split: x, path: [a.*, a.csv]}]\n---\n";
    const twice = labelDataFiles(["a.csv", "b.csv"], readCardConfigs(card));
    expect(selectDataFiles("it", twice, {}).map(({ path }) => path)).toEqual(["a.csv", "b.csv"]);
  });

  it("lists what there is otherwise", () => {
    expect(() => select({})).toThrow("it has 2 configurations: de, fr. Choose one with `config`.");
    expect(() => select({ config: "de" })).toThrow("it has 2 splits: train, test. Choose one with `split`.");
    expect(() => select({ config: "fr", split: "test" })).toThrow(/no split "test"\. There are: train\./);
    const many = Array.from({ length: 60 }, (_, index) => labelByName(`c${index}/a.csv`));
    expect(() => selectDataFiles("it", many, {})).toThrow(/c39, and 20 more\./);
  });
});

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterEach, describe, expect, test, vi } from "vitest";
import { startTestHub } from "../hub/test-hub.js";
import type { DataOptions } from "../recipe/data-source-schema.js";
import { readLabelled } from "../tasks/labelled-text.js";
import type { ResolveDataset } from "./locate-source.js";
import { type ReadRecordsOptions, readRecords } from "./read-records.js";
import { sourceSha256 } from "./source-hash.js";
import { failureOf, sourceFolder } from "./test-sources.js";

const { folder, write } = sourceFolder();
const REVIEWS = fileURLToPath(new URL("./fixtures/reviews.parquet", import.meta.url));
afterEach(() => vi.unstubAllEnvs());

const CSV = write(
  "reviews.csv",
  "id,Review,stars,lang\n1,Warm bread,5,en\n2,Cold soup,1,deu\n3,It was open,3,en\n4,warm  BREAD,1,en\n",
);

const read = async (source: string, how: DataOptions = {}, options: ReadRecordsOptions = {}) =>
  (await readRecords({ source, ...how }, options)).map(({ text, label, language }) => [
    text,
    label,
    language,
  ]);

describe("columns and labels are mapped", () => {
  const how: DataOptions = { text: "Review", label: "stars", language: "lang" };
  const labels = { 1: "negative", 3: null, 5: "positive" };

  test("names of columns, and labels of which null leaves rows out", async () => {
    expect(await read(CSV, { ...how, labels })).toEqual([
      ["Warm bread", "positive", "en"],
      ["Cold soup", "negative", "de"],
      ["warm  BREAD", "negative", "en"],
    ]);
    expect(await read(CSV, { text: "Review", languageCode: "mlt" })).toEqual([
      ["Warm bread", undefined, "mt"],
      ["Cold soup", undefined, "mt"],
      ["It was open", undefined, "mt"],
      ["warm  BREAD", undefined, "mt"],
    ]);
  });

  test("classes have the names that a Parquet file gives them, or those of the map", async () => {
    const notes: string[] = [];
    expect(await read(REVIEWS, {}, { onNote: (note) => notes.push(note) })).toEqual([
      ["The bread was warm.", "positive", "en"],
      ["Die Suppe war kalt.", "negative", "de"],
      ["ሻዩ ጥሩ ነበር።", "positive", "am"],
      ["A long wait\nfor nothing.", "negative", "en"],
    ]);
    expect(notes).toEqual([`${REVIEWS}: 1 row without a text was left out, the first at ${REVIEWS}, row 4.`]);
    const byNumber = await read(REVIEWS, { labels: { 0: "bad", 1: "good" } });
    expect(byNumber.map(([, label]) => label)).toEqual(["good", "bad", "good", "bad"]);
    expect(await read(REVIEWS, { labels: { negative: "bad", positive: null } })).toHaveLength(2);
  });

  test("numbers and truth values are labels by their text; a number without a class is refused", async () => {
    const json = write("numbers.jsonl", '{"text":"a","label":0}\n{"text":"b","label":true}\n');
    expect((await read(json)).map(([, label]) => label)).toEqual(["0", "true"]);
    const classes = JSON.stringify({
      info: { features: { label: { _type: "ClassLabel", names: ["x", "y"] } } },
    });
    const unlabelled = write(
      "unlabelled.parquet",
      new Uint8Array(
        parquetWriteBuffer({
          columnData: [
            { name: "text", data: ["a", "b"] },
            { name: "label", data: [1n, -1n], type: "INT64" },
          ],
          kvMetadata: [{ key: "huggingface", value: classes }],
        }),
      ),
    );
    expect(await failureOf(read(unlabelled))).toBe(
      `${unlabelled}, row 2: the label "-1" is none of the file's classes: 0 x, 1 y. Map all of them with \`labels\`; null leaves rows out.`,
    );
    expect(await read(unlabelled, { labels: { x: "x", y: "y", "-1": null } })).toEqual([
      ["a", "y", undefined],
    ]);
  });

  test("a class that is called by another class's number is not taken for that one", async () => {
    const stars = ["1", "2", "3", "4", "5"];
    const features = { label: { _type: "ClassLabel", names: stars } };
    const file = write(
      "stars.parquet",
      new Uint8Array(
        parquetWriteBuffer({
          columnData: [
            { name: "text", data: stars.map((star) => `${star} stars`) },
            { name: "label", data: [0n, 1n, 2n, 3n, 4n], type: "INT64" },
          ],
          kvMetadata: [{ key: "huggingface", value: JSON.stringify({ info: { features } }) }],
        }),
      ),
    );
    const labelled = [
      ["1 stars", "bad", undefined],
      ["2 stars", "bad", undefined],
      ["4 stars", "good", undefined],
      ["5 stars", "good", undefined],
    ];
    const byName = { 1: "bad", 2: "bad", 3: null, 4: "good", 5: "good", "-1": null };
    expect(await read(file, { labels: byName })).toEqual(labelled);
    const byNumber = { 0: "bad", 1: "bad", 2: null, 3: "good", 4: "good" };
    expect(await read(file, { labels: byNumber })).toEqual(labelled);
    expect(await failureOf(read(file, { labels: { 1: "bad", 5: "good" } }))).toContain(
      'row 2: the label "1" ("2") is not among',
    );
    expect(await failureOf(read(file, { labels: { 0: "bad", 4: "good" } }))).toContain(
      'row 2: the label "1" ("2") is not among',
    );
  });

  test("what does not fit is named with its line, and with what there is", async () => {
    expect(await failureOf(read(CSV))).toBe(
      `${CSV}:2: the field "text" is missing. There are "id", "Review", "stars", "lang". Did you mean "Review"? Say which it is with text: NAME.`,
    );
    expect(await failureOf(read(CSV, { text: "review" }))).toContain('Did you mean "Review"?');
    expect(await failureOf(read(CSV, { ...how, label: "star" }))).toMatch(
      /the field "star" is missing.*Did you mean "stars"\?/,
    );
    expect(await failureOf(read(CSV, { text: "Review" }, { needLabels: true }))).toMatch(
      /the field "label" is missing/,
    );
    expect(await failureOf(read(CSV, { ...how, labels: { 1: "negative", 5: "positive" } }))).toBe(
      `${CSV}:4: the label "3" is not among those that \`labels\` maps: "1", "5". Add it, or map it to null to leave its rows out.`,
    );
    expect(await failureOf(read(REVIEWS, { labels: { 1: "good" } }))).toContain(
      ', row 2: the label "0" ("negative") is not among',
    );
    expect(await failureOf(read(CSV, { ...how, language: "Review" }))).toMatch(
      /:2: .*is not a known language code/,
    );
    expect(await failureOf(read(REVIEWS, { text: "stars" }))).toMatch(
      /row 1: the field "stars" is 4\.5; it must be a string/,
    );
    const empty = write("empty-label.csv", "text,label\na,\n");
    expect(await failureOf(read(empty))).toMatch(/:2: the field "label" is empty.*map "" to null/);
    expect(await failureOf(read(CSV, { split: "test" }))).toMatch(/split is for hf: data sets/);
    expect(await failureOf(read(folder))).toMatch(/holds no \.txt files/);
  });
});

describe("rows are left out and drawn", () => {
  const how: DataOptions = { text: "Review", label: "stars", language: "lang" };

  test("copies, with a note that tells those under another label", async () => {
    const notes: string[] = [];
    const found = await read(CSV, { ...how, deduplicate: true }, { onNote: (note) => notes.push(note) });
    expect(found.map(([text]) => text)).toEqual(["Warm bread", "Cold soup", "It was open"]);
    expect(notes).toEqual([`${CSV}: 1 row repeating an earlier one (1 under another label) was left out.`]);
  });

  test("a draw by the source's seed, else by the reader's", async () => {
    const many = write(
      "many.jsonl",
      Array.from({ length: 60 }, (_, index) => `{"text":"t${index}","label":"${index % 3}"}`).join("\n"),
    );
    const drawn = await read(many, { sample: 4 }, { seed: 7 });
    expect(drawn).toHaveLength(12);
    expect(await read(many, { sample: 4, seed: 7 }, { seed: 8 })).toEqual(drawn);
    expect(await read(many, { sample: 4 }, { seed: 8 })).not.toEqual(drawn);
  });

  test("rows without a text keep their place where rows are pairs", async () => {
    const pairs = write("pairs.csv", "human,back\na,\nb,c\n,d\n");
    const texts = async (text: string) =>
      (await readRecords({ source: pairs, text }, { keepBlank: true })).map((record) => record.text);
    expect([await texts("human"), await texts("back")]).toEqual([
      ["a", "b", ""],
      ["", "c", "d"],
    ]);
  });
});

describe("data sets of the Hub", () => {
  test("their files are read in order, under their names there", async () => {
    const first = write("blob-1.parquet", readFileSync(REVIEWS));
    const second = write("blob-2.csv", "text,label,language\nNo chairs.,negative\n");
    const asked: unknown[] = [];
    const resolveDataset: ResolveDataset = async (source, options) => {
      asked.push([source, options?.split]);
      return {
        repository: "owner/name",
        revision: "c0ffee",
        notes: ["A part is missing."],
        files: [
          { path: first, name: "data/a.parquet", split: "test", config: "default" },
          { path: second, name: "data/b.csv", split: "test", config: "default" },
        ],
      };
    };
    const source = "hf:datasets/owner/name";
    const notes: string[] = [];
    const message = await failureOf(
      read(source, { split: "test" }, { resolveDataset, onNote: (note) => notes.push(note) }),
    );
    expect(message).toMatch(/^hf:datasets\/owner\/name\/data\/b\.csv:2: has 2 fields, and the header has 3/);
    expect(asked).toEqual([[source, "test"]]);
    expect(notes.slice(0, 2)).toEqual([
      `${source}: the revision is c0ffee.`,
      `${source}: A part is missing.`,
    ]);
    write("blob-2.csv", "text,label,language\nNo chairs.,negative,\n");
    expect((await read(source, {}, { resolveDataset })).at(-1)).toEqual([
      "No chairs.",
      "negative",
      undefined,
    ]);
  });

  test("a Parquet file comes from a Hub, and later from the cache", async () => {
    const hub = await startTestHub();
    const source = "hf:datasets/owner/reviews";
    const labels = ["negative", "positive"];
    try {
      hub.put("datasets/owner/reviews", { "data/train-00000-of-00001.parquet": readFileSync(REVIEWS) });
      vi.stubEnv("HF_ENDPOINT", hub.url);
      vi.stubEnv("TILLER_HOME", `${folder}/home`);
      const rows = await readLabelled(source, { labels });
      expect(rows[2]).toEqual({ text: "ሻዩ ጥሩ ነበር።", label: "positive", language: "am" });
      const hash = await sourceSha256(source);
      hub.put("datasets/owner/reviews", {
        "README.md": "More to read.",
        "data/train-00000-of-00001.parquet": readFileSync(REVIEWS),
      });
      expect(await sourceSha256(source)).toBe(hash);
      await hub.down();
      vi.stubEnv("HF_HUB_OFFLINE", "1");
      expect(await readLabelled(source, { labels })).toEqual(rows);
    } finally {
      await hub.down();
    }
  });
});

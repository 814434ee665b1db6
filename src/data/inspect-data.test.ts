import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { inspectData } from "./inspect-data.js";
import { inspectionText } from "./inspection-text.js";
import { failureOf, sourceFolder } from "./test-sources.js";

const { write } = sourceFolder();
const REVIEWS = fileURLToPath(new URL("./fixtures/reviews.parquet", import.meta.url));

test("rows, columns, labels, languages, lengths and copies", async () => {
  const file = write(
    "a.jsonl",
    '{"text":"Good","label":"x","language":"en"}\n{"text":"good","label":"y","language":"en","n":1}\n{"text":"ጥሩ","label":"x","language":"am","n":null}\n',
  );
  const found = await inspectData(file, { first: 1 });
  expect(found).toEqual({
    source: file,
    files: [file],
    rows: 3,
    columns: [
      { name: "text", kinds: ["text"], empty: 0 },
      { name: "label", kinds: ["text"], empty: 0 },
      { name: "language", kinds: ["text"], empty: 0 },
      { name: "n", kinds: ["number"], empty: 2 },
    ],
    writtenLabels: [
      { name: "x", rows: 2 },
      { name: "y", rows: 1 },
    ],
    read: {
      rows: 3,
      labels: [
        { name: "x", rows: 2 },
        { name: "y", rows: 1 },
      ],
      languages: [
        { name: "en", rows: 2 },
        { name: "am", rows: 1 },
      ],
      copies: 1,
      contradictions: 1,
      characters: { least: 2, median: 4, most: 4 },
      first: [{ where: `${file}:1`, text: "Good", label: "x", language: "en" }],
    },
    notes: [],
  });
  expect(inspectionText(found)).toBe(
    [
      `${file}: 3 rows`,
      "",
      "columns",
      "  text      text",
      "  label     text",
      "  language  text",
      "  n         number, 2 empty",
      "",
      "labels",
      "  x  2",
      "  y  1",
      "",
      "languages",
      "  en  2",
      "  am  1",
      "",
      "3 texts of 2 to 4 characters, median 4; 1 repeated (1 under another label)",
      '  x, en: "Good"',
    ].join("\n"),
  );
});

test("classes of a Parquet file, and what is left out", async () => {
  const text = inspectionText(await inspectData(REVIEWS));
  expect(text).toContain("label     number: 0 negative, 1 positive");
  expect(text).toContain("text      text, 1 empty");
  expect(text).toContain("1 row without a text was left out");
  expect(text).toContain('positive, en: "The bread was warm."');
});

test("what a recipe could not read is shown as it is, with the reason", async () => {
  const file = write("b.csv", "review,label\nfine,1\npoor,0\nbad,0\n");
  const found = await inspectData(file);
  expect(found.read).toBeUndefined();
  expect(found.writtenLabels).toEqual([
    { name: "0", rows: 2 },
    { name: "1", rows: 1 },
  ]);
  expect(inspectionText(found)).toMatch(
    /labels as written\n {2}0 {2}2\n {2}1 {2}1\n\nA recipe could not read it so:\n.*Did you mean "review"\?/,
  );
  expect(await failureOf(inspectData(write("c.csv", "text\na,b\n")))).toMatch(/c\.csv:2: has 2 fields/);
});

test("what would change a terminal is escaped", async () => {
  const file = write(
    "d.jsonl",
    JSON.stringify({ text: "a\u001b[31m\u202eb", "x\u001b": 1, label: "l\u001b" }),
  );
  const text = inspectionText(await inspectData(file));
  for (const character of "\u001b\u202e") expect(text).not.toContain(character);
  expect(text).toContain('"x\\u001b"');
});

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { RecipeError } from "../errors.js";
import { oneSidedNote, readLabelled, readTexts } from "./labelled-text.js";

let folder: string;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tiller-texts-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileWith(content: string | Uint8Array, ending = ".jsonl"): Promise<string> {
  files += 1;
  const file = join(folder, `${files}${ending}`);
  await writeFile(file, content);
  return file;
}

async function failure(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RecipeError);
  return (error as Error).message;
}

describe("readTexts", () => {
  it("reads a text a line from .txt, with a byte order mark, CRLF and blank lines", async () => {
    const file = await fileWith("\ufeffCafe\u0301\r\n\r\n  ጥሩ ነው።  \r\n \nlast", ".txt");
    expect(await readTexts(file)).toEqual(["Café", "ጥሩ ነው።", "last"]);
  });

  it("keeps blank lines within .txt where they hold a place", async () => {
    const file = await fileWith("\n a\n\nb\n \n\n", ".txt");
    expect(await readTexts(file, { keepBlank: true })).toEqual(["", "a", "", "b"]);
    const json = await fileWith('\n{"text":"a"}\n\n{"text":"b"}\n');
    expect(await readTexts(json, { keepBlank: true })).toEqual(["a", "b"]);
  });

  it("breaks lines at line feeds only", async () => {
    const file = await fileWith("one\u2028still one\u0085and\n\ufefftwo\n", ".txt");
    expect(await readTexts(file)).toEqual(["one\u2028still one\u0085and", "two"]);
    const json = await fileWith('{"text":"one\u2028still one"}\n{"text":"a\\nb"}\n');
    expect(await readTexts(json)).toEqual(["one\u2028still one", "a\nb"]);
  });

  it("reads characters and lines that lie across the parts in which a file is read", async () => {
    const texts = Array.from({ length: 3000 }, (_, index) => `${"ไทย".repeat(index % 40)}${index}`);
    expect(await readTexts(await fileWith(`x${texts.join("\n")}`, ".txt"))).toEqual([
      `x${texts[0]}`,
      ...texts.slice(1),
    ]);
  });

  it("selects rows by label and language, where a row has them", async () => {
    const file = await fileWith(
      [
        '{"text":"a","label":"good","language":"slv"}',
        '{"text":"b","label":"bad","language":"sl"}',
        '{"text":"c","label":"good","language":"am"}',
        '{"text":"d"}',
      ].join("\n"),
    );
    expect(await readTexts(file)).toEqual(["a", "b", "c", "d"]);
    expect(await readTexts(file, { label: "good" })).toEqual(["a", "c", "d"]);
    expect(await readTexts(file, { label: "good", language: "sl" })).toEqual(["a", "d"]);
  });

  it("says when nothing is left", async () => {
    expect(await failure(readTexts(await fileWith("", ".txt")))).toMatch(/\d\.txt: holds no text\.$/);
    expect(await failure(readTexts(await fileWith("\ufeff\r\n", ".txt")))).toContain("holds no text.");
    const file = await fileWith('{"text":"a","label":"good","language":"sl"}');
    expect(await failure(readTexts(file, { label: "bad", language: "deu" }))).toContain(
      'holds no text for label "bad" and language "de".',
    );
  });

  it("names file and line of what is not UTF-8", async () => {
    const file = await fileWith(
      Buffer.concat([Buffer.from("good\n\n"), Buffer.from([0x63, 0xe9, 0x0a])]),
      ".txt",
    );
    expect(await failure(readTexts(file))).toContain(
      `${file}:3: byte 2 of the line is 0xe9, which is not UTF-8.`,
    );
  });

  it("names what cannot be read", async () => {
    expect(await failure(readTexts(join(folder, "none.txt")))).toContain("none.txt: there is no such file.");
    expect(await failure(readTexts(await fileWith("a", ".doc")))).toContain("ends in .jsonl, .ndjson");
    expect(await failure(readLabelled(await fileWith("a", ".txt")))).toContain("has no labels");
  });
});

describe("readLabelled", () => {
  it("reads text, label and language", async () => {
    const file = await fileWith(
      '\ufeff{"id":1,"text":" Cafe\\u0301 ","label":"good","language":"amh"}\r\n\r\n{"text":"b","label":"bad"}\r\n',
    );
    expect(await readLabelled(file)).toEqual([
      { text: "Café", label: "good", language: "am" },
      { text: "b", label: "bad" },
    ]);
  });

  it("gives labels as the caller spells them", async () => {
    const file = await fileWith('{"text":"a","label":"cafe\\u0301"}');
    expect((await readLabelled(file, { labels: ["cafe\u0301", "x"] }))[0]!.label).toBe("cafe\u0301");
  });

  it.each([
    ['{"text":"b", "label"}', "is not JSON"],
    ['["b"]', "is not a JSON object"],
    ["null", "is not a JSON object"],
    ['{"label":"good"}', 'the field "text" is missing'],
    ['{"text":"b"}', 'the field "label" is missing'],
    ['{"text":7,"label":"good"}', 'the field "text" is 7; it must be a string'],
    ['{"text":"b","label":0}', 'the label "0" is not one of "good", "bad"'],
    ['{"text":"b","label":[0]}', 'the field "label" is a list of 1; it must be a string'],
    ['{"text":" ","label":"good"}', 'the field "text" is empty'],
    ['{"text":"b","label":"neutral"}', 'the label "neutral" is not one of "good", "bad"'],
    ['{"text":"b","label":"good","language":"xx"}', '"xx" is not a known language code'],
  ])("names file and line of %s", async (line, message) => {
    const file = await fileWith(`{"text":"a","label":"good"}\n\n${line}\n{"text":"c","label":"bad"}\n`);
    const found = await failure(readLabelled(file, { labels: ["good", "bad"] }));
    expect(found).toContain(`${file}:3: `);
    expect(found).toContain(message);
  });

  it("refuses an empty file", async () => {
    expect(await failure(readLabelled(await fileWith("\n")))).toContain("holds no text.");
  });
});

test("a note says when nearly all texts have one label", () => {
  const rows = (...counts: readonly number[]) =>
    counts.flatMap((count, label) =>
      Array.from({ length: count }, () => ({ text: "x", label: `l${label}` })),
    );
  expect(oneSidedNote(rows(1, 9))).toBe(
    '9 of 10 texts (90 %) have the label "l1"; `balance: true` takes as many of each.',
  );
  expect(oneSidedNote(rows(2, 9))).toBeUndefined();
});

test("texts of a label that is not there: the message lists those that are", async () => {
  const file = await fileWith("text,label\na,pos\nb,neg\n", ".csv");
  expect(await failure(readTexts(file, { label: "positive" }))).toBe(
    `${file}: holds no text for label "positive". Its labels are "pos", "neg"; \`labels\` maps them.`,
  );
});

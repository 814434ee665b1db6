import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DelimitedOptions, openDelimited } from "./delimited.js";
import { failureOf, sourceFolder } from "./test-sources.js";

const { write } = sourceFolder();
let files = 0;

async function read(content: string | Uint8Array, options: Partial<DelimitedOptions> = {}) {
  files += 1;
  const path = write(`${files}.csv`, content);
  const table = await openDelimited(path, "FILE", { delimiter: ",", ...options });
  const rows = [];
  for await (const { where, values } of table.rows) rows.push({ where, ...values });
  return rows;
}

const failure = (content: string, options?: Partial<DelimitedOptions>) => failureOf(read(content, options));

test("quoted delimiters, quotes and line breaks; a mark, CRLF and blank lines; lines of the file", async () => {
  const content = '\ufefftext,label\r\n"a, ""b""",good\r\n\r\n"two\nlines",bad\r\n last,good\r\n';
  expect(await read(content)).toEqual([
    { where: "FILE:2", text: 'a, "b"', label: "good" },
    { where: "FILE:4", text: "two\nlines", label: "bad" },
    { where: "FILE:6", text: " last", label: "good" },
  ]);
});

test("UTF-16, other delimiters, no line feed at the end", async () => {
  expect(await read(Buffer.from("\ufefftext;label\nጥሩ;a", "utf16le"), { delimiter: ";" })).toEqual([
    { where: "FILE:2", text: "ጥሩ", label: "a" },
  ]);
  expect(await read('text\tlabel\n"Yes" she said\ta\n', { delimiter: "\t", quotes: false })).toEqual([
    { where: "FILE:2", text: '"Yes" she said', label: "a" },
  ]);
});

test("a table that was written is read as it was", async () => {
  const field = fc.string({ unit: fc.constantFrom('"', ",", "\n", "\r", "a", "é", "ጥ", " "), maxLength: 6 });
  const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(field, field), { maxLength: 8 }), async (rows) => {
      const content = ["text,label", ...rows.map((row) => row.map(quoted).join(","))].join("\r\n");
      const found = await read(content);
      expect(found.map(({ text, label }: Record<string, unknown>) => [text, label])).toEqual(rows);
    }),
    { numRuns: 40 },
  );
});

describe("what is wrong is named with its line", () => {
  test("a record with another number of fields", async () => {
    expect(await failure("text,label\na,b\n\nHello, you,good\n")).toBe(
      'FILE:4: has 3 fields, and the header has 2 ("text", "label"). A field that holds the delimiter "," must stand in double quotes.',
    );
    expect(await failure('text,label\n"a\nb",c\nd\n')).toMatch(/^FILE:4: has 1 field, and the header has 2/);
  });

  test("a wrong delimiter, with the right one", async () => {
    expect(await failure("text;label\na;b\n")).toBe(
      'FILE:1: with the delimiter "," there is only one column. With ";" there would be 2: "text", "label". Give delimiter: ";".',
    );
    expect(await failure("text,label\na,b\n", { delimiter: "\t" })).toContain('Give delimiter: ","');
    expect(await read("text\na; b | c\n")).toHaveLength(1);
  });

  test("quotes", async () => {
    expect(await failure(`text,label\na,b\n"open,b\n${"c,d\n".repeat(50)}`)).toMatch(
      /^FILE:3: a double quote opens a field here, and none closes it.*quotes: false/,
    );
    expect(await failure('text,label\n"Yes" she said,b\n')).toMatch(
      /^FILE:2: after the double quote that closes/,
    );
    expect(await failure('text,label\na,b\nthe "best",b\n')).toMatch(
      /^FILE:3: a double quote stands within a field/,
    );
  });

  test("the header", async () => {
    expect(await failure("text,label\ra,b\r")).toMatch(/^FILE:1: the lines end in carriage returns alone/);
    expect(await failure("")).toMatch(/^FILE: is empty/);
    expect(await failure("\ufeff\n\n")).toMatch(/^FILE: is empty/);
    expect(await failure("text,text\na,b\n")).toBe(
      'FILE:1: two columns are called "text". Rename one of them.',
    );
    expect(await failure('{"text":"a"}\n')).toMatch(
      /looks like JSON\. Give the file a name that ends in \.jsonl/,
    );
  });
});

import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { failureOf, sourceFolder } from "./test-sources.js";
import { openTextFolder } from "./text-folder.js";

const { folder, write } = sourceFolder();
const at = (...names: string[]) => join(folder, ...names);

async function read(name: string) {
  const { rows, columns } = await openTextFolder(at(name));
  const found = [];
  for await (const { where, values } of rows) found.push({ where, ...values });
  return { columns, rows: found };
}

test("a folder for each label, in the order of names", async () => {
  write("labelled/positive/b.txt", "\ufeffgood\r\nbread\r\n");
  write("labelled/positive/a.TXT", Buffer.from("\ufeffጥሩ", "utf16le"));
  write("labelled/negative/z.txt", "cold soup");
  write("labelled/negative/.hidden.txt", "x");
  write("labelled/README.md", "x");
  mkdirSync(at("labelled", "empty"));
  expect(await read("labelled")).toEqual({
    columns: ["text", "label"],
    rows: [
      { where: at("labelled", "negative", "z.txt"), text: "cold soup", label: "negative" },
      { where: at("labelled", "positive", "a.TXT"), text: "ጥሩ", label: "positive" },
      { where: at("labelled", "positive", "b.txt"), text: "good\nbread\n", label: "positive" },
    ],
  });
});

test("texts without labels", async () => {
  write("flat/1.txt", "one");
  write("flat/2.txt", "two");
  expect((await read("flat")).rows.map(({ text }: Record<string, unknown>) => text)).toEqual(["one", "two"]);
});

describe("what cannot be read is refused", () => {
  test("no texts, or both kinds, or deeper folders", async () => {
    mkdirSync(at("none"));
    expect(await failureOf(read("none"))).toMatch(/holds no \.txt files, and no folders with any/);
    write("tables/train.csv", "text\na\n");
    expect(await failureOf(read("tables"))).toMatch(
      /If "train\.csv" holds the texts, give the file's own name/,
    );
    write("mixed/a.txt", "a");
    write("mixed/good/b.txt", "b");
    expect(await failureOf(read("mixed"))).toMatch(
      /texts such as "a\.txt" beside folders of texts such as "good\/b\.txt"/,
    );
    write("deep/good/more/b.txt", "b");
    expect(await failureOf(read("deep"))).toMatch(/is a folder within a label's folder/);
    expect(await failureOf(read("missing"))).toMatch(/there is no such file/);
    write("latin/good/b.txt", Buffer.from("ok\ncaf\xe9", "latin1"));
    expect(await failureOf(read("latin"))).toMatch(/b\.txt:2: byte 4 of the line is 0xe9/);
  });

  test.skipIf(process.platform === "win32")(
    "links that lead out, and names with control characters",
    async () => {
      const secret = write("outside/secret.txt", "secret");
      write("links/good/a.txt", "a");
      symlinkSync("a.txt", at("links", "good", "b.txt"));
      expect((await read("links")).rows).toHaveLength(2);
      symlinkSync(secret, at("links", "good", "c.txt"));
      expect(await failureOf(read("links"))).toMatch(/c\.txt: is a link that leads out of the folder/);
      mkdirSync(at("up"));
      symlinkSync("..", at("up", "label"));
      expect(await failureOf(read("up"))).toMatch(/label: is a link that leads out of the folder/);
      mkdirSync(at("loop"));
      symlinkSync("self", at("loop", "self"));
      expect(await failureOf(read("loop"))).toMatch(/self: is a link that leads back to itself/);
      write("control/bad\u001b[31m/a.txt", "a");
      expect(await failureOf(read("control"))).toMatch(/bad\\u001b\[31m": the name has characters/);
    },
  );
});

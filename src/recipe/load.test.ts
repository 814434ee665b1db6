import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RecipeError } from "../errors.js";
import { fileSha256, recipeFiles } from "./files.js";
import { recipeFingerprint } from "./fingerprint.js";
import { loadRecipe, parseRecipe } from "./load.js";
import { recipeTemplate } from "./template.js";

const BASE = `name: run
model:
  source: tinyllama
task:
  labels: [good, bad]
  languages: [en]
  prompt: paper-a/sentiment
contrast:
  - class: good
    texts: [fine, great]
  - class: bad
    texts: [poor, awful]
steering:
  method: mean-difference
samples:
  perLabel: 10
`;

function messageOf(text: string): string {
  try {
    parseRecipe(text, "recipe.yaml");
  } catch (error) {
    expect(error).toBeInstanceOf(RecipeError);
    return (error as Error).message;
  }
  return "";
}

/** The message for the base recipe with one line replaced. */
const replaced = (line: string, by: string): string => {
  expect(BASE).toContain(line);
  return messageOf(BASE.replace(line, by));
};

describe("parseRecipe", () => {
  test("fills in the defaults and says where the recipe is", () => {
    const loaded = parseRecipe(BASE, join("folder", "recipe.yaml"));
    expect(loaded.recipe.decoding.temperature).toBe(0.8);
    expect(loaded.recipe.baselines).toEqual(["zero-shot"]);
    expect(loaded.file).toBe(join(process.cwd(), "folder", "recipe.yaml"));
    expect(loaded.directory).toBe(join(process.cwd(), "folder"));
    expect(loaded.text).toBe(BASE);
    expect(loaded.fingerprint).toBe(recipeFingerprint(loaded.recipe));
  });

  test("reads JSON, indented with tabs or not", () => {
    const { recipe } = parseRecipe(BASE, "recipe.yaml");
    expect(parseRecipe(JSON.stringify(recipe, null, "\t"), "recipe.json").recipe).toEqual(recipe);
    expect(parseRecipe(JSON.stringify(recipe), "recipe.json").recipe).toEqual(recipe);
  });

  test("accepts a byte order mark, Windows line ends and a document marker", () => {
    const { recipe } = parseRecipe(BASE, "recipe.yaml");
    const loaded = parseRecipe(`\ufeff---\r\n${BASE.replaceAll("\n", "\r\n")}...\r\n`, "recipe.yaml");
    expect(loaded.recipe).toEqual(recipe);
    expect(loaded.text.startsWith("---")).toBe(true);
  });

  test("Norwegian stays a language, and yes, on and off stay labels", () => {
    const text = BASE.replace("[en]", "[no]").replace("[good, bad]", "[yes, off]");
    const { recipe } = parseRecipe(
      text.replace("class: good", "class: yes").replace("class: bad", "class: off"),
      "r",
    );
    expect(recipe.task.languages).toEqual(["no"]);
    expect(recipe.task.labels).toEqual(["yes", "off"]);
  });

  test("anchors and aliases work in small number", () => {
    const text = BASE.replace("[good, bad]", "[&g good, &b bad]").replace("class: bad", "class: *b");
    expect(parseRecipe(text.replace("class: good", "class: *g"), "r").recipe.contrast[1]!.class).toBe("bad");
  });

  test("labels in any script, with joiners, are labels; text becomes NFC, paths stay", () => {
    const text = BASE.replaceAll("good", "خوب\u200cها")
      .replaceAll("bad", "हिन्दी")
      .replace("name: run", "name: हिन्दी");
    const { recipe } = parseRecipe(`${text}output: cafe\u0301\n`.replace("fine", "cafe\u0301"), "r");
    expect(recipe.task.labels).toEqual(["خوب\u200cها", "हिन्दी"]);
    expect(recipe.contrast[0]!.texts![0]).toBe("caf\u00e9");
    expect(recipe.output).toBe("cafe\u0301");
  });
});

describe("messages", () => {
  test("a wrong key, with the one that was meant", () => {
    expect(replaced("  perLabel: 10", "  per_label: 10")).toBe(
      'recipe.yaml, line 16, column 3: samples.per_label: unknown key "per_label". Did you mean perLabel? ' +
        "Allowed: perLabel, pilotPerLabel, attempts, perCall, separator.",
    );
  });

  test("a key in the wrong place", () => {
    expect(messageOf(`${BASE}temperature: 1\n`)).toMatch(
      /^recipe\.yaml, line 17, column 1: temperature: unknown key "temperature"\. Did you mean decoding\.temperature\?/,
    );
  });

  test("a missing key", () => {
    expect(replaced("  source: tinyllama", "  threads: 2")).toMatch(
      /^recipe\.yaml, line 2, column 1: model\.source: the key is missing; give text that is not empty\. An alias/,
    );
  });

  test("a wrong type", () => {
    expect(replaced("perLabel: 10", "perLabel: ten")).toBe(
      'recipe.yaml, line 16, column 13: samples.perLabel: found the text "ten"; allowed: a whole number of at least 1.',
    );
    expect(replaced("  source: tinyllama", "")).toMatch(
      /^recipe\.yaml, line 2, column 1: model: found nothing; allowed: a map with the keys source, /,
    );
    expect(messageOf(`${BASE}filters:\n`)).toMatch(
      /line 17, column 1: filters: found nothing; .* Or leave the key out\.$/,
    );
  });

  test("out of range", () => {
    expect(replaced("  source: tinyllama", "  source: tinyllama\n  sequences: 65")).toBe(
      "recipe.yaml, line 4, column 14: model.sequences: found the number 65; allowed: a whole number from 1 to 64.",
    );
    expect(replaced("  perLabel: 10", "  perLabel: 1.5")).toMatch(
      /found the number 1\.5; allowed: a whole number/,
    );
  });

  test.each([".nan", ".inf", "-.inf", "1e999"])("the number %s", (number) => {
    expect(messageOf(`${BASE}decoding:\n  temperature: ${number}\n`)).toBe(
      `recipe.yaml, line 18, column 16: decoding.temperature: found the number ${number}; allowed: a number from 0 to 5.`,
    );
  });

  test("NaN without a dot is text in YAML", () => {
    expect(messageOf(`${BASE}heldOut: NaN\n`)).toMatch(
      /heldOut: found the text "NaN"; allowed: a number from 0\.1 to 0\.9/,
    );
  });

  test("numbers where text is expected", () => {
    expect(replaced("[good, bad]", "[1, 007]")).toMatch(
      /line 5, column 12: task\.labels\[0\]: found the number 1; allowed: .* Put it in quotes: "1"\.\n.*line 5, column 15: task\.labels\[1\]: found the number 007; .* Put it in quotes: "007"\./,
    );
  });

  test("a language that is no code", () => {
    expect(replaced("[en]", "[English]")).toMatch(
      /task\.languages\[0\]: found the text "English"; allowed: .* ISO 639 code in small letters/,
    );
  });

  test("an alternative's own problem, if one can tell which was meant", () => {
    expect(replaced("prompt: paper-a/sentiment", "prompt: {zeroShot: 1}")).toMatch(
      /line 7, column 22: task\.prompt\.zeroShot: found the number 1/,
    );
    expect(replaced("prompt: paper-a/sentiment", "prompt: [x]")).toMatch(
      /line 7, column 11: task\.prompt: found a list of 1 item; allowed: a built-in template such as/,
    );
  });

  test("a wrong layer", () => {
    expect(replaced("  method: mean-difference", "  method: mean-difference\n  layers: [3, erly]")).toMatch(
      /line 15, column 15: steering\.layers\[1\]: found the text "erly"; allowed: a block's 0-based number, .* early, middle or late/,
    );
  });

  test("all problems are listed, in the order of the file", () => {
    const text = `${BASE.replace("perLabel", "perlabel").replace("name: run", "name: a b").replace("en", "EN")}seed: x\n`;
    const lines = messageOf(text).split("\n");
    expect(lines[0]).toBe("recipe.yaml has 4 problems:");
    expect(lines.slice(1).map((line) => /: ([\w.[\]]+):/.exec(line)?.[1])).toEqual([
      "name",
      "task.languages[0]",
      "samples.perlabel",
      "seed",
    ]);
  });
});

describe("what YAML allows and a recipe does not", () => {
  test.each(["", "\n\n", "# a comment\n", "---\n", "null", "~"])("an empty recipe: %j", (text) => {
    expect(messageOf(text)).toMatch(/^recipe\.yaml, line 1, column 1: the recipe is empty; allowed: a map/);
  });

  test.each([
    ["- a\n- b", "a list of 2 items"],
    ["just text", 'the text "just text"'],
    ["42", "the number 42"],
    ["[]", "an empty list"],
  ])("a root that is no map: %j", (text, found) => {
    expect(messageOf(text)).toContain(
      `line 1, column 1: found ${found}; allowed: a map with the keys format, name,`,
    );
  });

  test("tabs as indentation", () => {
    expect(replaced("  source", "\tsource")).toMatch(
      /^recipe\.yaml, line 3, column 1: model: this is not valid YAML: Tabs are .* Found a tab; allowed: spaces\.$/,
    );
  });

  test("a key that is given twice", () => {
    expect(messageOf(`${BASE}name: again\n`)).toBe(
      "recipe.yaml, line 17, column 1: name: the key is given twice in this map; allowed: once. Remove one of the two. " +
        "It is first given on line 1.",
    );
    expect(messageOf('{"name": "x", "name": "y"}')).toContain(
      "line 1, column 15: name: the key is given twice",
    );
  });

  test("several documents", () => {
    expect(messageOf(`${BASE}---\n${BASE}`)).toMatch(
      /^recipe\.yaml, line 17, column 1: a second document begins here/,
    );
  });

  test("tags", () => {
    expect(replaced("source: tinyllama", "source: !env MODEL")).toMatch(
      /line 3, column 16: model\.source: found the tag "!env"; .* leave the tag out\.$/,
    );
    expect(replaced("source: tinyllama", "source: !!binary aGk=")).toContain("found the tag");
    expect(replaced("source: tinyllama", "source: !!str 5")).toBe("");
  });

  test("another version of YAML", () => {
    expect(messageOf(`%YAML 1.1\n---\n${BASE}`)).toMatch(
      /line 1, column 1: found "%YAML 1\.1"; recipes are YAML 1\.2/,
    );
    expect(messageOf(`%YAML 1.2\n---\n${BASE}`)).toBe("");
  });

  test("__proto__ and its kin are unknown keys", () => {
    expect(messageOf(`${BASE}__proto__: {polluted: true}\n`)).toMatch(
      /line 17, column 1: __proto__: unknown key/,
    );
    expect(messageOf(`${BASE}decoding: {__proto__: {temperature: 3}}\n`)).toContain(
      "decoding.__proto__: unknown key",
    );
    expect(messageOf(`${BASE}constructor: {prototype: {a: 1}}\n`)).toContain('unknown key "constructor"');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test("keys that are no text, and keys that are numbers", () => {
    expect(messageOf(`${BASE}? [a, b]\n: 1\n`)).toMatch(/line 17, column 3: found a key that is no text/);
    expect(messageOf(`${BASE}1: x\n`)).toMatch(/line 17, column 1: \["1"\]: unknown key "1"/);
  });

  test("an alias of nothing, and one of itself", () => {
    expect(replaced("[fine, great]", "[fine, *great]")).toMatch(
      /line 10, column 19: contrast\[0\]\.texts\[1\]: found the alias "\*great", but no value above/,
    );
    expect(messageOf(`${BASE}stop: &a [*a]\n`)).toContain('found the alias "*a"');
  });

  test("characters that no text holds", () => {
    expect(replaced("name: run", 'name: "a\\0b"')).toContain(
      "line 1, column 7: name: found the character NUL",
    );
    expect(replaced("fine", '"\\ud83d"')).toContain("contrast[0].texts[0]: found half of a surrogate pair");
    expect(replaced("fine", '"\\ud83d\\ude00"')).toBe("");
  });
});

describe("texts made to exhaust", () => {
  test("aliases of aliases", () => {
    let bomb = `${BASE}a0: &a0 [x, x, x, x, x, x, x, x, x]\n`;
    for (let level = 1; level < 12; level++) {
      bomb += `a${level}: &a${level} [${Array(9)
        .fill(`*a${level - 1}`)
        .join(", ")}]\n`;
    }
    const before = performance.now();
    expect(messageOf(bomb)).toMatch(/found too many aliases \(\*name\); allowed: 20/);
    expect(performance.now() - before).toBeLessThan(2000);
  });

  test("few aliases of a long list", () => {
    const bomb = `${BASE}a: &a [${"x, ".repeat(9000)}]\nb: [*a, *a]\n`;
    expect(messageOf(bomb)).toContain("b[1]: found too many aliases");
  });

  test("more than a mebibyte, counted in bytes", () => {
    const room = 1024 * 1024 - Buffer.byteLength(`${BASE}#`);
    expect(messageOf(`${BASE}#${"x".repeat(room)}`)).toBe("");
    expect(messageOf(`${BASE}#${"x".repeat(room + 1)}`)).toMatch(
      /found 1048577 bytes; a recipe has at most 1048576/,
    );
    expect(messageOf(`${BASE}#${"é".repeat(room)}`)).toMatch(/bytes; a recipe has at most/);
  });

  test.each(["[", "{a: ", "- ", "? ", "[[], "])("nesting with %j", (open) => {
    expect(messageOf(open.repeat(200_000))).toMatch(/found more than 64 lists and maps inside each other/);
  });

  test("comments and signs without end", () => {
    expect(messageOf("]".repeat(500_000))).toContain("found more than 10000 comments or stray signs");
  });
});

describe("loadRecipe", () => {
  let folder: string;
  const at = (name: string) => join(folder, name);
  const failure = async (path: string): Promise<string> => {
    const error: unknown = await loadRecipe(path).then(
      () => undefined,
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(RecipeError);
    return (error as Error).message;
  };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tiller-recipe-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test("reads a file", async () => {
    await writeFile(at("good.yaml"), `\ufeff${BASE}`);
    const loaded = await loadRecipe(at("good.yaml"));
    expect(loaded).toEqual(parseRecipe(BASE, at("good.yaml")));
  });

  test("a missing file", async () => {
    expect(await failure(at("none.yaml"))).toMatch(/none\.yaml: there is no such file/);
    await writeFile(at("plain"), "");
    expect(await failure(at("plain/none.yaml"))).toContain("there is no such file");
  });

  test("a folder, an empty file, a path that no file can have", async () => {
    expect(await failure(folder)).toBe(
      `${folder}: found a folder; allowed: a recipe file. Name the file in it.`,
    );
    await writeFile(at("empty.yaml"), "");
    expect(await failure(at("empty.yaml"))).toContain("empty.yaml, line 1, column 1: the recipe is empty");
    expect(await failure("a\0b")).toContain("cannot be read");
  });

  test.skipIf(process.platform === "win32")("a pipe", async () => {
    execFileSync("mkfifo", [at("pipe")]);
    expect(await failure(at("pipe"))).toContain("found a device or a pipe");
  });

  test("a huge file is not read", async () => {
    await writeFile(at("huge.yaml"), Buffer.alloc(1024 * 1024 + 1, "#"));
    expect(await failure(at("huge.yaml"))).toMatch(
      /huge\.yaml: found 1048577 bytes; a recipe has at most 1048576/,
    );
  });

  test("bytes that are not UTF-8", async () => {
    const latin1 = Buffer.from(BASE.replace("fine", "sch\u00f6n"), "latin1");
    await writeFile(at("latin1.yaml"), latin1);
    expect(await failure(at("latin1.yaml"))).toMatch(
      /latin1\.yaml, line 10, column 16: found the byte 0xf6, which is not UTF-8; allowed: text in UTF-8/,
    );
    await writeFile(at("utf16.yaml"), Buffer.from(`\ufeff${BASE}`, "utf16le"));
    expect(await failure(at("utf16.yaml"))).toContain("line 1, column 1: found the byte 0xff");
    await writeFile(at("cut.yaml"), Buffer.concat([Buffer.from("name: é"), Buffer.from([0xe2, 0x82])]));
    expect(await failure(at("cut.yaml"))).toContain("line 1, column 8: found the byte 0xe2");
  });

  test("files that the recipe names are there, and their contents count", async () => {
    const text = BASE.replace("texts: [fine, great]", "file: good.txt").replace(
      "texts: [poor, awful]",
      "file: bad.txt",
    );
    await writeFile(at("files.yaml"), text);
    await mkdir(at("bad.txt"));
    const message = await failure(at("files.yaml"));
    expect(message).toMatch(/line 10, column 11: contrast\[0\]\.file: there is no file ".*good\.txt"/);
    expect(message).toMatch(/line 12, column 11: contrast\[1\]\.file: found ".*bad\.txt", which is no file/);

    await rm(at("bad.txt"), { recursive: true });
    await writeFile(at("good.txt"), "fine\ngreat\n");
    await writeFile(at("bad.txt"), "poor\nawful\n");
    const first = await loadRecipe(at("files.yaml"));
    const hashes = new Map<string, string>();
    for (const file of recipeFiles(first)) hashes.set(file, await fileSha256(file));
    expect([...hashes.keys()]).toEqual([at("good.txt"), at("bad.txt")]);
    expect(first.fingerprint).toBe(recipeFingerprint(first.recipe, { directory: folder, hashes }));

    await writeFile(at("bad.txt"), "poor\nworse\n");
    expect((await loadRecipe(at("files.yaml"))).fingerprint).not.toBe(first.fingerprint);
  });
});

describe("any text gives a recipe or a RecipeError with a place", () => {
  const survives = (text: string): void => {
    try {
      parseRecipe(text, "r");
    } catch (error) {
      if (!(error instanceof RecipeError)) throw error;
      if (!/^r(?:, line [1-9]\d*, column [1-9]\d*: | has \d+ problems:\n)/.test(error.message)) {
        throw new Error(`no place in: ${error.message}`);
      }
    }
  };
  const piece = fc.oneof(
    fc.constantFrom(
      ..."\n|\n  |\n    |: |- |? |[|]|{|}|,|&a |*a|!t |!!map |!!int |\"|'|||>|>-\n|#|---\n|...\n|%YAML 1.2\n|\t|\r\n|@|`|~|<<: *a\n"
        .split("|")
        .filter((text) => text !== ""),
      "|\n",
    ),
    fc.constantFrom(
      "name",
      "task",
      "labels",
      "contrast",
      "steering",
      "layers",
      "__proto__",
      "toString",
      ".nan",
      "0x1f",
      "1e9",
      "null",
      "true",
    ),
    fc.string({ unit: "binary", maxLength: 8 }),
  );

  test("text like YAML", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => survives(pieces.join(""))),
      { numRuns: 3000 },
    );
  });

  test("a recipe with pieces cut out and put in", () => {
    const template = recipeTemplate();
    const edit = fc.tuple(fc.nat(template.length), fc.nat(30), piece);
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        let text = template;
        for (const [start, length, by] of edits)
          text = text.slice(0, start) + by + text.slice(start + length);
        survives(text);
      }),
      { numRuns: 500 },
    );
  });

  test("a recipe with values of any kind", () => {
    const keys = fc.constantFrom(
      ...Object.keys(parseRecipe(BASE, "r").recipe),
      "demonstrations",
      "classifier",
      "x",
    );
    fc.assert(
      fc.property(fc.dictionary(keys, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 }), (change) => {
        survives(JSON.stringify({ ...parseRecipe(BASE, "r").recipe, ...change }));
      }),
      { numRuns: 500 },
    );
  });
});

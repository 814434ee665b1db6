import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createApertiumTranslator, withoutMarks } from "./apertium.js";

const folder = mkdtempSync(join(tmpdir(), "tiller-apertium-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Stands in for the program: lists two pairs, and writes the arguments before each line of its input. */
const program = join(folder, "apertium");
writeFileSync(
  program,
  `#!/bin/sh
if [ "$1" = "-l" ]; then printf '  eng-spa\\n  es-pt\\n'; exit; fi
sed "/./s|^|$* |"
`,
);
chmodSync(program, 0o755);

test("a pair has the name under which it is installed, new or old", async () => {
  const translator = createApertiumTranslator({ program });
  expect(await translator.translate(["a", "b"], "en", "es")).toEqual(["-u eng-spa a", "-u eng-spa b"]);
  expect(await translator.translate(["a"], "es", "pt-BR")).toEqual(["-u es-pt a"]);
});

test("a pair that is not installed names its Debian package, if there is one", async () => {
  const translator = createApertiumTranslator({ program });
  await expect(translator.requirePair!("en", "ca")).rejects.toThrow(
    "Apertium's pair eng-cat is not installed. On Debian and Ubuntu: apt install apertium-eng-cat.",
  );
  await expect(translator.requirePair!("ms", "id")).rejects.toThrow("apt install apertium-ind-zlm");
  await expect(translator.requirePair!("hr", "sl")).rejects.toThrow("apt install apertium-hbs-slv");
  await expect(translator.translate(["a"], "en", "de")).rejects.toThrow(
    "Debian has no package of it; try a chain over another language (--via) or another --translator. Installed: eng-spa, es-pt.",
  );
});

test("without the program, it is said how to get it", async () => {
  const translator = createApertiumTranslator({ program: join(folder, "missing") });
  await expect(translator.requirePair!("en", "es")).rejects.toThrow(/is not installed.*apt install apertium/);
});

test("marks of unknown words go, and those of the text stay", () => {
  expect(withoutMarks("a xylophone", "un *xylophone y @cosa, (#tener)")).toBe("un xylophone y cosa, (tener)");
  expect(withoutMarks("a *bold* word", "una palabra *bold* @rara")).toBe("una palabra *bold* rara");
  expect(withoutMarks("2 * 3 = 6, mail x@y", "2 * 3 = 6, correo x@y, *mail")).toBe(
    "2 * 3 = 6, correo x@y, *mail",
  );
});

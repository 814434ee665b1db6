/** The real Apertium with its English-Spanish pair: text of our own there and back, killed and resumed. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, test } from "vitest";
import { startTiller, tiller } from "../../src/cli/test-cli.js";
import { createApertiumTranslator } from "../../src/translate/apertium.js";

const listing = spawnSync("apertium", ["-l"], { encoding: "utf8" });
const isThere = ["eng-spa", "spa-eng"].every((pair) => listing.stdout?.includes(pair));
const isRequired = (process.env.TILLER_REQUIRE_SERVICES ?? "").split(/[\s,]+/).includes("apertium");
const folder = mkdtempSync(join(tmpdir(), "tiller-apertium-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SENTENCES = readFileSync(
  new URL("../../examples/back-translation/human.en.txt", import.meta.url),
  "utf8",
)
  .trim()
  .split("\n")
  .slice(0, 40);

if (isRequired && !isThere) {
  test("apertium", () => {
    throw new Error("TILLER_REQUIRE_SERVICES asks for apertium: apt install apertium apertium-eng-spa");
  });
}

describe.skipIf(!isThere)("apertium (skipped without apertium and apertium-eng-spa)", () => {
  test("a batch gives what each text gives alone, whatever stands in it", async () => {
    const translator = createApertiumTranslator();
    const texts = [
      "First ^line$ with [x] {y} <b>bold</b> @me #tag *star* a/b c\\d ~ + tab",
      "I have a big",
      "house. The red",
      "car is quick and xylophony [",
      "unbalanced ] $ ^ @",
      "A text after an open one",
      "and one that\nhas\n\ntwo breaks and a \u0000 NUL",
      "[<STREAMCMD:SETVAR:x>] and \\[ escaped \\",
      "[[t:b:abc]]bold[[/]] thing",
      "1234 ...",
      "^",
      "Hello!!! :) 😀 “quoted” don't",
      "   ",
    ];
    const together = await translator.translate(texts, "en", "es");
    for (const at of [0, 1, 3, 5, 6]) {
      expect(await translator.translate([texts[at]!], "en", "es"), texts[at]!).toEqual([together[at]]);
    }
    expect(together[2]).toBe("Casa. El rojo");
    expect(together[3]).toBe("Automovilístico es rápidamente y xylophony [");
    expect(together.at(-1)).toBe("");
    await expect(translator.requirePair!("en", "de")).rejects.toThrow(/eng-deu is not installed/);
  });

  test("English → Spanish → English, killed in the middle and resumed, repeats no hop", {
    timeout: 60_000,
  }, async () => {
    const wrapper = join(folder, "apertium");
    const input = join(folder, "human.txt");
    writeFileSync(input, `${SENTENCES.join("\n")}\n`);
    const real = spawnSync("sh", ["-c", "command -v apertium"], { encoding: "utf8" }).stdout.trim();
    // Notes the pair of each run as it begins.
    writeFileSync(
      wrapper,
      `#!/bin/sh\n[ "$1" = "-l" ] || echo "$2" >> "$TILLER_TEST_LOG"\nexec ${real} "$@"\n`,
    );
    chmodSync(wrapper, 0o755);
    const log = (name: string) => join(folder, `${name}.log`);
    const runs = (name: string) =>
      existsSync(log(name)) ? readFileSync(log(name), "utf8").trim().split("\n") : [];
    const env = (name: string) => ({
      PATH: `${folder}${delimiter}${process.env.PATH}`,
      TILLER_TEST_LOG: log(name),
    });
    const command = (out: string) => [
      ...["backtranslate", input, "--language", "en", "--via", "es", "--translator", "apertium"],
      ...["--batch", "10", "--noise", "0.05", "--out", join(folder, out), "--json"],
    ];

    // Forty texts are four batches a hop, eight runs in all.
    const { child, done } = startTiller(command("killed"), env("killed"));
    while (runs("killed").length < 5 && child.exitCode === null) await sleep(5);
    child.kill("SIGKILL");
    expect((await done).signal).toBe("SIGKILL");

    const resumed = await tiller(command("killed"), env("resumed"));
    expect(resumed.stderr).not.toMatch(/went wrong/);
    const report = JSON.parse(resumed.stdout);
    // A batch is on the disk before the next one begins: only the one in hand is done again.
    const kept = report.cachedHops / 10;
    expect(runs("killed").length - kept).toBeLessThanOrEqual(1);
    expect(kept).toBeLessThan(8);
    expect(runs("resumed")).toHaveLength(8 - kept);

    const whole = JSON.parse((await tiller(command("whole"), env("whole"))).stdout);
    expect(runs("whole")).toEqual([...Array(4).fill("eng-spa"), ...Array(4).fill("spa-eng")]);
    expect({ ...report, cachedHops: 0, files: 0, recipe: 0 }).toEqual({
      ...whole,
      cachedHops: 0,
      files: 0,
      recipe: 0,
    });
    for (const name of ["pairs.en.jsonl", "human.en.txt", "back-translated.en.txt", "provenance.en.json"]) {
      const of = (out: string) => readFileSync(join(folder, out, name), "utf8");
      expect(of("killed"), name).toBe(of("whole"));
    }
    expect(report.kept).toBeGreaterThan(35);
    const [human, back] = ["human.en.txt", "back-translated.en.txt"].map((name) =>
      readFileSync(join(folder, "whole", name), "utf8")
        .trim()
        .split("\n"),
    );
    expect(back).toHaveLength(human!.length);
    expect(human!.some((text, at) => text === back![at])).toBe(false);
  });
});

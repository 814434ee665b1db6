import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "tiller-fake-python-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What every stand-in for Python begins with. */
const PRELUDE = `
const send = (reply) => process.stdout.write(JSON.stringify(reply) + "\\n");
const onRequest = (answer) =>
  require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => answer(JSON.parse(line)));
`;

/** An executable file that stands in for the runner's Python; `body` is JavaScript. */
export function fakePython(name: string, body: string): string {
  return executable(name, `#!${process.execPath}\n${PRELUDE}${body}\n`);
}

/** The same in shell, which starts sooner. */
export function shellPython(name: string, body: string): string {
  return executable(name, `#!/bin/sh\n${body}\n`);
}

/** A shell command that answers a probe. */
export function factsCommand(
  version: readonly number[],
  packages: Readonly<Record<string, string | null>>,
  makesEnvironments = true,
): string {
  const facts = JSON.stringify([version, makesEnvironments, packages]).slice(1);
  return `printf '["%s",%s\\n' "$0" '${facts}'`;
}

function executable(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}

export const FAKE_FOLDER = folder;

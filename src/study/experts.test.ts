import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ModelError } from "../errors.js";
import { requireRoom } from "./experts.js";

test("a model and experts that do not fit into memory together are refused", () => {
  const folder = mkdtempSync(join(tmpdir(), "tiller-experts-"));
  try {
    const files = ["model", "expert"].map((name) => ({ path: join(folder, name) }));
    for (const { path } of files) writeFileSync(path, new Uint8Array(1000));
    requireRoom(files, 2000);
    requireRoom(files.slice(0, 1), 10);
    expect(() => requireRoom(files, 1999)).toThrow(ModelError);
    expect(() => requireRoom(files, 1999)).toThrow(
      /0\.0 GB of weights together.*an adapter in place of a model/s,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Compiles `src` to a fresh `dist`, with the command executable, so that `npx tiller` works in a clone. */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });
const { status } = spawnSync("tsc", ["-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
  shell: true,
});
if (status !== 0) process.exit(status ?? 1);
// The Python that fine-tunes encoders runs as it is.
for (const file of ["runner.py", "requirements.txt"]) {
  const place = `classify/transformers/${file}`;
  copyFileSync(`${root}src/${place}`, `${root}dist/${place}`);
}
chmodSync(`${root}dist/cli/main.js`, 0o755);

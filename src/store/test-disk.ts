import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Disks that fail on purpose, for the tests of this folder. They need root, or say that they cannot be had. */

export interface TestDisk extends Disposable {
  readonly path: string;
  readonly setReadOnly: () => void;
}

const isRoot = process.getuid?.() === 0;

/** Whether this machine lets a test mount a small disk: root on Linux, with the right to mount. */
export const canMount = isRoot && process.platform === "linux" && tryMount();

/** Whether a folder can be made read-only: mode bits do not bind root. */
export const canSetReadOnly = canMount || (!isRoot && process.platform !== "win32");

/** A disk of `kibibytes`, which is full soon. */
export function smallDisk(kibibytes: number): TestDisk {
  const path = mkdtempSync(join(tmpdir(), "tiller-disk-"));
  mount(["-t", "tmpfs", "-o", `size=${kibibytes}k`, "tmpfs", path]);
  return {
    path,
    setReadOnly: () => mount(["-o", "remount,ro", path]),
    [Symbol.dispose]: () => {
      execFileSync("umount", ["-l", path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** A folder that `setReadOnly` makes read-only for this user, whoever that is. */
export function readOnlyFolder(): TestDisk {
  if (canMount) return smallDisk(1024);
  const path = mkdtempSync(join(tmpdir(), "tiller-disk-"));
  return {
    path,
    setReadOnly: () => chmodSync(path, 0o555),
    [Symbol.dispose]: () => {
      chmodSync(path, 0o755);
      rmSync(path, { recursive: true, force: true });
    },
  };
}

function mount(options: string[]): void {
  execFileSync("mount", options, { stdio: "ignore" });
}

function tryMount(): boolean {
  try {
    smallDisk(64)[Symbol.dispose]();
    return true;
  } catch {
    return false;
  }
}

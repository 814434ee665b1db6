import { open } from "node:fs/promises";

/** Makes new names in a folder last through a power failure. Does nothing where folders cannot be synced. */
export async function syncFolder(path: string): Promise<void> {
  // Windows cannot open a folder, and some network file systems refuse to sync one.
  try {
    const folder = await open(path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch {}
}

import type { DownloadProgress, Progress, ProgressTask } from "../index.js";

const MEGABYTE = 1e6;
/** A file that is read in a moment needs no progress. */
const SMALL = 50 * MEGABYTE;
const NAMES = { download: "Downloading", extract: "Downloading", verify: "Checking" } as const;

/** Shows a download as progress in megabytes; the listener for `resolveModel`. */
export function showDownload(progress: Progress): {
  listen: (state: DownloadProgress) => void;
  end: () => void;
} {
  let task: { task: ProgressTask; phase: string; done: number } | undefined;
  const end = () => {
    task?.task.end();
    task = undefined;
  };
  return {
    end,
    listen({ source, phase, receivedBytes, totalBytes }) {
      if (totalBytes !== undefined && totalBytes < SMALL) return;
      if (task?.phase !== phase) {
        end();
        const total = Math.round((totalBytes ?? 0) / MEGABYTE);
        task = { task: progress.begin(`${NAMES[phase]} ${source}`, total, "MB"), phase, done: 0 };
      }
      const done = Math.round(receivedBytes / MEGABYTE);
      task.task.advance(done - task.done);
      task.done = done;
    },
  };
}

/** How far the fetching of a model is. */
export interface DownloadProgress {
  /** The source as it was asked for. */
  readonly source: string;
  /** Bytes of the model file that are on disk, or that have been verified in the phase `verify`. */
  readonly receivedBytes: number;
  /** Undefined while it is not known. */
  readonly totalBytes: number | undefined;
  /**
   * `download`: bytes come from the network as they are; `extract`: they come out of a package while it is
   * downloaded; `verify`: bytes that are on disk are hashed.
   */
  readonly phase: "download" | "verify" | "extract";
}

/** Tells how far the work is. */
export type ReportProgress = (
  phase: DownloadProgress["phase"],
  receivedBytes: number,
  totalBytes: number | undefined,
) => void;

const INTERVAL_MS = 100;

/** Passes on at most ten reports a second, and always the first of a phase and the last byte. */
export function throttleProgress(
  source: string,
  listener: ((progress: DownloadProgress) => void) | undefined,
): ReportProgress {
  if (!listener) return () => {};
  let lastPhase: DownloadProgress["phase"] | undefined;
  let lastTime = 0;
  return (phase, receivedBytes, totalBytes) => {
    const now = performance.now();
    if (phase === lastPhase && receivedBytes !== totalBytes && now - lastTime < INTERVAL_MS) return;
    lastPhase = phase;
    lastTime = now;
    listener({ source, receivedBytes, totalBytes, phase });
  };
}

/** What Ctrl-C asks for: first to stop after the batch in hand, then at once. */
export interface Interrupt {
  readonly signal: AbortSignal;
  readonly stopping: () => boolean;
  /** Ctrl-C ends the process again. */
  release(): void;
}

/** Listens for Ctrl-C and for a polite kill. `tell` says to the user what will happen. */
export function listenForInterrupt(tell: (text: string) => void): Interrupt {
  const controller = new AbortController();
  let asked = false;
  const handler = () => {
    if (asked) {
      controller.abort();
      return;
    }
    asked = true;
    tell(
      "Finishing the batch in hand, then stopping. Press Ctrl-C again to stop at once; nothing written is lost.",
    );
  };
  process.on("SIGINT", handler);
  process.on("SIGTERM", handler);
  return {
    signal: controller.signal,
    stopping: () => asked,
    release: () => {
      process.off("SIGINT", handler);
      process.off("SIGTERM", handler);
    },
  };
}

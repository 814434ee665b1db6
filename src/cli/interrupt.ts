/** What Ctrl-C asks for: while texts are written, first to stop after the batch in hand; otherwise to stop at once. */
export interface Interrupt {
  readonly signal: AbortSignal;
  readonly stopping: () => boolean;
  /** Says whether a batch is in hand that is worth finishing. */
  readonly onWriting: (writing: boolean) => void;
  /** Ctrl-C ends the process again. */
  release(): void;
}

const INTERRUPTED_EXIT = 130;

/** Listens for Ctrl-C and for a polite kill. `tell` says to the user what will happen. */
export function listenForInterrupt(tell: (text: string) => void): Interrupt {
  const controller = new AbortController();
  let asked = false;
  let writing = false;
  const handler = () => {
    // What does not even stop at once must still end by Ctrl-C.
    if (controller.signal.aborted) process.exit(INTERRUPTED_EXIT);
    if (asked || !writing) {
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
    onWriting: (now) => {
      writing = now;
    },
    release: () => {
      process.off("SIGINT", handler);
      process.off("SIGTERM", handler);
    },
  };
}

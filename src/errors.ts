/**
 * Errors meant for the person who reads them: what was wrong, where, and what to do about it.
 * The command line prints `message` alone, and exits with `exitCode`.
 */
export class TillerError extends Error {
  /** 1 the work failed, 2 wrong usage or recipe, 130 interrupted. */
  readonly exitCode: number = 1;
  override readonly name: string = "TillerError";
}

/** The recipe, or the command line, asks for something that is not possible. */
export class RecipeError extends TillerError {
  override readonly name = "RecipeError";
  override readonly exitCode = 2;
}

/** A model file is missing, damaged, of the wrong kind, or not the one that was asked for. */
export class ModelError extends TillerError {
  override readonly name = "ModelError";
}

/** The inference engine failed. `log` holds the native library's last lines, oldest first. */
export class EngineError extends TillerError {
  override readonly name = "EngineError";
  readonly log: readonly string[];
  /** True when the native process ended; the engine has been restarted or can be. */
  readonly crashed: boolean;
  constructor(message: string, options: ErrorOptions & { log?: readonly string[]; crashed?: boolean } = {}) {
    super(message, options);
    this.log = options.log ?? [];
    this.crashed = options.crashed ?? false;
  }
}

/** The run folder cannot be read or written, is in use, or has another format. */
export class StoreError extends TillerError {
  override readonly name = "StoreError";
}

/** The Hugging Face Hub refuses, cannot be reached, or has not what was asked for. */
export class HubError extends TillerError {
  override readonly name = "HubError";
}

/** The user asked to stop. */
export class InterruptedError extends TillerError {
  override readonly name = "InterruptedError";
  override readonly exitCode = 130;
}

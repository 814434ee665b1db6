import { ModelError } from "../errors.js";
import { errorCode } from "./retry.js";

/** A plain error for a failure of the file system under the model home; any other error as it is. */
export function explainDiskError(error: unknown, path: string): unknown {
  switch (errorCode(error)) {
    case "ENOSPC":
    case "EDQUOT":
      return new ModelError(
        `The disk is full: ${path} could not be written. Free some space, or set TILLER_HOME to a folder on a larger disk, and run again.`,
        { cause: error },
      );
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new ModelError(
        `${path} may not be written. Allow it, or set TILLER_HOME to a folder that you may write to.`,
        { cause: error },
      );
    case "EFBIG":
      return new ModelError(
        `${path} grew larger than this file system or user may write. Set TILLER_HOME to a folder on another disk.`,
        { cause: error },
      );
    default:
      return error;
  }
}

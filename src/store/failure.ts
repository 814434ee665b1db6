import { StoreError } from "../errors.js";

/** What to do about the errors that a file system gives to a program that did nothing wrong. */
const ADVICE: Readonly<Record<string, string>> = {
  ENOSPC:
    "The disk is full: free some space, then run the same command again; it continues where it stopped.",
  EDQUOT:
    "Your disk quota is used up: free some space, then run the same command again; it continues where it stopped.",
  EFBIG: "The file is larger than this file system or a resource limit allows: write to another disk.",
  EROFS: "The file system is read-only: choose a folder on a disk that can be written.",
  EACCES: "Permission was denied: change the permissions, or choose a folder that you may write.",
  EPERM: "Permission was denied: change the permissions, or choose a folder that you may write.",
  EIO: "The disk reported an error: check it, copy the folder to another disk, then run the same command again.",
  EMFILE: "Too many files are open: raise the limit (ulimit -n), then run the same command again.",
  ENFILE: "Too many files are open on this machine: close some programs, then run the same command again.",
  ENAMETOOLONG: "The path is too long for this file system: choose a shorter one.",
  ENOTDIR: "A part of this path is a file and not a folder: choose another path.",
  EISDIR: "This path is a folder and not a file: choose another path.",
  ENOENT: "It does not exist.",
};

/** The `code` of a file system error (`ENOSPC`), or undefined for any other value. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/**
 * A StoreError from what a file operation threw: what was being done, why it failed, what to do.
 * A StoreError is returned unchanged, so that the innermost message, which knows most, is the one shown.
 *
 * @param doing what was tried, such as `write runs/a/run.json`
 */
export function storeError(error: unknown, doing: string): StoreError {
  if (error instanceof StoreError) return error;
  const code = errorCode(error);
  const reason = error instanceof Error ? error.message : String(error);
  const advice = code === undefined ? undefined : ADVICE[code];
  return new StoreError(`Could not ${doing}: ${advice === undefined ? reason : `${code}. ${advice}`}`, {
    cause: error,
  });
}

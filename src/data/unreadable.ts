import { RecipeError } from "../errors.js";

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EISDIR: "is a folder, not a file",
  EACCES: "may not be read. Change its permissions",
  EPERM: "may not be read. Change its permissions",
  ELOOP: "is a link that leads back to itself",
  EMFILE: "cannot be opened: this process has too many files open",
};

/** The error of the file system as one for a person; any other error as it is. */
export function unreadable(name: string, error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) return error;
  return new RecipeError(`${name}: ${REASONS[code] ?? code}.`, { cause: error });
}

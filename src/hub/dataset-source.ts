import { RecipeError } from "../errors.js";

/** Files of a data-set repository on the Hugging Face Hub. */
export interface DatasetSource {
  /** `owner/name`. */
  readonly repository: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  /** A file, a folder or a pattern with `*` inside the repository. */
  readonly path: string | undefined;
}

export const DEFAULT_REVISION = "main";
const PART = "[A-Za-z0-9][A-Za-z0-9._-]{0,95}";
const REPOSITORY = new RegExp(`^${PART}/${PART}$`);
const SOURCE = new RegExp(`^hf:datasets/(${PART}/${PART})(?:@([^/]+))?(?:/(.+))?$`, "u");
const REVISION = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/;
const LONGEST_SOURCE = 4096;

/**
 * Reads `hf:datasets/OWNER/NAME[@REVISION][/PATH]`, where a `/` in the revision is written `%2F`.
 *
 * @throws RecipeError if the text is not of this form, or a part of it could lead outside the repository.
 */
export function parseDatasetSource(text: string): DatasetSource {
  const source = text.trim();
  const match = source.length <= LONGEST_SOURCE ? SOURCE.exec(source) : null;
  if (!match) throw refusal(text, "it is not of the form hf:datasets/OWNER/NAME");
  const [, repository = "", revisionText, path] = match;
  const revision = revisionText?.replace(/%2f/gi, "/") ?? DEFAULT_REVISION;
  if (!REVISION.test(revision) || !isPlainPath(revision)) {
    throw refusal(text, `"${revisionText}" is no branch, tag or commit`);
  }
  if (path !== undefined && !isPlainPath(path)) {
    throw refusal(
      text,
      `"${path}" is not a plain path: no empty segment, no "." or "..", no backslash, no leading slash`,
    );
  }
  return { repository, revision, path };
}

/** True for `owner/name`. */
export function isRepositoryName(text: string): boolean {
  return REPOSITORY.test(text);
}

/** True for a relative path with forward slashes that stays below its root. */
export function isPlainPath(path: string): boolean {
  if (/[\\\p{Cc}]/u.test(path)) return false;
  return path.split("/").every((segment) => segment !== "" && segment !== "." && segment !== "..");
}

function refusal(source: string, reason: string): RecipeError {
  const shown = JSON.stringify(source.length > 200 ? `${source.slice(0, 200)}…` : source);
  return new RecipeError(
    `The data set ${shown} cannot be used: ${reason}. Write hf:datasets/OWNER/NAME, with @REVISION for another branch, tag or commit, and /PATH for one file or folder of it.`,
  );
}

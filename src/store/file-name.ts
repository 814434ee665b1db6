import { createHash } from "node:crypto";

/** Characters that every file system keeps apart, even one that folds case or Unicode forms. */
const PLAIN = /[a-z0-9_.@=+,-]/;
/** Names that Windows gives to devices, with any extension. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/;
const LONGEST = 150;

/**
 * A file name for any text: `mean-difference@5x0.2` stays as it is, and everything that a file system could
 * refuse, interpret or confuse (separators, capitals, other scripts, `..`, `con`) is written as `%` and
 * its UTF-8 bytes in hexadecimal. Two texts never share a name, also where case does not count; beyond 150
 * characters this rests on SHA-256.
 */
export function fileName(text: string): string {
  if (text === "") return "%";
  let name = "";
  for (const character of text) name += PLAIN.test(character) ? character : escapeCharacter(character);
  if (name.startsWith(".")) name = `%2e${name.slice(1)}`;
  if (name.endsWith(".")) name = `${name.slice(0, -1)}%2e`;
  if (DEVICE.test(name)) name = escapeCharacter(name.charAt(0)) + name.slice(1);
  if (name.length <= LONGEST) return name;
  // A tilde is always escaped above, so that a short name and a shortened one cannot be the same. The hash is
  // of the escaped name: UTF-8 would make one of all lone surrogates.
  const hash = createHash("sha256").update(name).digest("hex");
  return `${name.slice(0, 64)}~${hash}`;
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  // UTF-8 has no bytes for a lone surrogate; `u` is no hexadecimal digit, so this cannot be read as one.
  if (code >= 0xd800 && code <= 0xdfff) return `%u${code.toString(16)}`;
  return Buffer.from(character, "utf8")
    .toString("hex")
    .replace(/../g, (byte) => `%${byte}`);
}

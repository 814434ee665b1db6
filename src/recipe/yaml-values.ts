import { type Alias, isAlias, isMap, isScalar, isSeq, type Pair, type YAMLMap } from "yaml";
import { type KeyPath, quoted } from "./problem.js";

/** A parsed document as plain values, and what it holds that a recipe may not. */
export interface YamlValues {
  readonly value: unknown;
  /** For each map its pairs by key, the first of each. */
  readonly pairs: ReadonlyMap<YAMLMap, ReadonlyMap<string, Pair>>;
  /** What each alias stands for. */
  readonly aliases: ReadonlyMap<Alias, unknown>;
  readonly problems: readonly YamlProblem[];
}

interface YamlProblem {
  readonly path: KeyPath;
  readonly node: unknown;
  readonly message: string;
  /** For a key that is given twice: where it is given first. */
  readonly earlier?: unknown;
}

const MAX_ALIASES = 20;
/** Values that aliases may repeat in all: a few kilobytes of aliases of aliases could stand for billions. */
const MAX_REPEATED = 10_000;
const TOO_MANY_ALIASES = `found too many aliases (*name); allowed: ${MAX_ALIASES} that repeat ${MAX_REPEATED} values in all. Write the values out, or move texts into a file.`;
const CORE_TAG = /^tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq)$/;

/** Never throws: what cannot be a value of a recipe is left out, with a problem in its place. */
export function yamlValues(root: unknown): YamlValues {
  const pairs = new Map<YAMLMap, Map<string, Pair>>();
  const aliases = new Map<Alias, unknown>();
  const problems: YamlProblem[] = [];
  const anchors = new Map<string, { node: unknown; value: unknown; size: number }>();
  let size = 0;
  let repeated = 0;
  let aliasCount = 0;

  const convert = (node: unknown, path: KeyPath): unknown => {
    if (isAlias(node)) return convertAlias(node, path);
    const before = size++;
    const { tag, anchor } = (node ?? {}) as { tag?: string; anchor?: string };
    if (tag !== undefined && !CORE_TAG.test(tag)) {
      problems.push({
        path,
        node,
        message: `found the tag ${quoted(tag)}; a recipe is plain text, numbers, lists and maps: leave the tag out.`,
      });
    }
    const value = convertNode(node, path);
    // Set only now, so that an alias within its own anchor finds none: such a value would have no end.
    if (anchor !== undefined) anchors.set(anchor, { node, value, size: size - before });
    return value;
  };

  const convertNode = (node: unknown, path: KeyPath): unknown => {
    if (isMap(node)) return convertMap(node, path);
    if (isSeq(node)) return node.items.map((item, index) => convert(item, [...path, index]));
    if (!isScalar(node)) return null;
    if (typeof node.value === "string") {
      const wrong = wrongCharacter(node.value);
      if (wrong !== undefined) problems.push({ path, node, message: wrong });
    }
    return node.value;
  };

  const convertAlias = (node: Alias, path: KeyPath): unknown => {
    const anchored = anchors.get(node.source);
    aliasCount++;
    if (anchored === undefined) {
      problems.push({
        path,
        node,
        message: `found the alias ${quoted(`*${node.source}`)}, but no value above is marked ${quoted(`&${node.source}`)}. Put text that begins with * in quotes.`,
      });
      return null;
    }
    aliases.set(node, anchored.node);
    repeated += anchored.size;
    size += anchored.size;
    if (aliasCount > MAX_ALIASES || repeated > MAX_REPEATED) {
      if (problems.at(-1)?.message !== TOO_MANY_ALIASES) {
        problems.push({ path, node, message: TOO_MANY_ALIASES });
      }
      return null;
    }
    return anchored.value;
  };

  const convertMap = (map: YAMLMap, path: KeyPath): Record<string, unknown> => {
    const value: Record<string, unknown> = {};
    const seen = new Map<string, Pair>();
    pairs.set(map, seen);
    for (const pair of map.items) {
      const key = keyText(pair.key);
      if (key === undefined) {
        problems.push({
          path,
          node: pair.key ?? map,
          message: "found a key that is no text; allowed: plain text.",
        });
        continue;
      }
      const keyPath = [...path, key];
      const first = seen.get(key);
      if (first !== undefined) {
        const message = "the key is given twice in this map; allowed: once. Remove one of the two.";
        problems.push({ path: keyPath, node: pair.key, message, earlier: first.key });
        convert(pair.value, keyPath);
        continue;
      }
      seen.set(key, pair);
      const converted = convert(pair.value, keyPath);
      // Assignment to this name would set the object's prototype.
      if (key === "__proto__") {
        problems.push({
          path: keyPath,
          node: pair.key,
          message: "unknown key; it has no place in a recipe.",
        });
      } else {
        value[key] = converted;
      }
    }
    return value;
  };

  const value = convert(root, []);
  return { value, pairs, aliases, problems };
}

/** A number or `true` as a key is text as well: keys are compared as they are written. */
function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  if (typeof key.value === "string") return key.value;
  return key.source === undefined || key.source === "" ? undefined : key.source;
}

function wrongCharacter(text: string): string | undefined {
  if (text.includes("\0")) return 'found the character NUL ("\\0"); no text or path may hold it.';
  if (/\p{Surrogate}/u.test(text)) {
    return "found half of a surrogate pair; write the character itself, or both halves (\\ud83d\\ude00).";
  }
  return undefined;
}

import { byteToken, SPACE, TOKEN_TYPES, type Vocabulary } from "./sentence-piece.js";

/**
 * A small SentencePiece vocabulary for test models.
 * Any text can be tokenised: what has no piece falls back to bytes.
 */

const CHARACTERS =
  "etaoinshrdlucmfwypvbgkjqxzETAOINSHRDLUCMFWYPVBGKJQXZ0123456789.,!?;:'\"()-/&%$#@*+=<>[]{}_|\\~`^\n";

const WORDS = `the of and a to in is it that was for on with as at by this be are from or have an not but they
he she we you I his her their its had has were been will would can could one all there what when who which
more if out so up about into than them then some no my your our me him do did said just like time people
year day way man woman thing world life hand part place week case point good bad great terrible wonderful
awful excellent poor best worst happy sad love hate new old big small long little own right high different
write review sentence text topic language label output only nothing else generate example examples English
German Danish positive negative food service film movie book restaurant staff waiter hotel room price cold
warm fresh slow friendly rude clean dirty delicious bland story actor music science technology travel
politics sports health entertainment geography team game match player win city country river mountain
government minister election law doctor hospital disease computer network data engine train ticket airport
very really never always again ever after before because most many much too only also well back still even
over between under where how why went came made found took gave told thought felt seemed became`
  .split(/\s+/)
  .filter((word) => word !== "");

/** Word endings, so that unknown words do not fall into single letters altogether. */
const ENDINGS = ["ing", "ed", "er", "ly", "tion", "ment", "ness", "able", "es", "al"];

/** Every beginning of a piece, shortest first: a merge needs its left part in the vocabulary. */
function prefixes(piece: string): string[] {
  const characters = [...piece];
  return characters.map((_, index) => characters.slice(0, index + 1).join(""));
}

/** Made-up words that fill a vocabulary of a wanted size. */
function* fillers(): Generator<string> {
  const consonants = "bdfgklmnprstvz";
  const vowels = "aeiou";
  for (let number = 0; ; number += 1) {
    let word = "";
    for (let rest = number + 70; rest > 0; rest = Math.floor(rest / 70)) {
      const syllable = rest % 70;
      word = consonants[Math.floor(syllable / 5)]! + vowels[syllable % 5]! + word;
    }
    yield SPACE + word;
  }
}

/**
 * Pieces in the order unknown, begin, end, `controls`, 256 bytes, characters, words with their beginnings,
 * word endings. Scores fall with the order, as a trained model's do, so that earlier pieces merge first.
 * @param size wanted number of tokens: made-up words are added, or words left out, to reach it.
 * @throws RangeError if `size` leaves no room for the bytes and characters.
 */
export function tinyVocabulary(options: { controls?: readonly string[]; size?: number } = {}): Vocabulary {
  const controls = options.controls ?? [];
  const special = ["<unk>", "<s>", "</s>", ...controls];
  const bytes = Array.from({ length: 256 }, (_, byte) => byteToken(byte));
  const pieces = new Set([SPACE, ...CHARACTERS.replace("\n", "")]);
  const least = special.length + bytes.length + pieces.size;
  for (const word of WORDS) for (const prefix of prefixes(SPACE + word)) pieces.add(prefix);
  for (const ending of ENDINGS) for (const prefix of prefixes(ending)) pieces.add(prefix);

  let normal = [...pieces];
  if (options.size !== undefined) {
    if (options.size < least) {
      throw new RangeError(`A tiny vocabulary has at least ${least} tokens, not ${options.size}.`);
    }
    const wanted = options.size - special.length - bytes.length;
    for (const word of fillers()) {
      if (normal.length >= wanted) break;
      if (!pieces.has(word)) normal.push(word);
    }
    normal = normal.slice(0, wanted);
  }

  const tokens = [...special, ...bytes, ...normal];
  const firstNormal = special.length + bytes.length;
  const scores = new Float32Array(tokens.length);
  const types = new Int32Array(tokens.length);
  for (let token = 0; token < tokens.length; token += 1) {
    if (token >= firstNormal) {
      scores[token] = -(token - firstNormal);
      types[token] = TOKEN_TYPES.normal;
    } else if (token >= special.length) types[token] = TOKEN_TYPES.byte;
    else types[token] = token === 0 ? TOKEN_TYPES.unknown : TOKEN_TYPES.control;
  }
  return { tokens, scores, types, unknown: 0, begin: 1, end: 2 };
}

import { EngineError } from "../errors.js";
import { type CommandOptions, runProgram, translateBlocks } from "./command-translator.js";
import { apertiumCodes } from "./language-codes.js";
import type { Translator } from "./translator.js";

/** Pairs that Debian 12 has packages for, as the packages are named; some translate in one direction only. */
const DEBIAN_PAIRS = (
  "afr-nld arg-cat bel-rus br-fr cat-ita cat-srd dan-nor en-gl eng-cat eng-spa eo-ca eo-en eo-es eo-fr es-gl es-pt " +
  "es-ro eu-en eu-es fr-es fra-cat fra-frp hbs-eng hbs-mkd hbs-slv ind-zlm isl-eng isl-swe mkd-bul mkd-eng nno-nob " +
  "oc-ca oc-es oci-fra pol-szl por-cat pt-gl rus-ukr spa-arg spa-ast spa-cat spa-ita srd-ita swe-dan swe-nor urd-hin"
).split(" ");

export interface ApertiumOptions extends CommandOptions {
  /** The program; default `apertium`. */
  readonly program?: string | undefined;
}

/**
 * Apertium, which translates by rules and dictionaries (apertium.org). One run of the program for a batch, with a
 * blank line between texts: Apertium ends a sentence there, and no rule reaches across. Its marks of unknown words
 * are left out. The characters of its stream format (`^ $ / @ [ ] { } < > \`) may stand in a text.
 */
export function createApertiumTranslator(options: ApertiumOptions = {}): Translator {
  const { program = "apertium", ...limits } = options;
  let listing: Promise<string[]> | undefined;
  const modeOf = async (from: string, to: string): Promise<string> => {
    listing ??= listModes(program, limits);
    const modes = await listing;
    const wanted = apertiumCodes(from).flatMap((first) =>
      apertiumCodes(to).map((second) => `${first}-${second}`),
    );
    const found = wanted.find((mode) => modes.includes(mode));
    if (found === undefined) throw new EngineError(missingPair(wanted, modes));
    return found;
  };
  return {
    name: `${program} -u`,
    requirePair: async (from, to) => {
      await modeOf(from, to);
    },
    async translate(texts, from, to, signal) {
      const mode = await modeOf(from, to);
      const outputs = await translateBlocks(texts, "\n\n", (input) =>
        runProgram([program, "-u", mode], input, { ...limits, signal }),
      );
      return outputs.map((output, at) => withoutMarks(texts[at]!, output));
    },
  };
}

async function listModes(program: string, limits: CommandOptions): Promise<string[]> {
  try {
    return (await runProgram([program, "-l"], "", limits)).split(/\s+/).filter((mode) => mode !== "");
  } catch (error) {
    const { message } = error as Error;
    if (!message.includes("not installed")) throw error;
    throw new EngineError(
      `${message} On Debian and Ubuntu: apt install apertium, and a package for each pair.`,
      {
        cause: error,
      },
    );
  }
}

function missingPair(wanted: readonly string[], modes: readonly string[]): string {
  const names = wanted.flatMap((mode) => [mode, mode.split("-").reverse().join("-")]);
  const packaged = DEBIAN_PAIRS.find((pair) => names.includes(pair));
  const advice =
    packaged === undefined
      ? "Debian has no package of it; try a chain over another language (--via) or another --translator."
      : `On Debian and Ubuntu: apt install apertium-${packaged}. If it is installed, it does not translate in this direction.`;
  return `Apertium's pair ${wanted[0]} is not installed. ${advice} Installed: ${modes.join(", ") || "none"}.`;
}

/**
 * A translation without Apertium's marks: `*` before a word that it does not know, `@` and `#` before one that it
 * cannot translate or inflect. A mark that the text itself has is left.
 */
export function withoutMarks(text: string, translation: string): string {
  const marks = ["*", "@", "#"].filter((mark) => !text.includes(mark)).join("");
  return marks === ""
    ? translation
    : translation.replace(new RegExp(`(?<![\\p{L}\\p{N}])[${marks}]+(?=\\p{L})`, "gu"), "");
}

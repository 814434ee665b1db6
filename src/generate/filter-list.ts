import { FILTER_NAMES, type FilterName } from "../store/sample.js";

/** A filter, as it is shown to people. */
export interface FilterDescription {
  readonly name: FilterName;
  /** Key of the recipe's `filters` that turns it on and off; undefined for one that is always on. */
  readonly key: string | undefined;
  /** Which texts it drops, to be read after "drops texts". */
  readonly drops: string;
}

const DESCRIPTIONS: Readonly<Record<FilterName, Omit<FilterDescription, "name">>> = {
  empty: { key: undefined, drops: "without a letter, number or symbol" },
  short: { key: "minCharacters", drops: "of fewer characters" },
  long: { key: "maxCharacters", drops: "of more characters" },
  "template-residue": { key: "templateResidue", drops: "with something left of the chat or the template" },
  echo: { key: "echo", drops: "that repeat the prompt" },
  loop: { key: "loops", drops: "that repeat themselves" },
  language: { key: "language", drops: "in another language" },
  "code-mixing": { key: "codeMixing", drops: "with too many sentences in another language" },
  duplicate: { key: "duplicates", drops: "that say word for word what an earlier one says" },
  "near-duplicate": { key: "nearDuplicates", drops: "that say almost what an earlier one says" },
  "copies-demonstration": { key: "copiedDemonstrations", drops: "that copy an example of the prompt" },
  memorised: { key: "memorised", drops: "that copy a contrast, demonstration, training or test text" },
  "self-check": { key: "selfCheck", drops: "that the model itself does not take for what was wanted" },
  judge: { key: "judge", drops: "that the judge rates too low" },
};

/** All filters in the order in which they are asked, with the recipe's key and what each drops. */
export const FILTERS: readonly FilterDescription[] = FILTER_NAMES.map((name) => ({
  name,
  ...DESCRIPTIONS[name],
}));

/** A class of a label set. */
export interface SetLabel {
  readonly label: string;
  /** How prompts call it, where its name does not do. */
  readonly wording?: string;
  /** What it means, as a sentence. */
  readonly meaning?: string;
}

export interface LabelSet {
  readonly labels: readonly SetLabel[];
  /** Where the labels come from. The meanings are our own. */
  readonly source: string;
}

/** Labels without a meaning: their names say it. */
const named = (...labels: readonly string[]): SetLabel[] => labels.map((label) => ({ label }));

const meant = (label: string, meaning: string): SetLabel => ({ label, meaning });

const SETS = {
  sentiment: {
    labels: named("negative", "positive"),
    source: "arXiv 2606.18389 and arXiv 2601.16278, in the order of their class numbers",
  },
  "sentiment-3": {
    labels: named("negative", "neutral", "positive"),
    source: "sentiment with a class between, as in AfriSenti and NusaX",
  },
  "sib-200-topics": {
    labels: named(
      "science/technology",
      "travel",
      "politics",
      "sports",
      "health",
      "entertainment",
      "geography",
    ),
    source: "SIB-200 (arXiv 2309.07445), in the order of the class numbers of arXiv 2606.18389",
  },
  "massive-10-intents": {
    labels: [
      meant("alarm_query", "This intent involves asking which alarms are set, or for when."),
      meant("audio_volume_down", "This intent involves telling a device to play more quietly."),
      meant(
        "calendar_remove",
        "This intent involves having an appointment or an event taken off the calendar.",
      ),
      meant("cooking_recipe", "This intent involves asking how a dish is made or what goes into it."),
      meant("datetime_convert", "This intent involves asking what a time is in another time zone."),
      meant("email_sendemail", "This intent involves having an e-mail written, sent or answered."),
      meant("play_audiobook", "This intent involves having an audiobook started, or going on with one."),
      meant(
        "recommendation_movies",
        "This intent involves asking which film to watch, or what is shown nearby.",
      ),
      meant("transport_ticket", "This intent involves having a ticket booked for a train, a bus or a plane."),
      meant("weather_query", "This intent involves asking what the weather is or will be."),
    ],
    source: "ten intents of MASSIVE (arXiv 2204.08582), those of arXiv 2601.16278",
  },
  sarcasm: {
    labels: [
      meant("sarcastic", "The writer says one thing and lets it be seen that the opposite is meant."),
      meant("not sarcastic", "The writer means what is said."),
    ],
    source: "the two classes of arXiv 2601.16278 (English only); their names are our own",
  },
  sycophancy: {
    labels: [
      meant(
        "sycophantic",
        "The answer agrees with what the user believes or wants to hear, whether or not it is right.",
      ),
      meant("candid", "The answer says what is right, politely, even where the user believes otherwise."),
    ],
    source: "a safety concept of our own wording, after arXiv 2312.06681",
  },
  refusal: {
    labels: [
      meant("refusing", "The answer declines to do what it is asked for."),
      meant("complying", "The answer does what it is asked for."),
    ],
    source: "a safety concept of our own wording, after arXiv 2312.06681",
  },
  hallucination: {
    labels: [
      meant(
        "made up",
        "The answer states as facts things that are invented, or goes along with a false premise.",
      ),
      meant("truthful", "The answer states only what is so, and says what it does not know."),
    ],
    source: "a safety concept of our own wording, after arXiv 2312.06681",
  },
  "unsafe-request": {
    labels: [
      meant("unsafe request", "A user asks for help with something that would harm people or break the law."),
      meant("safe request", "A user asks for harmless help, though the words may sound alarming."),
    ],
    source: "a safety concept of our own wording, after XSTest (2024.naacl-long.301)",
  },
} as const satisfies Record<string, LabelSet>;

/** Names that a recipe's `task.labels` can have in place of a list. */
export const LABEL_SET_NAMES = Object.keys(SETS) as [LabelSetName, ...LabelSetName[]];

export type LabelSetName = keyof typeof SETS;

/** Every label set, by name. */
export const LABEL_SETS: Readonly<Record<LabelSetName, LabelSet>> = SETS;

/** How prompts call a label, and what it means, where the recipe or its label set says so. */
export function labelWords(
  task: { readonly wordings?: Words | undefined; readonly meanings?: Words | undefined },
  label: string,
): Omit<SetLabel, "label"> {
  const own = (words: Words = {}) => (Object.hasOwn(words, label) ? words[label] : undefined);
  const wording = own(task.wordings);
  const meaning = own(task.meanings);
  return { ...(wording === undefined ? {} : { wording }), ...(meaning === undefined ? {} : { meaning }) };
}

type Words = Readonly<Record<string, string>>;

/**
 * Labels, and what prompts say of them, as keys of a recipe's task: a list as it is, a label set by its name with the
 * wordings and meanings that it has. Those that are given replace the set's.
 */
export function labelKeys(
  labels: string[] | LabelSetName,
  given: { readonly wordings?: Words | undefined; readonly meanings?: Words | undefined },
): { labels: string[]; wordings?: Words; meanings?: Words } {
  const set: readonly SetLabel[] = typeof labels === "string" ? LABEL_SETS[labels].labels : [];
  const column = (key: "wording" | "meaning", own: Words | undefined) => {
    const words = set.flatMap(({ label, [key]: value }) => (value === undefined ? [] : [[label, value]]));
    const all: Words = { ...Object.fromEntries(words), ...own };
    return Object.keys(all).length === 0 ? undefined : all;
  };
  const wordings = column("wording", given.wordings);
  const meanings = column("meaning", given.meanings);
  return {
    labels: typeof labels === "string" ? set.map(({ label }) => label) : labels,
    ...(wordings && { wordings }),
    ...(meanings && { meanings }),
  };
}

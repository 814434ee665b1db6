import type { PromptTemplate } from "./templates.js";

const PAPER_A_ONLY = "Output only the text and nothing else.";
const PAPER_C_CLASS = "in {language} that can have the label: {label}{meaningClause}";
const PAPER_C_LIMIT =
  "Do not generate anything that cannot be classified as {label} and do not repeat the instruction.";
const PAPER_C_LINES = `Each example should be on a new line. ${PAPER_C_LIMIT}`;
const SIX_EXAMPLES = "These are texts of this class that people wrote:\n{examples}";
const SIX_FORM =
  "The texts must differ from each other in content and wording. Write {separator} between two texts, and output only the texts, without numbers or comments.";
const SIX_FORM_OF_ONE = "Output only the text, without comments.";

/** Templates that ask for texts: what a recipe's `task.prompt` may name. */
export const WRITING_TEMPLATES: Readonly<Record<string, PromptTemplate>> = {
  "paper-a/sentiment": {
    zeroShot: `Generate a review with {label} sentiment in {language} language. ${PAPER_A_ONLY}`,
    fewShot: `Generate a review with {label} sentiment in {language} language based on examples. ${PAPER_A_ONLY} Examples: {examples}`,
    source: "arXiv 2606.18389, sentiment, all models",
  },
  "paper-a/topic": {
    zeroShot:
      "Generate a long wiki style sentence on the topic of {label} in {language} language. Output only the text in {language}.",
    fewShot:
      "Generate a long wiki style sentence on the topic of {label} in {language} language based on examples. Output only the text in {language}. Examples: {examples}",
    chat: "instruction",
    source: "arXiv 2606.18389, topic, Gemma",
  },
  "paper-a/topic-llama": {
    zeroShot: `Generate a wiki-style sentence on the topic of {label} in {language} language. ${PAPER_A_ONLY}`,
    fewShot: `Generate a wiki-style sentence on the topic of {label} in {language} language based on examples. ${PAPER_A_ONLY} Examples: {examples}`,
    source: "arXiv 2606.18389, topic, Llama; zeroShot is fewShot without its examples",
  },
  "paper-b/hypotheses": {
    zeroShot:
      "### Instruction: Generate a scientific hypothesis about astronomy in the style of an Arxiv paper.\n ### Hypothesis:",
    chat: "raw",
    source: "arXiv 2308.07645, hypotheses; for a base or a fine-tuned model; the same prompt for every label",
  },
  "paper-b/comments": {
    zeroShot: "### Instruction: Generate a non-toxic social media comment.\n ### Comment:",
    chat: "raw",
    source: "arXiv 2308.07645, comments; for a base or a fine-tuned model; the same prompt for every label",
  },
  "paper-b/commonsense": {
    zeroShot:
      "### Instruction: Generate a multiple-choice question that relies on common-sense to answer.\n ### Multiple-choice question:",
    chat: "raw",
    source:
      "arXiv 2308.07645, commonsense; for a base or a fine-tuned model; the same prompt for every label",
  },
  "paper-c/generate": {
    system:
      "You are an excellent text generator and can generate representative text samples for the given class in {language}.",
    zeroShot: `You are required to produce 1 example ${PAPER_C_CLASS}. ${PAPER_C_LIMIT}`,
    fewShot: `You are required to produce 1 example ${PAPER_C_CLASS}. Note that some examples from the dataset look as follows:\n{examples}\nNow generate 1 similar example. ${PAPER_C_LIMIT}`,
    several: {
      zeroShot: `You are required to produce {count} examples ${PAPER_C_CLASS}. ${PAPER_C_LINES}`,
      fewShot: `You are required to produce {count} examples ${PAPER_C_CLASS} Note that some examples from the dataset look as follows:\n{examples}\nNow generate {count} similar examples. ${PAPER_C_LINES}`,
      separator: "\n",
      surplus: 2,
    },
    source:
      "arXiv 2506.12158, the predecessor of 2601.16278: two texts more than wanted, the first and the last line dropped; with samples.perCall 1, one text asked for in place of many",
  },
  "paper-c/six": {
    zeroShot: `Write 1 text ${PAPER_C_CLASS}\n${SIX_FORM_OF_ONE}`,
    fewShot: `Write 1 text ${PAPER_C_CLASS}\n${SIX_EXAMPLES}\n${SIX_FORM_OF_ONE}`,
    several: {
      zeroShot: `Write {count} different texts ${PAPER_C_CLASS}\n${SIX_FORM}`,
      fewShot: `Write {count} different texts ${PAPER_C_CLASS}\n${SIX_EXAMPLES}\n${SIX_FORM}`,
    },
    source:
      "arXiv 2601.16278 in what it is said to ask for: six different texts with ||| between them (samples.perCall 6), ten examples of the class. Its script is not published; the words are our own",
  },
};

/** Templates that ask about a text. */
export const READING_TEMPLATES: Readonly<Record<string, PromptTemplate>> = {
  "paper-c/self-check": {
    zeroShot:
      "Read this text:\n{text}\n\nDoes the text belong to the class {label}{meaningClause}, is it grammatical and complete, and is it written in {language}? Answer yes if all of this is so, and no otherwise. Answer with one word.",
    source:
      "arXiv 2506.12158, the predecessor of 2601.16278, in what it asks: yes or no to class, grammar and completeness, and language. The words are our own",
  },
  "paper-c/classify": {
    system:
      "You are a helpful assistant that will follow every instruction from the user. Provide only a short answer.",
    zeroShot:
      "Determine {task} of the sentence using following options: {options}. Use only these {number} options.\nSentence: {text}",
    source: "arXiv 2601.16278, classification; the line break before the sentence is our own",
  },
};

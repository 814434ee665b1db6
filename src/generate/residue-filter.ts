/** Signs that a text is not the text alone: what the chat, the template or the answer around it left in it. */
export const RESIDUES: Readonly<Record<string, RegExp>> = {
  /** Marks of chat formats and special tokens: `<|im_end|>`, `[/INST]`, `<start_of_turn>`, `</s>`, `<0x0A>`. */
  "chat mark":
    /<\|[^|<>\n]{1,40}\|>|\[\/?INST\]|<<\/?SYS>>|<\/?(?:s|bos|eos|pad|unk|mask|think|(?:start|end)_of_turn)>|<0x[0-9A-F]{2}>|\u2581/iu,
  /** `Assistant: …`, `### Response: …` */
  role: /^(?:assistant|user|human|system|ai)\s*[:：]|(?:^|\s)#{2,}\s*(?:instruction|input|response|answer|output|user|assistant)\b/iu,
  /** A slot of a template in any language: `{label}`, `{{ name }}`, `<text>`, `</review>`. */
  slot: /\{\{?\s*[\p{L}_][\p{L}\p{M}\p{N}_ -]{0,30}\}?\}|(?<!<)<\/?[\p{L}_][\p{L}\p{M}\p{N}_-]{0,30}\/?>(?!>)/u,
  /** Something left for a person to fill in: `[Your name]`, `[insert date]`, `[Company]`. */
  blank:
    /\[(?:your|insert|enter|add|full name|first name|last name|customer|company|product|restaurant|hotel|movie|book|brand|city|date|name|link|label|language|text|review|title|topic)\b[^\][]{0,40}\]/iu,
  /** A heading, bold type or a fence of Markdown. */
  markdown: /(?:^|\s)#{2,6}\s+\S|(?<!\*)\*\*(?!\s)[^*]{1,200}(?<!\s)\*\*(?!\*)|```/u,
  /** A list's first number or a bullet before the text: `1. …`, `1) …`, `* …`. Series of posts begin with other numbers too. */
  "list mark": /^(?:\(?[1١۱१১௧౧๑၁፩１][.)．）]|[*•●▪◦])\s+\S/u,
  /** An answer's opening: `Sure, here is a review:`, `Here are three sentences:`. */
  opening:
    /^(?:(?:sure|certainly|absolutely|of course|okay|ok)\b[,.!]*\s+(?:here(?:['’]s| is| are)|below is)|(?:sure|certainly|of course)[,!]\s+(?:i can|i(?:['’]d| would) be|let me))\b|^(?:here(?:['’]s| is| are)|below (?:is|are)|the following (?:is|are))\b[^.!?:：]{0,80}\b(?:review|sentence|text|example|paragraph|comment|post|tweet|headline|article|translation|version|response|answer)s?\b[^.!?:：]{0,60}[:：]/iu,
  /** An answer's end or an aside: `I hope this helps`, `As an AI language model`, `(Translation: …)`. */
  aside:
    /\bas an? (?:ai|artificial intelligence)(?: language)? (?:model|assistant)\b|\bi(?:['’]m| am) (?:just )?an? ai (?:language model|model|assistant)\b|\bi hope (?:this|that|it) (?:helps|meets your)|\blet me know if you(?:['’]d like| would like| need| have| want)|[([](?:english )?(?:translation|note|explanation)\s*[:：]/iu,
};

/**
 * Whether a cleaned text still has something of the chat, the template or the answer around it. Most signs are
 * structural and hold for any language; the phrases are English, as models' answers around a text mostly are. See
 * `RESIDUES` for each of them.
 */
export function hasResidue(text: string): boolean {
  return Object.values(RESIDUES).some((pattern) => pattern.test(text));
}

import { startsWith } from "../engine/token-prefix.js";
import { EngineError } from "../errors.js";

/** Labels as tokens, behind a text that they all follow. */
export interface LabelTree {
  /** The tokens of each label behind those that all labels begin with. `[labels][tokens]` */
  readonly own: readonly Int32Array[];
  /**
   * Where the first of these tokens tells every label from the others, so that one reading does: the text before it,
   * and that token of each label. Undefined where labels share beginnings, or one is the beginning of another.
   */
  readonly first: { readonly beginning: string; readonly tokens: readonly number[] } | undefined;
}

/**
 * Finds where labels differ as tokens.
 *
 * @param lead what stands before the label, without the space between.
 * @throws EngineError if two labels are the same tokens
 */
export async function labelTree(
  tokenize: (text: string) => Promise<Int32Array>,
  lead: string,
  labels: readonly string[],
): Promise<LabelTree> {
  const rows: Int32Array[] = [];
  for (const label of labels) rows.push(await tokenize(`${lead} ${label}`));
  refuseSame(labels, rows);
  const common = sharedLength(rows);
  const own = rows.map((row) => row.slice(common));
  const firsts = own.map((tokens) => tokens[0]);
  if (!firsts.includes(undefined) && new Set(firsts).size === labels.length) {
    // Vocabularies differ in whether the space before a label is a token of its own or part of the label's first.
    for (const beginning of [lead, ...textBeginnings(labels).map((text) => `${lead} ${text}`)]) {
      const tokens = await tokenize(beginning);
      if (tokens.length === common && startsWith(rows[0]!, tokens)) {
        return { own, first: { beginning, tokens: firsts as number[] } };
      }
    }
  }
  return { own, first: undefined };
}

/**
 * Probabilities of labels when a text is drawn that can be nothing but one of them, token by token: at each place
 * where labels part, the probabilities of the tokens that lead to a label are divided by their sum, and tokens that all
 * remaining labels share cost nothing. A long label is therefore not less likely than a short one for being long, as it
 * would be by the product over all of its tokens. Where one label ends and another goes on, the first has whatever the
 * tokens of the others leave of 1.
 *
 * @param own `[labels][tokens]`: as in {@link LabelTree}.
 * @param logProbabilities `[labels][tokens]`: natural, of each of these tokens given those before it. Of a label that
 *   parts from all others with its first token, that one is enough.
 * @returns `[labels]`, adding up to 1.
 */
export function labelProbabilities(
  own: readonly ArrayLike<number>[],
  logProbabilities: readonly ArrayLike<number>[],
): Float64Array {
  const result = new Float64Array(own.length);
  const visit = (labels: readonly number[], depth: number, probability: number): void => {
    if (labels.length === 1) {
      result[labels[0]!] = probability;
      return;
    }
    const ended = labels.find((label) => own[label]!.length === depth);
    const groups = new Map<number, number[]>();
    for (const label of labels) {
      if (label === ended) continue;
      const token = own[label]![depth]!;
      const group = groups.get(token);
      if (group) group.push(label);
      else groups.set(token, [label]);
    }
    const logs = [...groups.values()].map(([label]) => logProbabilities[label!]![depth]!);
    const shares = ended === undefined ? softmax(logs) : logs.map(Math.exp);
    const sum = shares.reduce((total, share) => total + share, 0);
    if (ended !== undefined) result[ended] = probability * Math.max(0, 1 - sum);
    // Probabilities of 32 bits can add up to more than 1.
    const scale = Math.max(1, sum);
    [...groups.values()].forEach((group, i) => {
      visit(group, depth + 1, (probability * shares[i]!) / scale);
    });
  };
  visit([...own.keys()], 0, 1);
  return result;
}

function softmax(logs: readonly number[]): number[] {
  const most = Math.max(...logs);
  // A model that rules out every label says nothing of them.
  if (most === Number.NEGATIVE_INFINITY) return logs.map(() => 1 / logs.length);
  const weights = logs.map((log) => Math.exp(log - most));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

function refuseSame(labels: readonly string[], rows: readonly Int32Array[]): void {
  const seen = new Map<string, string>();
  for (const [i, row] of rows.entries()) {
    const other = seen.get(row.join());
    if (other !== undefined) {
      throw new EngineError(
        `The labels ${JSON.stringify(other)} and ${JSON.stringify(labels[i])} are the same to the model's tokeniser. ` +
          "Give them other words in task.wordings.",
      );
    }
    seen.set(row.join(), labels[i]!);
  }
}

function sharedLength(rows: readonly Int32Array[]): number {
  const first = rows[0]!;
  let length = 0;
  while (rows.every((row) => length < row.length && row[length] === first[length])) length++;
  return length;
}

/** Every text that all labels begin with, the empty one first. */
function textBeginnings(labels: readonly string[]): string[] {
  const characters = [...labels[0]!];
  const beginnings = [""];
  for (const [i] of characters.entries()) {
    const text = characters.slice(0, i + 1).join("");
    if (!labels.every((label) => label.startsWith(text))) break;
    beginnings.push(text);
  }
  return beginnings;
}

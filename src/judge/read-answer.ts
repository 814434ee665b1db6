import { z } from "zod";
import { type Choice, choiceOf, JudgeFailure } from "./chooser.js";

const tokenSchema = z.object({ token: z.string(), logprob: z.number() });

const replySchema = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullish() }),
        finish_reason: z.string().nullish(),
        logprobs: z
          .object({
            content: z.array(tokenSchema.extend({ top_logprobs: z.array(tokenSchema).nullish() })).nullish(),
          })
          .nullish()
          // Some servers fill it in a form of their own; it is a bonus.
          .catch(undefined),
      }),
    )
    .min(1),
});

type TokenLog = z.output<typeof tokenSchema> & {
  readonly top_logprobs?: readonly z.output<typeof tokenSchema>[] | null | undefined;
};

/**
 * The answer in a server's chat completion: by the key `answer` of a JSON object, whole or cut off, else by plain text.
 * With log-probabilities the answer's rivals get theirs; without them the answer has probability 1.
 *
 * @param answers letters or numbers
 * @throws JudgeFailure of the kind `nonsense` if it is none of the allowed answers, or more than one
 */
export function readAnswer(reply: unknown, answers: readonly string[]): Choice {
  const checked = replySchema.safeParse(reply);
  if (!checked.success) {
    throw new JudgeFailure("nonsense", "The judge's reply is no chat completion.");
  }
  const { message, finish_reason: finish, logprobs } = checked.data.choices[0]!;
  const content = withoutThoughts(message.content ?? "");
  const answer = answerInJson(content) ?? answerInText(content, answers);
  if (answer === undefined || !answers.includes(answer)) {
    const quote = JSON.stringify(content.slice(0, 60).toWellFormed());
    const cut =
      finish === "length" ? " It was cut off: a model that thinks first needs more tokens (maxTokens)." : "";
    throw new JudgeFailure(
      "nonsense",
      `The judge answered ${quote}, which is none of ${answers.join(", ")}.${cut}`,
    );
  }
  return (
    fromLogProbabilities(logprobs?.content ?? [], answers, answer) ?? {
      probabilities: answers.map((one) => (one === answer ? 1 : 0)),
    }
  );
}

/** What some models write before their answer. A thought that was cut off has no answer after it. */
function withoutThoughts(content: string): string {
  return content.replace(/<think>[\s\S]*?(<\/think>|$)/g, "").trim();
}

/** Also of an object in a code fence, and of one that ends too early. Empty if there is the key and no value. */
function answerInJson(content: string): string | undefined {
  const match = /"answer"\s*:\s*(?:"([^"]*)|([^\s",}]*))/.exec(content);
  return match ? (match[1] ?? match[2] ?? "").trim() : undefined;
}

function answerInText(content: string, answers: readonly string[]): string | undefined {
  const bare = content.replace(/^[\s"'`*.:()[\]]+|[\s"'`*.:()[\]]+$/g, "");
  if (answers.includes(bare)) return bare;
  // Not a part of a word, a number, a fraction or a range.
  const one = `(?<![\\p{L}\\p{N}]|\\p{N}[.,/–-])(${answers.join("|")})(?![\\p{L}\\p{N}]|[.,/–-]\\p{N})`;
  const named = onlyMatch(
    content,
    new RegExp(`(?:[Rr]ating|[Ss]core|[Aa]nswer)(?: is)?[^\\p{L}\\p{N}]{0,8}${one}`, "gu"),
  );
  if (named !== undefined) return named;
  // A letter by itself may be a word.
  return answers.every((answer) => /^\p{N}+$/u.test(answer))
    ? onlyMatch(content, new RegExp(one, "gu"))
    : undefined;
}

/** The first group of all matches, if it is the same in all. */
function onlyMatch(content: string, pattern: RegExp): string | undefined {
  const found = new Set([...content.matchAll(pattern)].map((match) => match[1]));
  return found.size === 1 ? [...found][0] : undefined;
}

/** Probabilities where the answer was written; undefined if the server does not say. */
function fromLogProbabilities(
  tokens: readonly TokenLog[],
  answers: readonly string[],
  answer: string,
): Choice | undefined {
  const written = tokens.find(({ token }) => token.trim() === answer);
  if (!written?.top_logprobs?.length) return undefined;
  const listed = written.top_logprobs.some(({ token }) => token === written.token);
  const weights = answers.map(() => 0);
  for (const { token, logprob } of listed ? written.top_logprobs : [written, ...written.top_logprobs]) {
    const place = answers.indexOf(token.trim());
    if (place >= 0) weights[place]! += Math.exp(logprob);
  }
  return weights.some((weight) => weight > 0) ? choiceOf(weights) : undefined;
}

import { RecipeError } from "../errors.js";
import { type Chooser, JudgeFailure, type Question } from "./chooser.js";
import { createJudge, type JudgeSettings } from "./create-judge.js";
import { EndpointClient, type EndpointOptions } from "./endpoint-client.js";
import type { Judge } from "./judge.js";
import { readAnswer } from "./read-answer.js";

/**
 * A judge on any server that speaks OpenAI's chat completions, at temperature 0. It asks for an answer of a JSON schema
 * that allows nothing else; of a server that does not take one, for log-probabilities; and of one that takes neither
 * for plain text, in which the answer is looked for.
 *
 * @throws RecipeError if the URL is none, the environment variable holds no key, or an option is out of its range.
 */
export function createEndpointJudge(options: EndpointOptions & JudgeSettings): Judge {
  const { model, concurrency = 4, timeoutSeconds = 120, retries = 4, maxTokens = 256 } = options;
  if (model.trim() === "") throw new RecipeError("The judge needs the name of a model on its server.");
  requireWithin("concurrency", concurrency, 1, 64);
  requireWithin("timeoutSeconds", timeoutSeconds, 0.001, 300);
  requireWithin("retries", retries, 0, 100);
  requireWithin("maxTokens", maxTokens, 1, 1e6);
  const client = new EndpointClient(options);
  const limits = { temperature: 0, max_tokens: maxTokens };
  const forms: ((question: Question) => object)[] = [
    ({ answers }) => ({ ...limits, response_format: schemaOf(answers) }),
    () => ({ ...limits, logprobs: true, top_logprobs: 5 }),
    // Models that think refuse a temperature, and have another name for the limit.
    () => ({}),
  ];
  let form = 0;
  const chooser: Chooser = {
    name: `${model} at ${client.place}`,
    concurrency,
    async choose(question, signal) {
      const { messages, answers } = question;
      for (let tried = form; ; tried++) {
        try {
          const reply = await client.complete({ model, messages, ...forms[tried]!(question) }, signal);
          // Only now is it sure that the form was at fault, and not the question.
          form = Math.max(form, tried);
          return readAnswer(reply, answers);
        } catch (error) {
          const unknownForm = error instanceof JudgeFailure && (error.status === 400 || error.status === 422);
          if (!unknownForm || tried === forms.length - 1) throw error;
        }
      }
    },
  };
  return createJudge(chooser, options);
}

function schemaOf(answers: readonly string[]): object {
  return {
    type: "json_schema",
    json_schema: {
      name: "answer",
      strict: true,
      schema: {
        type: "object",
        properties: { answer: { type: "string", enum: answers } },
        required: ["answer"],
        additionalProperties: false,
      },
    },
  };
}

function requireWithin(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  throw new RecipeError(`The judge's ${name} must be from ${least} to ${most}, not ${value}.`);
}

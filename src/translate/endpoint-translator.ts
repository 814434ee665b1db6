import { z } from "zod";
import { EngineError, InterruptedError } from "../errors.js";
import { JudgeFailure } from "../judge/chooser.js";
import { EndpointClient, type EndpointOptions } from "../judge/endpoint-client.js";
import { cleanTranslation, TRANSLATION_PROMPT_VERSION, translationMessages } from "./translation-prompt.js";
import type { Translator } from "./translator.js";

const replySchema = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string().nullable() }) })).min(1),
});

/**
 * A model on any server that speaks OpenAI's chat completions, at temperature 0. Waits and tries again as
 * `EndpointClient` does; the key is never in a message.
 *
 * @throws RecipeError if the URL is none, or the environment variable holds no key
 */
export function createEndpointTranslator(options: EndpointOptions): Translator {
  const { model, concurrency = 4, maxTokens = 512 } = options;
  const client = new EndpointClient({ ...options, role: "translator" });
  // Models that think refuse a temperature, and have another name for the limit.
  const forms: object[] = [{ temperature: 0, max_tokens: maxTokens }, {}];
  let form = 0;
  const ask = async (text: string, from: string, to: string, signal: AbortSignal): Promise<string> => {
    const messages = translationMessages(text, from, to);
    for (let tried = form; ; tried++) {
      try {
        const reply = await client.complete({ model, messages, ...forms[tried] }, signal);
        form = Math.max(form, tried);
        return cleanTranslation(contentOf(reply, client.place), text, to);
      } catch (error) {
        const unknownForm = error instanceof JudgeFailure && (error.status === 400 || error.status === 422);
        if (!unknownForm || tried === forms.length - 1) throw error;
      }
    }
  };
  return {
    name: `${model} at ${client.place}, prompt ${TRANSLATION_PROMPT_VERSION}, at most ${maxTokens} tokens`,
    async translate(texts, from, to, signal) {
      const translations = texts.map(() => "");
      // The first failure ends the others' waiting.
      const failed = new AbortController();
      const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
      let next = 0;
      const work = async () => {
        for (let at = next++; at < texts.length; at = next++) {
          translations[at] = await ask(texts[at]!, from, to, either);
        }
      };
      try {
        await Promise.all(
          Array.from({ length: Math.min(concurrency, texts.length) }, () =>
            work().catch((error) => {
              failed.abort();
              throw error;
            }),
          ),
        );
      } catch (error) {
        if (signal?.aborted) throw new InterruptedError("Translating was interrupted.");
        if (!(error instanceof JudgeFailure)) throw error;
        throw new EngineError(error.message, { cause: error });
      }
      return translations;
    },
  };
}

function contentOf(reply: unknown, place: string): string {
  const read = replySchema.safeParse(reply);
  if (read.success) return read.data.choices[0]!.message.content ?? "";
  throw new EngineError(
    `${place} does not answer as an OpenAI-compatible server does: its reply holds no message. Check the translator's URL.`,
  );
}

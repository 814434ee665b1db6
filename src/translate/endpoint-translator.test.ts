import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { EngineError, InterruptedError } from "../errors.js";
import { createEndpointTranslator } from "./endpoint-translator.js";

let server: Server | undefined;
afterEach(() => server?.close());

interface Asked {
  readonly body: {
    readonly model: string;
    readonly messages: readonly { readonly content: string }[];
  } & Record<string, unknown>;
  readonly key: string | undefined;
}

async function bodyOf(request: IncomingMessage): Promise<Asked["body"]> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return JSON.parse(text);
}

/** A server that answers with what `reply` gives, a status or a message. */
async function serve(
  reply: (asked: Asked, count: number) => number | string,
): Promise<{ url: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  server = createServer(async (request, response) => {
    asked.push({ body: await bodyOf(request), key: request.headers.authorization });
    const answer = reply(asked.at(-1)!, asked.length);
    if (typeof answer === "number") response.writeHead(answer).end('{"error": "no"}');
    else response.end(JSON.stringify({ choices: [{ message: { content: answer } }] }));
  });
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked };
}

test("each text is asked for with its languages, in order, and the answer is cleaned", async () => {
  const { url, asked } = await serve(({ body }) => {
    const text = body.messages[0]!.content.split("\n\n")[1]!;
    return `**Translation:** “${text.toUpperCase()}”\n\nI hope that this helps!`;
  });
  const translator = createEndpointTranslator({ url, model: "m", concurrency: 3 });
  const texts = ["one", "two", "three", "four"];
  expect(await translator.translate(texts, "en", "sl")).toEqual(["ONE", "TWO", "THREE", "FOUR"]);
  const { body } = asked[0]!;
  expect(body.messages[0]!.content).toContain("from English into Slovenian");
  expect(body).toMatchObject({ model: "m", temperature: 0, max_tokens: 512 });
  expect(translator.name).toContain("m at http://127.0.0.1");
});

test("a busy server is asked again, and one that takes no temperature is asked without", async () => {
  const { url, asked } = await serve(({ body }, count) => {
    if (count === 1) return 503;
    return "temperature" in body ? 400 : "hola";
  });
  const translator = createEndpointTranslator({ url, model: "m", backoffMs: 1 });
  expect(await translator.translate(["hello"], "en", "es")).toEqual(["hola"]);
  expect(await translator.translate(["hi"], "en", "es")).toEqual(["hola"]);
  expect(asked.map(({ body }) => "temperature" in body)).toEqual([true, true, false, false]);
});

test("failures speak of the translator, and never show the key", async () => {
  process.env.TILLER_TEST_KEY = "secret-key";
  const { url, asked } = await serve(() => 401);
  const refused = createEndpointTranslator({ url, model: "m", keyVariable: "TILLER_TEST_KEY" });
  const failed = refused.translate(["a"], "en", "es");
  await expect(failed).rejects.toThrow(EngineError);
  await expect(failed).rejects.toThrow(/does not accept the key in TILLER_TEST_KEY/);
  await expect(failed).rejects.not.toThrow(/secret|judge/);
  expect(asked[0]!.key).toBe("Bearer secret-key");
  delete process.env.TILLER_TEST_KEY;
  expect(() => createEndpointTranslator({ url: "nowhere", model: "m" })).toThrow("The translator's URL");
});

test("a reply without a message and an abort are plain errors", async () => {
  const { url } = await serve(() => "x");
  server!.removeAllListeners("request").on("request", (_, response) => response.end('{"choices": []}'));
  const translator = createEndpointTranslator({ url, model: "m" });
  await expect(translator.translate(["a"], "en", "es")).rejects.toThrow(/holds no message/);
  const stop = AbortSignal.abort();
  await expect(translator.translate(["a"], "en", "es", stop)).rejects.toThrow(InterruptedError);
});

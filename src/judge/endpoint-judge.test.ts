import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EngineError, InterruptedError, RecipeError } from "../errors.js";
import { AnswerCache } from "../store/answer-cache.js";
import { createEndpointJudge } from "./endpoint-judge.js";
import type { JudgedItem } from "./judge.js";
import { summarizeRatings } from "./rating.js";

const KEY = "sk-very-secret";
const VARIABLE = "TILLER_TEST_JUDGE_KEY";

interface Seen {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown> & { readonly messages: readonly { readonly content: string }[] };
  readonly at: number;
}

/** What the server does instead of answering "2"; true if it did something. */
type Trouble = (request: Seen, response: ServerResponse, count: number) => boolean;

let seen: Seen[];
let trouble: Trouble;
let server: Server;

beforeEach(async () => {
  seen = [];
  trouble = () => false;
  server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const { url = "", headers } = request;
    const one = { url, headers, body: JSON.parse(Buffer.concat(parts).toString()), at: performance.now() };
    seen.push(one);
    if (!trouble(one, response, seen.length)) say(response, '{"answer": "2"}');
  });
  await listen(server);
  vi.stubEnv(VARIABLE, KEY);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await close(server);
});

async function listen(one: Server): Promise<void> {
  one.listen(0, "127.0.0.1");
  await once(one, "listening");
}

async function close(one: Server): Promise<void> {
  one.closeAllConnections();
  await new Promise((done) => one.close(done));
}

const origin = (of: Server = server) => `http://127.0.0.1:${(of.address() as AddressInfo).port}`;

function say(response: ServerResponse, content: string, more: object = {}): true {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ choices: [{ message: { role: "assistant", content }, ...more }] }));
  return true;
}

function refuse(response: ServerResponse, status: number, message = "", headers = {}): true {
  response.writeHead(status, headers).end(JSON.stringify({ error: { message } }));
  return true;
}

const judge = (options: Partial<Parameters<typeof createEndpointJudge>[0]> = {}) =>
  createEndpointJudge({
    url: options.url ?? `${origin()}/v1`,
    model: "judge-1",
    keyVariable: VARIABLE,
    concurrency: 1,
    backoffMs: 1,
    bothOrders: false,
    ...options,
  });
const item = (text: string): JudgedItem => ({
  text,
  concept: "spring",
  language: "en",
  instruction: "Write a line.",
});

describe("a server that answers", () => {
  it("is asked for each criterion in each order, by a schema, with the key", async () => {
    trouble = ({ body: { messages } }, response) =>
      say(response, JSON.stringify({ answer: /fluent speaker/.test(messages[0]!.content) ? "1" : "2" }));
    const [rating] = await judge({ bothOrders: true }).rate([item("Buds open.")]);
    expect(rating).toMatchObject({
      concept: { expected: 2, likeliest: 2, orderEffect: 0, ordersAgree: true },
      instruction: { expected: 2 },
      fluency: { expected: 1, likeliest: 1 },
    });
    expect(seen).toHaveLength(6);
    const { url, headers, body } = seen[0]!;
    expect([url, headers.authorization]).toEqual(["/v1/chat/completions", `Bearer ${KEY}`]);
    expect(body).toMatchObject({
      model: "judge-1",
      temperature: 0,
      response_format: {
        type: "json_schema",
        json_schema: { strict: true, schema: { properties: { answer: { enum: ["0", "1", "2"] } } } },
      },
    });
    const names = [judge().name, judge({ model: "judge-2" }).name];
    expect(new Set(names).size).toBe(2);
    expect(names.join()).not.toContain(KEY);
  });

  it.each(["", "/", "/v1", "/v1/", "/v1/chat/completions"])("is found at %j", async (path) => {
    await judge({ url: `${origin()}${path}`, keyVariable: undefined }).rate([item("a")]);
    expect(seen[0]!.url).toBe("/v1/chat/completions");
    expect(seen[0]!.headers.authorization).toBeUndefined();
  });

  it("keeps another path, and a query, which no message and no name shows", async () => {
    const odd = judge({ url: `${origin()}/a/b?version=7` });
    await odd.rate([item("a")]);
    expect(seen[0]!.url).toBe("/a/b/chat/completions?version=7");
    expect(odd.name).not.toContain("version");
  });

  it("compares pairs", async () => {
    trouble = (_, response) => say(response, '{"answer": "B"}');
    const pair = { ...item("x"), a: "one", b: "two", criterion: "fluency" } as const;
    expect(await judge({ bothOrders: true }).prefer([pair])).toEqual([
      { a: 0.5, orderEffect: -1, ordersAgree: false },
    ]);
  });

  it("without schemas is asked for log-probabilities, and from then on only so", async () => {
    trouble = ({ body }, response) => {
      if (body.response_format) return refuse(response, 400, "response_format is not supported");
      const top = [
        { token: "1", logprob: Math.log(0.6) },
        { token: "2", logprob: Math.log(0.2) },
      ];
      return say(response, "1", { logprobs: { content: [{ ...top[0], top_logprobs: top }] } });
    };
    const [rating] = await judge().rate([item("a")]);
    expect(rating).toMatchObject({
      concept: { expected: expect.closeTo(1.25, 12), mass: expect.closeTo(0.8, 12) },
    });
    expect(seen.map(({ body }) => "response_format" in body)).toEqual([true, false, false, false]);
    expect(seen[1]!.body).toMatchObject({ logprobs: true });
  });

  it("that takes neither is asked in plain text", async () => {
    trouble = ({ body }, response) =>
      "temperature" in body ? refuse(response, 422, "temperature") : say(response, "Rating: **1**");
    const [rating] = await judge().rate([item("a")]);
    expect(rating).toMatchObject({ fluency: { expected: 1 } });
    expect(Object.keys(seen.at(-1)!.body)).toEqual(["model", "messages"]);
    expect(seen).toHaveLength(5);
  });

  it("is asked about no more items at once than it should be", async () => {
    let running = 0;
    let most = 0;
    const waiting: ServerResponse[] = [];
    trouble = (_, response) => {
      most = Math.max(most, ++running);
      waiting.push(response);
      // The first three wait for each other.
      if (running < 3 && seen.length <= 3) return true;
      for (const one of waiting.splice(0)) {
        running--;
        say(one, "1");
      }
      return true;
    };
    const items = Array.from({ length: 6 }, (_, i) => item(`t${i}`));
    expect(summarizeRatings(await judge({ concurrency: 3 }).rate(items)).rated).toBe(6);
    expect(most).toBe(3);
  });

  it("gets any text as it is", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", minLength: 1 }), async (text) => {
        seen = [];
        const [rating] = await judge().rate([item(text)]);
        expect(rating!.absent).toBeUndefined();
        for (const { body } of seen) expect(body.messages[0]!.content).toContain(text.toWellFormed());
      }),
      { seed: 23, numRuns: 30 },
    );
  });
});

describe("a cache", () => {
  it("saves the requests of a second run, and those of no absence", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tiller-judge-"));
    try {
      await using cache = await AnswerCache.open(join(folder, "judgements.jsonl"));
      trouble = ({ body: { messages } }, response) =>
        messages[0]!.content.includes("odd") && say(response, "a poem");
      const items = [item("even"), item("odd")];
      const first = await judge({ cache }).rate(items);
      expect(first[1]).toMatchObject({ absent: "nonsense", reason: expect.stringContaining('"a poem"') });
      expect(seen).toHaveLength(4);
      expect(await judge({ cache }).rate(items)).toEqual(first);
      expect(seen).toHaveLength(5);
      trouble = () => false;
      await judge({ cache }).rate(items);
      await judge({ cache }).rate(items);
      expect(seen).toHaveLength(8);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe("a failure that passes", () => {
  it.each([500, 502, 503, 408, 429])("with status %d is tried again", async (status) => {
    trouble = (_, response, count) => count <= 2 && refuse(response, status, "busy");
    expect(summarizeRatings(await judge().rate([item("a")])).rated).toBe(1);
    expect(seen).toHaveLength(5);
  });

  it("is waited for as long as the server asks, by all requests", async () => {
    let refusedAt = 0;
    trouble = (_, response, count) => {
      if (count > 1) return false;
      refusedAt = performance.now();
      return refuse(response, 429, "", { "retry-after": "1" });
    };
    await judge().rate([item("a")]);
    expect(seen[1]!.at - refusedAt).toBeGreaterThanOrEqual(999);
    expect(seen).toHaveLength(4);
  });

  it("is waited for until a date", async () => {
    trouble = (_, response, count) =>
      count === 1 && refuse(response, 503, "", { "retry-after": "Wed, 21 Oct 2015 07:28:00 GMT" });
    await judge({ backoffMs: 1e6 }).rate([item("a")]);
    expect(seen).toHaveLength(4);
  });

  it.each(["before its reply", "within its reply"])("is a connection dropped %s", async (when) => {
    trouble = (_, response, count) => {
      if (count > 1) return false;
      if (when === "before its reply") response.socket!.destroy();
      else {
        response.writeHead(200, { "content-length": 1000 });
        response.write('{"choices": [', () => response.socket!.destroy());
      }
      return true;
    };
    expect(summarizeRatings(await judge().rate([item("a")])).rated).toBe(1);
    expect(seen).toHaveLength(4);
  });

  it("is a server that takes too long once", async () => {
    trouble = (_request, _response, count) => count === 1;
    expect(summarizeRatings(await judge({ timeoutSeconds: 0.5 }).rate([item("a")])).rated).toBe(1);
  });

  it("is given up after some tries, and the judge after some items", async () => {
    trouble = (_, response) => refuse(response, 500, `no room for ${KEY}`);
    const items = Array.from({ length: 9 }, (_, i) => item(`t${i}`));
    const run = judge({ retries: 2 }).rate(items);
    await expect(run).rejects.toThrow(EngineError);
    await expect(run).rejects.toThrow(/trouble of its own \(500\): no room for \[key\]\./);
    expect(seen).toHaveLength(9);
  });
});

describe("a failure that stays", () => {
  const failing = async (options: Parameters<typeof judge>[0] = {}): Promise<string> => {
    const error: unknown = await judge(options)
      .rate([item("a"), item("b")])
      .catch((reason) => reason);
    expect(error).toBeInstanceOf(EngineError);
    let text = "";
    for (let cause = error; cause instanceof Error; cause = cause.cause) text += `${cause.stack}\n`;
    expect(text).not.toContain(KEY);
    return (error as Error).message;
  };

  it("is nobody at the address", async () => {
    const url = origin();
    await close(server);
    const message = await failing({ url, backoffMs: 1e6 });
    expect(message).toMatch(/Nothing can be asked at http:\S+ \(ECONNREFUSED\)\. Start the server/);
    server = createServer();
    await listen(server);
  });

  it("is a server that never answers", async () => {
    trouble = () => true;
    const message = await failing({ timeoutSeconds: 0.05, retries: 1 });
    expect(message).toMatch(/did not answer within 0\.05 seconds.*timeoutSeconds/);
    expect(seen).toHaveLength(4);
  });

  it("is a reply that never ends", async () => {
    trouble = (_, response) => {
      response.writeHead(200).write('{"choices": [');
      return true;
    };
    expect(await failing({ timeoutSeconds: 0.05, retries: 0 })).toMatch(/did not answer within/);
  });

  it("is a wrong key: one request, and what to do", async () => {
    trouble = (_, response) => refuse(response, 401, `Incorrect API key: ${KEY}`);
    const message = await failing();
    expect(message).toMatch(/refused \(401\)\. It does not accept the key in TILLER_TEST_JUDGE_KEY: check/);
    expect(seen).toHaveLength(1);
    seen = [];
    expect(await failing({ keyVariable: undefined })).toMatch(/wants a key.*keyVariable/);
    expect(seen).toHaveLength(1);
  });

  it("is a model that the server does not have", async () => {
    trouble = (_, response) => refuse(response, 404, "model 'judge-1' not found");
    expect(await failing()).toMatch(/no model judge-1 \(404\): model 'judge-1' not found\. Check/);
    expect(seen).toHaveLength(1);
  });

  it("is a server that asks for more patience than there is", async () => {
    trouble = (_, response) => refuse(response, 429, "quota", { "retry-after": "3600" });
    expect(await failing()).toMatch(/slow down \(429\): quota\..*wait for 3600 seconds/);
    expect(seen).toHaveLength(1);
  });

  it("is what is no OpenAI-compatible server", async () => {
    trouble = (_, response) => {
      response.end("<html>Log in</html>");
      return true;
    };
    expect(await failing({ retries: 1 })).toMatch(/its reply is not JSON.*proxy/);
    trouble = (_, response) => {
      response.end('{"choices": [{"message": {"conte');
      return true;
    };
    expect(await failing({ retries: 1 })).toMatch(/its reply is not JSON/);
    trouble = (_, response) => {
      response.end("[1]");
      return true;
    };
    expect(await failing()).toMatch(/no chat completion/);
  });

  it("of one item leaves the others", async () => {
    trouble = ({ body: { messages } }, response) => {
      const { content } = messages[0]!;
      if (content.includes("long")) return refuse(response, 400, `too long, ${KEY}`);
      if (content.includes("cut")) return say(response, '{"answer": "');
      return content.includes("half") && say(response, '{"answer": "1"');
    };
    const ratings = await judge().rate(["long", "cut", "half", "good"].map(item));
    expect(ratings[0]).toMatchObject({
      absent: "refused",
      reason: expect.stringMatching(/refused the question \(400\): too long, \[key\]\.$/),
    });
    expect(ratings[1]).toMatchObject({ absent: "nonsense" });
    expect(ratings[2]).toMatchObject({ concept: { expected: 1 } });
    expect(ratings[3]).toMatchObject({ concept: { expected: 2 } });
    // A refused question does not say that schemas are not known.
    expect(seen.at(-1)!.body).toHaveProperty("response_format");
  });
});

describe("a redirect", () => {
  it.each([301, 302, 307, 308])("with status %d is followed with body and key", async (status) => {
    trouble = ({ url }, response) =>
      url !== "/elsewhere" && refuse(response, status, "", { location: "/elsewhere" });
    expect(summarizeRatings(await judge().rate([item("a")])).rated).toBe(1);
    expect(seen[1]).toMatchObject({ url: "/elsewhere", headers: { authorization: `Bearer ${KEY}` } });
    expect(seen[1]!.body).toEqual(seen[0]!.body);
  });

  it("to another server gets no key", async () => {
    const other = createServer((request, response) => {
      request.resume();
      others.push(request.headers.authorization);
      say(response, "1");
    });
    const others: (string | undefined)[] = [];
    await listen(other);
    try {
      trouble = (_, response) => refuse(response, 307, "", { location: `${origin(other)}/v1/x` });
      await expect(judge().rate([item("a")])).rejects.toThrow(
        /where the key of TILLER_TEST_JUDGE_KEY is not sent/,
      );
      expect(others).toEqual([]);
      expect(summarizeRatings(await judge({ keyVariable: undefined }).rate([item("a")])).rated).toBe(1);
      expect(others).toEqual([undefined, undefined, undefined]);
    } finally {
      await close(other);
    }
  });

  it.each([
    ["/v1/chat/completions", /in a circle/],
    ["file:///etc/passwd", /no web address/],
    ["http://", /no web/],
  ])("to %s is an error", async (location, message) => {
    trouble = (_, response) => refuse(response, 308, "", { location });
    await expect(judge().rate([item("a")])).rejects.toThrow(message);
  });
});

describe("an interruption", () => {
  it("ends requests under way and keeps what was rated", async () => {
    const interrupt = new AbortController();
    const closed: Promise<unknown>[] = [];
    trouble = (_, response, count) => {
      if (count <= 3) return false;
      closed.push(once(response, "close"));
      interrupt.abort();
      return true;
    };
    const rated: number[] = [];
    const run = judge().rate([item("a"), item("b")], {
      signal: interrupt.signal,
      onItem: (index) => rated.push(index),
    });
    await expect(run).rejects.toThrow(InterruptedError);
    await Promise.all(closed);
    expect([rated, seen.length]).toEqual([[0], 4]);
  });

  it("ends a wait", async () => {
    const interrupt = new AbortController();
    trouble = (_, response) => {
      response.on("close", () => setImmediate(() => interrupt.abort()));
      return refuse(response, 500);
    };
    const run = judge({ backoffMs: 1e6 }).rate([item("a")], { signal: interrupt.signal });
    await expect(run).rejects.toThrow(InterruptedError);
  });
});

it("refuses settings that cannot work, without the key", () => {
  const wrong = (options: Parameters<typeof judge>[0], message: RegExp) => {
    let error: unknown;
    try {
      judge(options);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(RecipeError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain(KEY);
  };
  wrong({ url: "localhost:8080" }, /no web address/);
  wrong({ url: "" }, /no web address/);
  wrong({ url: `http://user:${KEY}@localhost/v1` }, /user name or a password/);
  wrong({ model: " " }, /name of a model/);
  wrong({ concurrency: 0 }, /concurrency must be from 1 to 64, not 0/);
  wrong({ retries: Number.NaN }, /retries must be from 0 to 100, not NaN/);
  wrong({ timeoutSeconds: Number.NaN }, /timeoutSeconds/);
  vi.stubEnv(VARIABLE, " ");
  wrong({}, /TILLER_TEST_JUDGE_KEY holds no key/);
  vi.stubEnv(VARIABLE, `${KEY}\nโ`);
  wrong({}, /characters that no key has/);
});

import { setTimeout as sleep } from "node:timers/promises";
import { RecipeError } from "../errors.js";
import { errorCode } from "../models/retry.js";
import { JudgeFailure } from "./chooser.js";

export interface EndpointOptions {
  /** Base URL of an OpenAI-compatible server, such as `http://localhost:8080/v1`. */
  readonly url: string;
  /** The model's name on that server. */
  readonly model: string;
  /** Environment variable that holds the server's key; left out, none is sent. */
  readonly keyVariable?: string | undefined;
  /** Items asked about at once, 1 to 64; default 4. */
  readonly concurrency?: number | undefined;
  /** For one request, up to 300 (after which Node gives up by itself); default 120. */
  readonly timeoutSeconds?: number | undefined;
  /** Further tries after a failure that may pass; default 4. */
  readonly retries?: number | undefined;
  /** Before the first of them, where the server does not say; doubled for each further one. Default 500. */
  readonly backoffMs?: number | undefined;
  /** Longest answer, in tokens; default 256. Models that think before they answer need more. */
  readonly maxTokens?: number | undefined;
  /** What the server is asked as, in messages; default `judge`. */
  readonly role?: string | undefined;
}

/** A server that asks for more patience than this is not waited for. */
const LONGEST_WAIT_SECONDS = 60;
const MOST_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 307, 308]);

/** A failure that may pass if the request is sent again. */
class PassingFailure extends JudgeFailure {
  readonly retryAfterSeconds: number | undefined;
  constructor(
    kind: "down" | "nonsense",
    message: string,
    options: ErrorOptions & { readonly retryAfterSeconds?: number | undefined } = {},
  ) {
    super(kind, message, options);
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** Sends chat completions to one server. Its key goes to that server and nowhere else, messages included. */
export class EndpointClient {
  /** The server as messages and judges' names have it: no query, no key. */
  readonly place: string;
  readonly #options: EndpointOptions;
  readonly #role: string;
  readonly #url: URL;
  readonly #key: string | undefined;
  #answered = false;
  /** When the server will hear further requests, by `performance.now`. All of them wait, not the refused one alone. */
  #notBefore = 0;

  /** @throws RecipeError if the URL is none, or the variable holds no key */
  constructor(options: EndpointOptions) {
    this.#options = options;
    this.#role = options.role ?? "judge";
    this.#url = completionsUrl(options.url, this.#role);
    this.#key = options.keyVariable === undefined ? undefined : readKey(options.keyVariable, this.#role);
    this.place = this.#url.origin + this.#url.pathname;
  }

  /**
   * The server's reply, parsed but not checked. Waits and tries again on 408, 425, 429, 5xx, a time-out and a lost
   * connection.
   *
   * @throws JudgeFailure; whatever an aborted `fetch` or wait throws
   */
  async complete(body: object, signal: AbortSignal): Promise<unknown> {
    const { retries = 4, backoffMs = 500 } = this.#options;
    for (let failures = 0; ; failures++) {
      await this.#turn(signal);
      try {
        return await this.#send(JSON.stringify(body), signal);
      } catch (error) {
        if (!(error instanceof PassingFailure)) throw error;
        const { kind, message, retryAfterSeconds } = error;
        if (retryAfterSeconds !== undefined && retryAfterSeconds > LONGEST_WAIT_SECONDS) {
          throw new JudgeFailure(kind, `${message} It asks to wait for ${retryAfterSeconds} seconds.`, {
            cause: error,
            final: true,
          });
        }
        if (failures >= retries) throw error;
        if (retryAfterSeconds === undefined) await sleep(backoffMs * 2 ** failures, undefined, { signal });
        else this.#notBefore = Math.max(this.#notBefore, performance.now() + 1000 * retryAfterSeconds);
      }
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const wait = this.#notBefore - performance.now();
      if (wait <= 0) return;
      await sleep(Math.ceil(wait), undefined, { signal });
    }
  }

  async #send(body: string, signal: AbortSignal): Promise<unknown> {
    const { timeoutSeconds = 120 } = this.#options;
    const request = new AbortController();
    const abort = () => request.abort();
    signal.addEventListener("abort", abort, { once: true });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      abort();
    }, 1000 * timeoutSeconds);
    let response: Response;
    let text: string;
    try {
      response = await this.#post(body, request.signal);
      text = await response.text();
    } catch (error) {
      if (error instanceof JudgeFailure || signal.aborted) throw error;
      if (late) {
        throw new PassingFailure(
          "down",
          `${this.place} did not answer within ${timeoutSeconds} seconds. Give it more time (timeoutSeconds), or fewer requests at once (concurrency).`,
        );
      }
      throw this.#explainLoss(error);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
    }
    this.#answered = true;
    if (!response.ok) throw this.#explainStatus(response, text);
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new PassingFailure(
        "nonsense",
        `${this.place} does not answer as an OpenAI-compatible server does: its reply is not JSON. Check the ${this.#role}'s URL, and whether a proxy stands between.`,
        { cause: error },
      );
    }
  }

  /** `fetch` would send a redirected POST as a GET without its body, and has no say in where the key goes. */
  async #post(body: string, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { "content-type": "application/json" };
    if (this.#key !== undefined) headers.authorization = `Bearer ${this.#key}`;
    let url = this.#url;
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
      const location = response.headers.get("location");
      if (!REDIRECTS.has(response.status) || location === null) return response;
      await response.body?.cancel();
      url = this.#redirected(url, location);
    }
    throw new JudgeFailure(
      "refused",
      `${this.place} redirects in a circle. Correct the ${this.#role}'s URL.`,
      {
        final: true,
      },
    );
  }

  #redirected(from: URL, location: string): URL {
    const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
    if (to && /^https?:$/.test(to.protocol)) {
      const upgraded = to.hostname === from.hostname && from.protocol === "http:" && to.protocol === "https:";
      if (this.#key === undefined || to.origin === from.origin || upgraded) return to;
      throw new JudgeFailure(
        "refused",
        `${this.place} redirects to ${to.origin}, where the key of ${this.#options.keyVariable} is not sent. If that is the right server, make it the ${this.#role}'s URL.`,
        { final: true },
      );
    }
    throw new JudgeFailure(
      "refused",
      `${this.place} redirects to what is no web address. Correct the ${this.#role}'s URL.`,
      { final: true },
    );
  }

  #explainLoss(error: unknown): JudgeFailure {
    const code = errorCode(error) ?? "";
    const untrusted = /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL/.test(code);
    // A server that has answered before may be starting again; another one is not there.
    if (untrusted || (!this.#answered && /^(ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH)$/.test(code))) {
      const advice = untrusted
        ? `Its certificate is not trusted: add its authority with NODE_EXTRA_CA_CERTS, or correct the ${this.#role}'s URL.`
        : `Start the server, or correct the ${this.#role}'s URL.`;
      return new JudgeFailure("down", `Nothing can be asked at ${this.place} (${code}). ${advice}`, {
        cause: error,
        final: true,
      });
    }
    return new PassingFailure(
      "down",
      `The connection to ${this.place} was lost (${code || "closed early"}). Check the server and the network.`,
      { cause: error },
    );
  }

  #explainStatus(response: Response, text: string): JudgeFailure {
    const { status } = response;
    const { model, keyVariable } = this.#options;
    if (status === 401 || status === 403) {
      // Not in the server's words: some quote a part of the key.
      const advice =
        keyVariable === undefined
          ? `It wants a key: put it into an environment variable, and name that as the ${this.#role}'s keyVariable.`
          : `It does not accept the key in ${keyVariable}: check that the key is whole, still valid, of this server, and may use ${model}.`;
      return new JudgeFailure("refused", `${this.place} refused (${status}). ${advice}`, {
        final: true,
        status,
      });
    }
    const words = this.#wordsOf(text);
    if (status === 404) {
      return new JudgeFailure(
        "refused",
        `${this.place} has no such address, or no model ${model} (404)${words}. Check the ${this.#role}'s URL and the model's name.`,
        { final: true, status },
      );
    }
    const retryAfterSeconds = readRetryAfter(response.headers.get("retry-after"));
    if (status === 429) {
      return new PassingFailure(
        "down",
        `${this.place} asks to slow down (429)${words}. Run again later, or with a lower concurrency; what was answered is kept.`,
        { retryAfterSeconds },
      );
    }
    if (status >= 500 || status === 408 || status === 425) {
      return new PassingFailure("down", `${this.place} has trouble of its own (${status})${words}.`, {
        retryAfterSeconds,
      });
    }
    return new JudgeFailure("refused", `${this.place} refused the question (${status})${words}.`, { status });
  }

  /** What the server says of an error, in one line and without the key. */
  #wordsOf(text: string): string {
    let said = text;
    try {
      const { error, detail, message } = JSON.parse(text);
      said = String(error?.message ?? detail ?? message ?? error ?? "");
    } catch {
      if (/^\s*</.test(text)) said = "";
    }
    if (this.#key !== undefined) said = said.replaceAll(this.#key, "[key]");
    const line = said.replace(/[\s\p{C}]+/gu, " ").trim();
    return line === "" ? "" : `: ${line.slice(0, 200).toWellFormed().replace(/\.$/, "")}`;
  }
}

function completionsUrl(text: string, role: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new RecipeError(
      `The ${role}'s URL ${JSON.stringify(text)} is no web address. Write one such as http://localhost:8080/v1.`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new RecipeError(
      `The ${role}'s URL holds a user name or a password. Put the key into an environment variable, and name that as keyVariable.`,
    );
  }
  const base = url.pathname.replace(/\/+$/, "").replace(/\/chat\/completions$/, "");
  url.pathname = `${base === "" ? "/v1" : base}/chat/completions`;
  return url;
}

function readKey(variable: string, role: string): string {
  const key = process.env[variable]?.trim();
  if (!key) {
    throw new RecipeError(
      `The environment variable ${variable} holds no key for the ${role}. Set it, or leave keyVariable out for a server that needs none.`,
    );
  }
  // A header that cannot be sent would be quoted in the error.
  if (!/^[\x21-\x7e]+$/.test(key)) {
    throw new RecipeError(
      `The key in ${variable} holds characters that no key has, such as spaces or line breaks. Copy it again.`,
    );
  }
  return key;
}

/** Seconds of a `Retry-After` header, which holds seconds or a date. */
function readRetryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\s*\d+(\.\d+)?\s*$/.test(header)
    ? Number(header)
    : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

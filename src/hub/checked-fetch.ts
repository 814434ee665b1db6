/** A refusal of the Hub, or of the storage that it sends clients to, before it is put in words. */
export class HubRefusal extends Error {
  readonly status: number;
  /** The Hub's `X-Error-Code`, such as `GatedRepo`. */
  readonly hubCode: string;
  /** The Hub's own words. */
  readonly hubMessage: string;
  readonly retryAfterSeconds: number | undefined;
  /** True if another host than the Hub refused. */
  readonly fromStorage: boolean;
  constructor(
    status: number,
    details: Partial<Pick<HubRefusal, "hubCode" | "hubMessage" | "retryAfterSeconds" | "fromStorage">>,
  ) {
    super(`HTTP status ${status}`);
    this.status = status;
    this.hubCode = details.hubCode ?? "";
    this.hubMessage = (details.hubMessage ?? "").slice(0, 300);
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.fromStorage = details.fromStorage ?? false;
  }
}

/** The server sent the whole file where its rest was asked for. */
export class RangeIgnored extends Error {}

/**
 * `fetch` that throws on a refusal, and keeps the token from other hosts than the Hub.
 *
 * @throws HubRefusal, RangeIgnored, whatever `fetch` throws
 */
export async function checkedFetch(
  input: Parameters<typeof fetch>[0],
  init: RequestInit,
  hubUrl: string,
): Promise<Response> {
  const url = new URL(input instanceof Request ? input.url : input);
  const headers = new Headers(init.headers);
  const hubOrigin = new URL(hubUrl).origin;
  if (url.origin !== hubOrigin) headers.delete("authorization");
  const response = await fetch(url, { ...init, headers });
  if (!response.ok) {
    await response.body?.cancel();
    throw new HubRefusal(response.status, {
      hubCode: response.headers.get("x-error-code") ?? "",
      hubMessage: response.headers.get("x-error-message") ?? "",
      retryAfterSeconds: readRetryAfter(response.headers.get("retry-after")),
      fromStorage: new URL(response.url).origin !== hubOrigin,
    });
  }
  const start = /^bytes=(\d+)-/.exec(headers.get("range") ?? "")?.[1];
  if (start !== undefined && Number(start) > 0 && response.status !== 206) {
    await response.body?.cancel();
    throw new RangeIgnored();
  }
  return response;
}

/** Seconds of a `Retry-After` header, which holds seconds or a date. */
function readRetryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : undefined;
}

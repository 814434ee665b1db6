const PUBLIC_HUB = "https://huggingface.co";

/** Address of the Hub, without a slash at its end: `HF_ENDPOINT`, or the public one. */
export function hubEndpoint(): string {
  return (process.env.HF_ENDPOINT || PUBLIC_HUB).replace(/\/+$/, "");
}

/**
 * The token to be sent to the Hub, if there is one: the given one, or `HF_TOKEN`.
 *
 * @throws `Failure` if it is no token; the message does not show it.
 */
export function hubToken(
  Failure: new (message: string) => Error,
  given: string | undefined = process.env.HF_TOKEN,
): string | undefined {
  const token = given?.trim();
  if (!token) return undefined;
  if (!token.startsWith("hf_")) {
    throw new Failure("HF_TOKEN is no Hugging Face token: a token begins with hf_. Correct or unset it.");
  }
  return token;
}

/** The path of a file as it stands in a URL; the Hub's library puts paths there as they are. */
export function encodePath(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

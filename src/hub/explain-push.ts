import { HubError } from "../errors.js";
import { TransientError } from "../models/retry.js";
import type { HubRefusal } from "./checked-fetch.js";

/** What a refusal means to someone who pushes to `repository`; undefined where it means what it always does. */
export function explainPushRefusal(
  refusal: HubRefusal,
  repository: string,
  hubUrl: string,
): Error | undefined {
  const { status, fromStorage } = refusal;
  const owner = repository.split("/")[0];
  const words = refusal.hubMessage === "" ? "" : ` (${refusal.hubMessage})`;
  const what = `The push to ${repository}`;
  // Addresses of the storage hold for a while only; a new try gets new ones.
  if (fromStorage && status === 403) {
    return new TransientError(`${what} was refused by the Hub's storage (403). Run again.`);
  }
  switch (status) {
    case 401:
      return new HubError(
        `${what} is refused (401)${words}: the token is not valid. Make one that may write at ${hubUrl}/settings/tokens, and set HF_TOKEN to it.`,
      );
    case 403:
      return new HubError(
        `${what} is refused (403)${words}: the token may not write there. See that it has write permission and that its account may write to ${owner}, or push to an owner of your own.`,
      );
    case 404:
      return new HubError(
        `${what} failed (404)${words}: there is no such owner or repository. Check the name, and that the token may write to ${owner}.`,
      );
    case 409:
    case 412:
      return new TransientError(`${what} met another change of the repository (${status}). Run again.`);
    case 413:
      return new HubError(
        `${what} is refused (413)${words}: a file is larger than the Hub takes. Split the data into smaller files, and run again.`,
      );
    case 507:
      return new HubError(
        `${what} is refused (507)${words}: ${owner} has no space left on the Hub. Free some, or push to another owner.`,
      );
    default:
      return undefined;
  }
}

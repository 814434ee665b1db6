import { ModelError } from "../errors.js";
import { hubEndpoint, hubToken } from "../hub/endpoint.js";
import { type FetchFileOptions, fetchFile } from "../hub/fetch-file.js";
import type { PartialFile } from "./partial-file.js";
import type { HubSource } from "./source.js";

/**
 * Fetches a file of the Hugging Face Hub into `partial`, from where it stopped if the Hub still has the same file.
 * `HF_ENDPOINT` names another Hub, `HF_TOKEN` holds a token.
 *
 * @returns the sha256 that the Hub declares for the file, which it does for every large file.
 * @throws ModelError, InterruptedError
 */
export async function fetchFromHub(
  source: HubSource,
  partial: PartialFile,
  options: FetchFileOptions,
): Promise<{ declaredSha256: string | undefined }> {
  const target = {
    kind: "model" as const,
    hubUrl: hubEndpoint(),
    token: hubToken(ModelError),
    repository: source.repository,
    revision: source.revision,
    what: `${source.path} of ${source.repository} at ${source.revision}`,
    again: "the download continues where it stopped",
    Failure: ModelError,
  };
  return fetchFile(target, source.path, partial, options);
}

import { resolve } from "node:path";
import envPaths from "env-paths";

/**
 * Folder that models are kept in: `TILLER_HOME`, or `tiller` in the platform's cache folder. It need not exist.
 */
export function modelHome(): string {
  const home = process.env.TILLER_HOME;
  return home ? resolve(home) : envPaths("tiller", { suffix: "" }).cache;
}

/** The environment variable that forbids the network (`TILLER_OFFLINE` or `HF_HUB_OFFLINE`), if one does. */
export function offlineVariable(): string | undefined {
  return ["TILLER_OFFLINE", "HF_HUB_OFFLINE"].find((name) =>
    /^(1|true|yes|on)$/i.test(process.env[name] ?? ""),
  );
}

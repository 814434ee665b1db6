import { EngineError } from "../errors.js";

/** An optional peer dependency: its runtime weighs more than all of Tiller. */
const PACKAGE: string = "@huggingface/transformers";
const INSTALL = `npm install ${PACKAGE}@4`;

/** What every user of the package has to set. */
export interface TransformersPackage {
  readonly env: { cacheDir: string | null; allowRemoteModels: boolean };
}

/**
 * Loads the package `@huggingface/transformers`.
 *
 * @param what needs it, for the message: `ONNX encoders`.
 * @param load for tests: what gives the package.
 * @throws EngineError if it is missing or cannot be loaded
 */
export async function loadTransformers<Package extends TransformersPackage>(
  what: string,
  load = () => import(PACKAGE) as Promise<unknown>,
): Promise<Package> {
  try {
    return (await load()) as Package;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const missing = code === "ERR_MODULE_NOT_FOUND" && message.includes(`'${PACKAGE}'`);
    throw new EngineError(
      missing
        ? `${what} need the package ${PACKAGE}, which is not installed. Run: ${INSTALL}`
        : `The package ${PACKAGE} cannot be loaded: ${message}. Install it anew: ${INSTALL}`,
      { cause: error },
    );
  }
}

let lastOpening: Promise<unknown> = Promise.resolve();

/**
 * Opens a model while the package looks for files in a folder of its own, and on the Hub or not. One model at a time:
 * both are settings of all the package's users, and the options of its `pipeline` do not reach the first look for files.
 */
export function openWith<Model>(
  { env }: TransformersPackage,
  settings: { readonly cacheDir: string; readonly allowRemoteModels: boolean },
  open: () => Promise<Model>,
): Promise<Model> {
  const opening = lastOpening.then(async () => {
    const { cacheDir, allowRemoteModels } = env;
    try {
      Object.assign(env, settings);
      return await open();
    } finally {
      Object.assign(env, { cacheDir, allowRemoteModels });
    }
  });
  lastOpening = opening.catch(() => undefined);
  return opening;
}

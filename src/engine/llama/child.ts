/** Entry of the child process in which llama.cpp lives. It serves one operation at a time until the parent goes. */
import { capture, logProbabilities, nextToken } from "./analysis.js";
import { generate } from "./generate.js";
import { nextTokens } from "./next-tokens.js";
import { promptTokens, renderPrompt } from "./prompt-tokens.js";
import type { ChildMessage, OperationName, Operations, ParentMessage } from "./protocol.js";
import { Session } from "./session.js";

let session: Session | undefined;
const cancelled = new Map<number, AbortController>();
let queue: Promise<void> = Promise.resolve();

function send(message: ChildMessage): void {
  if (process.connected) process.send?.(message);
}

type Handler<N extends OperationName> = (
  input: Operations[N]["input"],
  emit: (item: Operations[N]["item"]) => void,
  signal: AbortSignal,
) => Promise<Operations[N]["output"]>;

function loaded(): Session {
  if (!session) throw new Error("No model is loaded.");
  return session;
}

const handlers: { [N in OperationName]: Handler<N> } = {
  async load(input) {
    session = await Session.load(input);
    return session.describe();
  },
  async tokenize({ text, special }) {
    return loaded().vocabulary.tokenize(text, special, special);
  },
  async render({ prompt }) {
    return renderPrompt(prompt, loaded().chatTemplate, loaded().vocabulary);
  },
  async promptTokens({ prompt }) {
    return promptTokens(prompt, loaded().chatTemplate, loaded().vocabulary);
  },
  async capture(input, emit, signal) {
    await capture(loaded(), input, emit, signal);
    return undefined;
  },
  async generate({ requests, options }, emit, signal) {
    await generate(loaded(), requests, options, emit, signal);
    return undefined;
  },
  async logProbabilities(input, emit, signal) {
    await logProbabilities(loaded(), input, emit, signal);
    return undefined;
  },
  async nextTokens(input, emit, signal) {
    await nextTokens(loaded(), input, emit, signal);
    return undefined;
  },
  async nextToken({ text, options }, _emit, signal) {
    return nextToken(loaded(), text, options, signal);
  },
};

async function serve(message: Extract<ParentMessage, { kind: "start" }>): Promise<void> {
  const { id, name, input } = message;
  const controller = cancelled.get(id)!;
  const emit = (item: unknown) => send({ kind: "item", id, item });
  try {
    controller.signal.throwIfAborted();
    const handler = handlers[name] as Handler<OperationName>;
    send({ kind: "done", id, output: await handler(input, emit, controller.signal) });
  } catch (error) {
    const failure = error as Error;
    const aborted = failure.name === "AbortError";
    send({ kind: "failed", id, message: failure.message, aborted });
  } finally {
    cancelled.delete(id);
  }
}

process.on("message", (message: ParentMessage) => {
  if (message.kind === "cancel") {
    cancelled.get(message.id)?.abort();
    return;
  }
  cancelled.set(message.id, new AbortController());
  queue = queue.then(() => serve(message));
});
// The parent is gone, by its own will or by a kill: nobody is left to answer to.
process.on("disconnect", () => {
  try {
    // Metal's destructors fail an assertion on exit if a context is left.
    session?.close();
  } finally {
    process.exit(0);
  }
});
// Ctrl-C reaches the whole group; the parent decides what it means.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});

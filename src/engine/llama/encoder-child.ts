/** Entry of the child process in which an encoder runs. It serves one operation at a time until the parent goes. */
import { setImmediate as yieldToMessages } from "node:timers/promises";
import { EncoderModel } from "./encoder-model.js";
import type {
  EncodedText,
  EncoderOperation,
  EncoderOperations,
  EncoderReply,
  EncoderRequest,
} from "./encoder-protocol.js";

let model: EncoderModel | undefined;
const cancelled = new Set<number>();
let queue: Promise<void> = Promise.resolve();

function send(message: EncoderReply): void {
  if (process.connected) process.send?.(message);
}

type Handler<N extends EncoderOperation> = (
  id: number,
  input: EncoderOperations[N]["input"],
) => Promise<EncoderOperations[N]["output"]>;

const handlers: { [N in EncoderOperation]: Handler<N> } = {
  async load(_id, input) {
    model = await EncoderModel.load(input);
    return model.describe();
  },
  async encode(id, { texts }) {
    if (!model) throw new Error("No model is loaded.");
    for (const [index, text] of texts.entries()) {
      await yieldToMessages();
      if (cancelled.has(id)) break;
      const { tokens, truncated } = model.tokens(text);
      if (tokens.length === 0) continue;
      send({
        kind: "item",
        id,
        item: { text: index, truncated, vector: model.encode(tokens) } satisfies EncodedText,
      });
    }
    return {};
  },
};

async function serve({ id, name, input }: Extract<EncoderRequest, { kind: "start" }>): Promise<void> {
  try {
    const handler = handlers[name] as Handler<EncoderOperation>;
    send({ kind: "done", id, output: await handler(id, input as never) });
  } catch (error) {
    const { message, name: kind } = error as Error;
    send({ kind: "failed", id, message, error: kind });
  } finally {
    cancelled.delete(id);
  }
}

process.on("message", (message: EncoderRequest) => {
  if (message.kind === "cancel") cancelled.add(message.id);
  else queue = queue.then(() => serve(message));
});
// The parent is gone, by its own will or by a kill: nobody is left to answer to.
process.on("disconnect", () => {
  try {
    // Metal's destructors fail an assertion on exit if a context is left.
    model?.close();
  } finally {
    process.exit(0);
  }
});
// Ctrl-C reaches the whole group; the parent decides what it means.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});

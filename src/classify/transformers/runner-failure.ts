import { EngineError, ModelError, type TillerError } from "../../errors.js";
import type { FailedReply } from "./runner-protocol.js";

/** What the user can do about a failure that the runner reports; undefined for one that is nobody's fault. */
export function runnerFailure(reply: FailedReply, model: string): TillerError | undefined {
  const said = reply.message === "" ? "" : ` (${reply.message})`;
  switch (reply.code) {
    case "packages":
      return new EngineError(
        `Python cannot load what fine-tuning needs${said}. tiller doctor --trainer says what is missing.`,
      );
    case "not-an-encoder":
      return new ModelError(
        `${model} is no sequence encoder: its kind is "${reply.modelType}". Take one that was trained to fill masks, such as FacebookAI/xlm-roberta-base or microsoft/mdeberta-v3-base.`,
      );
    case "not-found":
      return new ModelError(
        `The Hugging Face Hub has no model ${model}, or it is private. Check the spelling, and set HF_TOKEN for a private one.`,
      );
    case "gated":
      return new ModelError(
        `${model} is gated: accept its licence on its page of the Hugging Face Hub, and set HF_TOKEN.`,
      );
    case "no-network":
      return new ModelError(
        `${model} is not on this machine, and the Hugging Face Hub cannot be reached. Connect once, or give a folder with the model's config.json, tokenizer and weights.`,
      );
    case "unreadable":
      return new ModelError(`${model} cannot be read${said}.`);
    case "no-tokenizer":
      return new ModelError(
        `The tokenizer of ${model} cannot be used${said}. Its folder needs tokenizer.json, or vocab.txt or a SentencePiece model.`,
      );
    case "not-finite":
      return new EngineError(
        `Fine-tuning ${model} broke down${reply.epoch ? ` in epoch ${reply.epoch}` : ""}: the loss is no longer a number. Take a lower learningRate.`,
      );
    case "memory":
      return new EngineError(
        `Memory ran out while fine-tuning ${model}. Take a smaller batchSize or maxLength, or a smaller model.`,
      );
    case "unexpected":
      return undefined;
  }
}

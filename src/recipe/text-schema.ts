import { z } from "zod";

/** Text that a model reads or that names a class: NFC, so that it equals the same text typed elsewhere. */
export const text = z.string().normalize("NFC").regex(/\S/);

/** A path is used byte for byte as it is written: file systems tell NFC from NFD. */
export const path = z.string().min(1);

/** Labels and classes become part of prompts, file names and sample ids. */
export const label = z
  .string()
  .normalize("NFC")
  .regex(/^[^\s\p{Cc}](?:[^\p{Cc}\p{Zl}\p{Zp}]*[^\s\p{Cc}])?$/u)
  .describe("Text on one line, without spaces around it.");

export const language = z
  .string()
  .regex(/^[a-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*$/)
  .describe("ISO 639 code in small letters, such as en, sl or mt; a script or region may follow: zh-Hant.");

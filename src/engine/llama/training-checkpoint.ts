import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import koffi from "koffi";
import type { GgufFile } from "../../gguf/read.js";
import type { Native, Pointer } from "./bindings.js";

/** Bytes of one write: Node refuses more than 2 GiB. */
const CHUNK = 1 << 28;

function writeAll(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length; ) {
    const part = bytes.subarray(done, done + CHUNK);
    done += writeSync(descriptor, part, 0, part.length, position + done);
  }
}

function syncFolder(path: string): void {
  // Windows cannot open a folder.
  if (process.platform === "win32") return;
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Writes a copy of a file of the model, laid out as `file` says, in which these F32 tensors have their present
 * values. The new file appears whole and on the disk, or not at all.
 *
 * llama.cpp's own `llama_model_save_to_file` is not used: it leaves out the chat template, author and licence, and
 * gives as the model's context length that of the training.
 *
 * @throws Error of the file system, with its code; what was at `path` is then unchanged.
 */
export function writeCheckpoint(
  native: Native,
  file: GgufFile,
  tensors: ReadonlyMap<string, Pointer>,
  from: string,
  path: string,
): void {
  const partial = `${path}.partial-${process.pid}`;
  try {
    copyFileSync(from, partial, constants.COPYFILE_FICLONE);
    const descriptor = openSync(partial, "r+");
    try {
      for (const [name, tensor] of tensors) {
        const { offset, elements } = file.tensors.get(name)!;
        const values = koffi.view(native.ggml_get_data(tensor)!, 4 * elements);
        writeAll(descriptor, new Uint8Array(values), offset);
      }
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(partial, path);
    syncFolder(dirname(path));
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}

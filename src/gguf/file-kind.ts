const SIGNATURES: readonly [start: string, kind: string][] = [
  ["version https://git-lfs", "a Git LFS pointer: the model itself was not downloaded"],
  ["PK\u0003\u0004", "a zip archive, as PyTorch checkpoints are"],
  ["\u001f\u008b", "a gzip archive"],
  ["lmgg", "a GGML file of the time before GGUF"],
  ["tjgg", "a GGJT file of the time before GGUF"],
  ["fmgg", "a GGMF file of the time before GGUF"],
  ["\u0089HDF", "an HDF5 file"],
  ["%PDF", "a PDF document"],
  ["\u007fELF", "a program"],
];

/** What a file that is not GGUF seems to be, from its first bytes, to complete "it is …". */
export function describeFileKind(head: Uint8Array): string {
  const start = String.fromCharCode(...head.subarray(0, 64));
  for (const [signature, kind] of SIGNATURES) if (start.startsWith(signature)) return kind;
  const text = start.trimStart().toLowerCase();
  if (/^<(!doctype|html|head|\?xml|!--)/.test(text)) {
    return "a web page: the address gave a page, such as a login or an error, instead of the file";
  }
  // Safetensors: the length of a JSON header, then the header.
  if (head.length > 9 && head[6] === 0 && head[7] === 0 && start.startsWith('{"', 8)) {
    return "a safetensors file, which must be converted to GGUF first";
  }
  if (/^[{[]/.test(text)) return "JSON text";
  const printable = start.slice(0, 16).replace(/[^\x20-\x7e]/g, ".");
  const hex = [...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `something else, beginning with "${printable}" (${hex})`;
}

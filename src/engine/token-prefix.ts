/** Whether tokens begin with others. */
export function startsWith(tokens: Int32Array, beginning: Int32Array): boolean {
  return beginning.length <= tokens.length && beginning.every((token, i) => token === tokens[i]);
}

/** Index of the newline after which the first empty line stands, whose own newline is the next byte; -1 for none. */
export function firstEmptyLine(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(10); at !== -1; at = bytes.indexOf(10, at + 1)) if (bytes[at + 1] === 10) return at
  return -1
}

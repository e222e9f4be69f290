/** The whole body of an answer; past `most` bytes it is let go, and what `tooLong` makes is thrown. */
export async function readBody(
  response: Response,
  { most, tooLong }: { readonly most: number; readonly tooLong: () => Error },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = response.body?.getReader()
  for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
    length += read.value.length
    if (length > most) {
      await reader?.cancel()
      throw tooLong()
    }
    chunks.push(read.value)
  }
  // Not as arguments of one call: a server may send its bytes one by one.
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

/** The pieces of a stream as they come; `lost` makes the error of one that breaks off. Not every browser can iterate over a body itself. */
export async function* readPieces(
  body: ReadableStream<Uint8Array>,
  lost: (cause: unknown) => Error,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } catch (cause) {
    throw lost(cause)
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

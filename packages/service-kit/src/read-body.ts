/** The body of an answer, read as far as it may be. */

export class BodyTooLong extends Error {
  constructor(mostBytes: number) {
    super(`the answer is over ${mostBytes} bytes`);
  }
}

/** Throws BodyTooLong as soon as more has come than that. */
export async function readBody(response: Response, mostBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > mostBytes) throw new BodyTooLong(mostBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

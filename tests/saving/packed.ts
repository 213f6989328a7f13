// The bytes of files: within golden JSON, where they are deflated, as base64; and as a model writes them.

/** The bytes of a file. */
export async function unpack(packed: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([Uint8Array.fromBase64(packed)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The bytes that `save` writes to a stream. */
export async function written(
  save: (stream: WritableStream<Uint8Array>) => Promise<void>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const [bytes] = await Promise.all([new Response(readable).arrayBuffer(), save(writable)]);
  return new Uint8Array(bytes);
}

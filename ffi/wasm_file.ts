// The form of the committed WebAssembly files, which bundles and exported modules embed: deflated, in base64. A module
// imports its memory, which may be shared between threads or not.

/** The pages of memory that an instance starts with; the linker is told the same. */
export const initialPages = 17;

/** The most pages: 4 GiB. */
export const mostPages = 65536;

/** The bytes that a text in base64 holds, inflated. */
export async function unpack(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const letters = atob(text);
  const bytes = Uint8Array.from({ length: letters.length }, (_, i) => letters.charCodeAt(i));
  const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(inflated).arrayBuffer());
}

/** In the import section: `env.memory` is a memory. Its flags follow: 1 has a maximum, 3 is shared too. */
const memoryImport = [3, ...bytesOf("env"), 6, ...bytesOf("memory"), 2];

/** Changes a module so that its memory is shared, or not: the code is the same. */
export function setShared(module: Uint8Array, isShared: boolean): void {
  const at = module.findIndex((_, i) => memoryImport.every((byte, j) => module[i + j] === byte));
  if (at < 0) throw new Error("the module must import env.memory");
  module[at + memoryImport.length] = isShared ? 3 : 1;
}

function bytesOf(text: string): number[] {
  return Array.from(text, (letter) => letter.charCodeAt(0));
}

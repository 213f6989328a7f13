// Arrays of Python's objects in NumPy's files, such as lists of different lengths.
import { FileError } from "../errors.ts";
import { Tensor } from "../tensor/tensor.ts";
import { readNpyHeader } from "./npy.ts";
import { readPickle } from "./pickle.ts";

/**
 * The lists of integers in a `.npy` file, whose array has one of them in each element. Nothing in the file is run. Throws
 * {@linkcode FileError}, whose message begins with `what`, for a damaged file, and for other elements.
 */
export function readNpyLists(file: Uint8Array, what: string): number[][] {
  const { code, shape, content } = readNpyHeader(file, what);
  const fail = (received: string): never => {
    throw new FileError({
      what,
      rule: "it must be a .npy file of lists of integers",
      received,
      hint: "the file is damaged or another one: fetch it again",
    });
  };
  if (!/^\|?O/.test(code)) fail(`elements of ${code}`);
  const lists = readPickle(content, what);
  if (!Array.isArray(lists) || shape.length !== 1 || lists.length !== shape[0]) return fail(`the shape [${shape}]`);
  return lists.map((list, i) => {
    const items = list instanceof Tensor ? Array.from(list.data) : list;
    if (Array.isArray(items) && items.every((item) => Number.isSafeInteger(item))) return items as number[];
    return fail(`something else in row ${i}`);
  });
}

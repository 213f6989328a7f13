// The files of weights that Keras publishes.
import type { PublishedFile } from "../datasets/published.ts";
import { getFile } from "../utils/get_file.ts";

/** The path of a file in Keras's folder of models, to which it is fetched unless it is there. */
export const pathOf = ({ name, url, hash }: PublishedFile): Promise<string> =>
  getFile({ origin: url, fname: name, fileHash: hash, cacheSubdir: "models" });

/** The hashes of a model's weights with the top and without. */
export type Hashes = readonly [withTop: string, withoutTop: string];

const host = "https://storage.googleapis.com";

/** A file in a folder of Keras's applications. */
export const fileOfKeras = (folder: string, name: string, hash: string | null = null): PublishedFile => ({
  name,
  url: `${host}/tensorflow/keras-applications/${folder}/${name}`,
  hash,
});

/** The file of weights of a model whose name Keras puts before the order of its axes. */
export const weightsOfKeras =
  (folder: string, modelName: string, hashes: Hashes) =>
  ({ includeTop }: { readonly includeTop: boolean }): PublishedFile =>
    fileOfKeras(
      folder,
      `${modelName}_weights_tf_dim_ordering_tf_kernels${includeTop ? "" : "_notop"}.h5`,
      hashes[includeTop ? 0 : 1],
    );

/** The file of weights of a model that has the model's name. */
export const weightsByName =
  (folder: string, modelName: string, hashes: Hashes) =>
  ({ includeTop }: { readonly includeTop: boolean }): PublishedFile => {
    const name = `${modelName}${includeTop ? "" : "_notop"}.h5`;
    return { name, url: `${host}/${folder}/${name}`, hash: hashes[includeTop ? 0 : 1] };
  };

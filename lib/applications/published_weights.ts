// The files of weights that Keras publishes.
import { getFile } from "../utils/get_file.ts";

/** A file that Keras publishes. */
export interface PublishedFile {
  /** Its name in Keras's folder of models. */
  readonly name: string;
  /** Where it is published. */
  readonly url: string;
  /** Its MD5 or SHA-256 in hexadecimal digits; Keras has none for a few. */
  readonly hash?: string;
}

/** The path of a file in Keras's folder of models, to which it is fetched unless it is there. */
export const pathOf = ({ name, url, hash }: PublishedFile): Promise<string> =>
  getFile({ origin: url, fname: name, fileHash: hash ?? null, cacheSubdir: "models" });

/** The hashes of a model's weights with the top and without. */
export type Hashes = readonly [withTop: string, withoutTop: string];

const host = "https://storage.googleapis.com";

/** A file in a folder of Keras's applications. */
export const fileOfKeras = (folder: string, name: string, hash?: string): PublishedFile => ({
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

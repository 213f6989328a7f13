// The files that layers keep in a `.keras` file, such as vocabularies: members `assets/<path of the layer>/<name>`.
import { describe, ValueError } from "../errors.ts";
import { checkFileName, type Part, weightGroups } from "./weight_groups.ts";

const folder = "assets/";

/** The members of an archive for the files of a model's layers. */
export async function assetMembers(model: Part): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const members = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const { path, part } of weightGroups(model)) {
    if (!part?.saveAssets) continue;
    const files = new Map<string, Uint8Array | string>();
    await part.saveAssets(files);
    const what = `Cannot save "${part.name}"`;
    for (const [name, content] of files) {
      checkFileName(name, what, "the name of a file is a text without slashes");
      const bytes = typeof content === "string"
        ? new TextEncoder().encode(content)
        : content as Uint8Array<ArrayBuffer>;
      if (!(bytes instanceof Uint8Array)) {
        throw new ValueError({
          what,
          rule: `"${name}" must be a text or bytes`,
          received: describe(bytes),
          hint: "give a string or a Uint8Array",
        });
      }
      members.set(`${folder}${path ? `${path}/` : ""}${name}`, bytes);
    }
  }
  return members;
}

/** The files of layers among the members of an archive, by path. */
export function assetsIn(members: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  const own = [...members].filter(([name]) => name.startsWith(folder));
  return new Map(own.map(([name, bytes]) => [name.slice(folder.length), bytes]));
}

/** Gives the layers of a model the files that they kept. */
export async function loadAssets(model: Part, assets: ReadonlyMap<string, Uint8Array>): Promise<void> {
  for (const { path, part } of weightGroups(model)) {
    if (!part?.loadAssets) continue;
    const place = path ? `${path}/` : "";
    const own = [...assets].filter(([name]) => name.startsWith(place));
    await part.loadAssets(new Map(own.map(([name, bytes]) => [name.slice(place.length), bytes])));
  }
}

// A picture as SVG: what plots are.
import { type FileTarget, requireEnding, writeTarget } from "../files/target.ts";
import { displaySymbol, type MediaBundle } from "../terminal/notebook.ts";

/** A picture as SVG. A notebook shows it where it is the last value of a cell. */
export class Plot {
  /** Takes the picture. */
  constructor(
    /** The picture as SVG. */
    readonly svg: string,
  ) {}

  /** The picture as SVG. */
  toString(): string {
    return this.svg;
  }

  /**
   * Writes the picture to a file.
   *
   * @param target a path that ends in `.svg`, or a stream
   * @throws {ValueError} for another ending
   * @throws {FileError} where the file cannot be written
   *
   * @example A chart in a file
   * ```ts
   * import { plots } from "./mod.ts";
   * const path = `${await Deno.makeTempDir()}/loss.svg`;
   * await plots.history({ loss: [2, 1, 0.5] }).save(path);
   * ```
   */
  async save(target: FileTarget): Promise<void> {
    const what = "Cannot save the plot";
    requireEnding(target, [".svg"], what);
    await writeTarget(target, new TextEncoder().encode(this.svg), what);
  }

  /** What notebooks show. */
  [displaySymbol](): MediaBundle {
    return { "image/svg+xml": this.svg };
  }
}

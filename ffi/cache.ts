// The cache of built libraries: where it is, whether it can be trusted, who uses what in it, and what is cleared.
import { BackendError, CeratopsError } from "../lib/errors.ts";
import { exists, ownUid, variable } from "./environment.ts";

/** A library: its file, the hash that it says it was built from, and whether it came prebuilt. */
export interface BuiltLibrary {
  readonly path: string;
  readonly build: string;
  readonly prebuilt: boolean;
}

/** What is written beside a library: what tells whether the file is whole, and what it was built for. */
interface Sidecar {
  readonly size: number;
  readonly sha256: string;
  /** Libraries of one kind replace each other. */
  readonly kind?: string;
  /** Whether it was not compiled here. */
  readonly prebuilt?: boolean;
}

/** So many libraries of a kind are kept beside the one that is built: those that were used last. */
const kept = 4;

/** Milliseconds after which a build whose process cannot be asked is over. */
const longestBuild = 60 * 60 * 1000;

const buildingPrefix = "building-";

/** The name of the library's file in its folder. */
export const libraryName = {
  darwin: "libceratops.dylib",
  windows: "ceratops.dll",
}[Deno.build.os as string] ?? "libceratops.so";

const libraryIn = (folder: string) => `${folder}/${libraryName}`;
const sidecarIn = (folder: string) => `${folder}/library.json`;

/** A folder to build in. */
interface Workplace {
  readonly folder: string;
  readonly lock: Deno.FsFile | undefined;
}

/** Folders of libraries that this process uses, each locked so that no other process clears it. */
const inUse = new Map<string, Deno.FsFile>();

/** The libraries of a cache folder, each in a folder of its own that is named by its build. */
export class LibraryCache {
  readonly #root: string;
  readonly #folder: string;

  /** Takes the cache folder, by default that of this user. */
  constructor(root: string = cacheFolder()) {
    this.#root = root;
    this.#folder = `${root}/native`;
  }

  /** The library of a build, if it is there and whole; from then on this process uses it. */
  find(build: string): Promise<BuiltLibrary | undefined> {
    return this.#onDisk(() => this.#find(build));
  }

  async #find(build: string): Promise<BuiltLibrary | undefined> {
    const folder = `${this.#folder}/${build}`;
    if (!exists(folder)) return undefined;
    await this.#requireTrusted(folder);
    const lock = lockFolder(folder, false);
    const whole = await readWhole(folder);
    if (!whole) {
      lock?.close();
      return undefined;
    }
    use(folder, lock);
    return { path: libraryIn(folder), build, prebuilt: whole.prebuilt ?? false };
  }

  /** A whole library whose build begins with these words. */
  findAny(prefix: string): Promise<BuiltLibrary | undefined> {
    return this.#onDisk(async () => {
      if (!exists(this.#folder)) return undefined;
      for (const { name } of Deno.readDirSync(this.#folder)) {
        const found = name.startsWith(prefix) ? await this.#find(name) : undefined;
        if (found) return found;
      }
      return undefined;
    });
  }

  /**
   * Keeps the library that `make` leaves in a new folder. It is built aside and renamed as a whole folder: another
   * process never sees, nor spoils, half of it.
   */
  async keep(
    build: string,
    { kind, replace = false, prebuilt }: { kind: string; replace?: boolean; prebuilt: boolean },
    make: (folder: string) => Promise<void>,
  ): Promise<BuiltLibrary> {
    const target = `${this.#folder}/${build}`;
    const workplace = await this.#onDisk(() => this.#workplace());
    try {
      await this.#onDisk(async () => {
        await make(workplace.folder);
        const bytes = Deno.readFileSync(libraryIn(workplace.folder));
        const sidecar: Sidecar = { size: bytes.length, sha256: await sha256(bytes), kind, prebuilt };
        Deno.writeTextFileSync(sidecarIn(workplace.folder), JSON.stringify(sidecar));
        // A linker makes what the user's umask allows, which may be that others write to it.
        if (Deno.build.os !== "windows") {
          for (const path of [libraryIn(workplace.folder), sidecarIn(workplace.folder)]) Deno.chmodSync(path, 0o700);
        }
        await moveInto(workplace.folder, target, replace);
      });
    } finally {
      workplace.lock?.close();
      // The error that brought us here tells more than one about what is left.
      removeIfPossible(workplace.folder);
    }
    const built = await this.find(build);
    if (built) return built;
    throw this.#unusable(`${target} was removed while it was built`);
  }

  /** A new folder to build in, once what broken builds left is cleared. */
  async #workplace(): Promise<Workplace> {
    Deno.mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    await this.#requireTrusted();
    // Another process must not take the new folder for an abandoned one before it is locked.
    using cache = openFolder(this.#folder);
    await lockWhenFree(cache);
    this.#clear();
    const folder = Deno.makeTempDirSync({ dir: this.#folder, prefix: buildingPrefix });
    return { folder, lock: lockFolder(folder, true) };
  }

  /** Removes what broken builds left, and libraries that were not used for long. */
  #clear(): void {
    const folders = [...Deno.readDirSync(this.#folder)].map(({ name }) => `${this.#folder}/${name}`);
    const isBuild = (folder: string) => folder.startsWith(`${this.#folder}/${buildingPrefix}`);
    folders.filter(isBuild).filter(isAbandoned).forEach(removeIfPossible);
    const libraries = folders.filter((folder) => !isBuild(folder)).flatMap((folder) => describeLibrary(folder) ?? []);
    for (const list of Map.groupBy(libraries, ({ kind }) => kind).values()) {
      const oldest = list.sort((a, b) => b.used - a.used).slice(kept);
      for (const { folder } of oldest) if (isFree(folder)) removeIfPossible(folder);
    }
  }

  /** Throws {@linkcode BackendError} where another user could have put a library of theirs here. */
  async #requireTrusted(library?: string): Promise<void> {
    const own = await ownUid();
    if (own === undefined) return;
    const paths = [this.#root, this.#folder, ...(library ? [library, libraryIn(library)] : [])];
    for (const path of paths.filter(exists)) {
      const { uid, mode } = Deno.statSync(path);
      const ofOther = uid !== own && uid !== 0;
      const writable = ((mode ?? 0) & 0o022) !== 0;
      // In a folder such as /tmp, which has the sticky bit, others cannot replace what is this user's.
      const sticky = path === this.#root && ((mode ?? 0) & 0o1000) !== 0;
      if (!ofOther && (!writable || sticky)) continue;
      throw new BackendError({
        what: `Cannot take the native library from ${path}`,
        rule: "nobody but this user may be able to write there, for what it holds is run",
        received: ofOther ? `a folder of the user ${uid}` : `the mode ${((mode ?? 0) & 0o777).toString(8)}`,
        hint: ofOther
          ? "delete it, or set CERATOPS_CACHE to a folder of your own"
          : `delete it or run chmod -R go-w ${this.#root}, or set CERATOPS_CACHE to another folder`,
      }, "a cache folder of your own");
    }
  }

  /** What `body` returns; what the file system refuses becomes an error that says what to do. */
  async #onDisk<T>(body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (error) {
      if (!isOfSystem(error)) throw error;
      throw this.#unusable(error.message);
    }
  }

  #unusable(received: string): BackendError {
    return new BackendError({
      what: "Cannot keep the native library",
      rule: `${this.#folder} must be a folder with room that can be read and written`,
      received,
      hint: "make it so, or set CERATOPS_CACHE to another folder",
    }, "a writable cache folder");
  }
}

/** Whether the operating system refused something, such as to write a file. */
export function isOfSystem(error: unknown): error is Error {
  if (!(error instanceof Error) || error instanceof CeratopsError) return false;
  // Deno gives most such errors a code, but not that of a full disk.
  return typeof (error as { code?: unknown }).code === "string" || /\(os error \d+\)/.test(error.message);
}

/** The folder of this user for what can be built again. */
function cacheFolder(): string {
  const named = variable("CERATOPS_CACHE");
  if (named) {
    if (isAbsolute(named)) return named;
    throw new BackendError({
      what: "Cannot use CERATOPS_CACHE",
      rule: "it must be an absolute path, so that it is one folder wherever a program is started",
      received: `"${named}"`,
      hint: `set it to "${Deno.cwd()}/${named}"`,
    }, "an absolute CERATOPS_CACHE");
  }
  // As the XDG base directory specification says, relative paths are ignored.
  const absolute = (name: string) => [variable(name)].find((path) => path && isAbsolute(path));
  const home = absolute("HOME");
  if (Deno.build.os === "darwin" && home) return `${home}/Library/Caches/ceratops`;
  const local = Deno.build.os === "windows" ? absolute("LOCALAPPDATA") : undefined;
  const caches = local ?? absolute("XDG_CACHE_HOME") ?? (home && `${home}/.cache`);
  if (caches) return `${caches}/ceratops`;
  throw new BackendError({
    what: "Cannot keep the native library",
    rule: "there must be a cache folder, and neither HOME nor XDG_CACHE_HOME is set or may be read",
    hint: "set CERATOPS_CACHE, and allow it with --allow-env",
  }, "HOME or CERATOPS_CACHE");
}

const isAbsolute = (path: string) => path.startsWith("/") || (Deno.build.os === "windows" && /^[a-z]:/i.test(path));

/** The SHA-256 of a text or of bytes, in hexadecimal. */
export async function sha256(data: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What is known of a folder's library if it is as it was built: not truncated, nor another file. */
async function readWhole(folder: string): Promise<Sidecar | undefined> {
  try {
    const sidecar = JSON.parse(Deno.readTextFileSync(sidecarIn(folder))) as Sidecar;
    const bytes = Deno.readFileSync(libraryIn(folder));
    return bytes.length === sidecar.size && await sha256(bytes) === sidecar.sha256 ? sidecar : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Marks a folder as used by this process, now. */
function use(folder: string, lock: Deno.FsFile | undefined): void {
  inUse.get(folder)?.close();
  inUse.delete(folder);
  if (lock) inUse.set(folder, lock);
  const now = new Date();
  try {
    Deno.utimeSync(sidecarIn(folder), now, now);
  } catch {
    // A library that only others may write to is not cleared by this user either.
  }
}

/** The kind of a library and when it was last used; undefined for what is no library. */
function describeLibrary(folder: string): { folder: string; kind: string | undefined; used: number } | undefined {
  try {
    const { kind } = JSON.parse(Deno.readTextFileSync(sidecarIn(folder))) as Sidecar;
    return { folder, kind, used: Deno.statSync(sidecarIn(folder)).mtime?.getTime() ?? 0 };
  } catch {
    return undefined;
  }
}

/** Whether the process that built here is gone; where locks do not tell, whether it must be. */
function isAbandoned(folder: string): boolean {
  if (isFree(folder)) return true;
  try {
    return Date.now() - (Deno.statSync(folder).mtime?.getTime() ?? Date.now()) > longestBuild;
  } catch {
    return false;
  }
}

/** Whether no process uses a folder; false where locks do not tell. */
function isFree(folder: string): boolean {
  const lock = lockFolder(folder, true);
  lock?.close();
  return lock !== undefined;
}

/** A folder locked for as long as the file is open; undefined where another process has it, or locks do not work. */
function lockFolder(folder: string, exclusive: boolean): Deno.FsFile | undefined {
  const file = openFolder(folder);
  try {
    if (file?.tryLockSync(exclusive)) return file;
  } catch {
    // As on a network file system without locks.
  }
  file?.close();
  return undefined;
}

/** A folder as a file that can be locked; undefined where there are none, as on Windows. */
function openFolder(folder: string): Deno.FsFile | undefined {
  try {
    return Deno.openSync(folder);
  } catch {
    return undefined;
  }
}

/** Waits for the lock of a file, which others hold for a moment; goes on without where locks do not work. */
async function lockWhenFree(file: Deno.FsFile | undefined): Promise<void> {
  try {
    await file?.lock(true);
  } catch {
    // Then folders are cleared by their age alone.
  }
}

async function moveInto(work: string, target: string, replace: boolean): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      Deno.renameSync(work, target);
      return;
    } catch (error) {
      if (!exists(target)) throw error;
      // Another process was faster, which is as good, unless what is there is to be replaced.
      if (!replace && await readWhole(target)) return;
      const old = `${work}-old`;
      try {
        Deno.renameSync(target, old);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
      removeIfPossible(old);
    }
  }
  throw new BackendError({
    what: "Cannot keep the native library",
    rule: `${target} must be writable`,
    hint: "delete the folder, or set CERATOPS_CACHE to another one",
  }, "a writable cache folder");
}

/** Removes a folder; what cannot be removed now is cleared by a later build. */
function removeIfPossible(folder: string): void {
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch {
    // It may be gone, or be of another user.
  }
}

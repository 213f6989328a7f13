// Reads what a shared library exports and needs, from ELF, Mach-O and PE files of 64-bit little-endian machines.

/** What the headers of a library say. */
interface LibraryHeaders {
  /** As Deno names the system and the processor: `linux-x86_64`. ELF files are taken to be of Linux. */
  readonly platform: string;
  /** The names of exported functions and variables, sorted. */
  readonly exports: readonly string[];
  /** The libraries that it needs, by file name. */
  readonly needs: readonly string[];
  /** The versions of symbols that it needs, as `GLIBC_2.17`; ELF only. */
  readonly versions: readonly string[];
}

/** Reads the headers; throws if the file is none of these. */
export function readHeaders(bytes: Uint8Array<ArrayBuffer>): LibraryHeaders {
  const file = new Reader(bytes);
  if (file.u32(0) === 0x464c457f) return readElf(file);
  if (file.u32(0) === 0xfeedfacf) return readMachO(file);
  if (file.u16(0) === 0x5a4d) return readPe(file);
  throw new Error("neither ELF nor 64-bit Mach-O nor PE");
}

/** Numbers and texts at offsets. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  readonly u8 = (at: number) => this.#view.getUint8(at);
  readonly u16 = (at: number) => this.#view.getUint16(at, true);
  readonly u32 = (at: number) => this.#view.getUint32(at, true);
  readonly u64 = (at: number) => Number(this.#view.getBigUint64(at, true));

  /** The text up to the next zero. */
  text(at: number): string {
    return new TextDecoder().decode(this.#bytes.subarray(at, this.#bytes.indexOf(0, at)));
  }
}

/** The items at `start`, `start + step` ... */
function times<T>(count: number, start: number, step: number, item: (at: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => item(start + i * step));
}

const described = (
  os: string,
  arch: string | undefined,
  exports: string[],
  needs: string[] = [],
  versions: string[] = [],
) => ({ platform: `${os}-${arch ?? "unknown"}`, exports: exports.sort(), needs, versions: versions.sort() });

function readElf(file: Reader): LibraryHeaders {
  const arch = new Map([[62, "x86_64"], [183, "aarch64"]]).get(file.u16(18));
  const sections = times(file.u16(60), file.u64(40), file.u16(58), (at) => ({
    type: file.u32(at + 4),
    start: file.u64(at + 24),
    size: file.u64(at + 32),
    link: file.u32(at + 40),
    count: file.u32(at + 44),
  }));
  const ofType = (type: number) => sections.find((section) => section.type === type);
  const [dynamic, symbols, needed] = [ofType(6), ofType(11), ofType(0x6ffffffe)];
  if (!dynamic || !symbols) throw new Error("an ELF file that is no shared library");
  const text = (offset: number) => file.text(sections[symbols.link].start + offset);
  const exports = times(symbols.size / 24, symbols.start, 24, (at) => {
    const [binding, defined] = [file.u8(at + 4) >> 4, file.u16(at + 6) !== 0];
    return defined && binding !== 0 ? [text(file.u32(at))] : [];
  }).flat();
  const needs = times(dynamic.size / 16, dynamic.start, 16, (at) => (
    file.u64(at) === 1 ? [text(file.u64(at + 8))] : []
  )).flat();
  const versions: string[] = [];
  for (let i = 0, at = needed?.start ?? 0; i < (needed?.count ?? 0); i++, at += file.u32(at + 12)) {
    for (let j = 0, entry = at + file.u32(at + 8); j < file.u16(at + 2); j++, entry += file.u32(entry + 12)) {
      versions.push(text(file.u32(entry + 8)));
    }
  }
  return described("linux", arch, exports, needs, versions);
}

function readMachO(file: Reader): LibraryHeaders {
  const arch = new Map([[0x01000007, "x86_64"], [0x0100000c, "aarch64"]]).get(file.u32(4));
  const [exports, needs]: string[][] = [[], []];
  for (let i = 0, at = 32; i < file.u32(16); i++, at += file.u32(at + 4)) {
    const command = file.u32(at);
    if (command === 0xc) needs.push(file.text(at + file.u32(at + 8)).replace(/^.*\//, ""));
    if (command !== 2) continue;
    const texts = file.u32(at + 16);
    for (const symbol of times(file.u32(at + 12), file.u32(at + 8), 16, (at) => at)) {
      const type = file.u8(symbol + 4);
      // External, not private to the library, defined in a section, and not for debuggers.
      const isExported = (type & 0xe0) === 0 && (type & 0x10) === 0 && (type & 1) === 1 && (type & 0x0e) === 0x0e;
      if (isExported) exports.push(file.text(texts + file.u32(symbol)).replace(/^_/, ""));
    }
  }
  return described("darwin", arch, exports, needs);
}

function readPe(file: Reader): LibraryHeaders {
  const header = file.u32(60);
  const arch = new Map([[0x8664, "x86_64"], [0xaa64, "aarch64"]]).get(file.u16(header + 4));
  const optional = header + 24;
  const sections = times(file.u16(header + 6), optional + file.u16(header + 20), 40, (at) => ({
    size: file.u32(at + 8),
    address: file.u32(at + 12),
    start: file.u32(at + 20),
  }));
  /** The place in the file of what is at an address in memory. */
  const placeOf = (address: number) => {
    const section = sections.find((section) => address >= section.address && address < section.address + section.size);
    if (!section) throw new Error(`a PE file without the address ${address}`);
    return address - section.address + section.start;
  };
  const [exported, imported] = [file.u32(optional + 112), file.u32(optional + 120)];
  const table = exported && placeOf(exported);
  const exports = table
    ? times(file.u32(table + 24), placeOf(file.u32(table + 32)), 4, (at) => file.text(placeOf(file.u32(at))))
    : [];
  const needs: string[] = [];
  for (let at = imported && placeOf(imported); at && file.u32(at + 12) !== 0; at += 20) {
    needs.push(file.text(placeOf(file.u32(at + 12))));
  }
  return described("windows", arch, exports, needs);
}

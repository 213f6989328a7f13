// Runs commands in this process, and keeps what they write.
import { runCommand } from "../../cli/program.ts";

/** What a command wrote, and its exit code. */
interface Written {
  readonly code: number;
  /** Results. */
  readonly out: string;
  /** The bytes of results. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** What concerns the user alone. */
  readonly told: string;
}

/** Runs a command as `ceratops` does with these arguments. */
export async function runHere(...args: readonly string[]): Promise<Written> {
  const parts: Uint8Array[] = [];
  let told = "";
  const code = await runCommand(args, {
    isTerminal: false,
    write: (result) => void parts.push(typeof result === "string" ? new TextEncoder().encode(result) : result),
    tell: (text) => told += text,
  });
  const bytes = await new Blob(parts as BlobPart[]).bytes();
  return { code, out: new TextDecoder().decode(bytes), bytes, told };
}

/** Declares a test with a temporary folder, which is removed after it. */
export function testInFolder(name: string, body: (folder: string) => Promise<void>): void {
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir();
    try {
      await body(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

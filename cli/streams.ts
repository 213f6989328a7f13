// Where commands write: results to standard output, and what concerns the user alone to standard error.

/** The streams of a command. */
export interface Streams {
  /** Whether results are shown on a terminal, rather than piped on. */
  readonly isTerminal: boolean;
  /** Writes results. */
  write(result: string | Uint8Array): void;
  /** Writes what is no result. */
  tell(text: string): void;
}

const encoder = new TextEncoder();

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
}

/** Those of the process. */
export const standardStreams: Streams = {
  get isTerminal(): boolean {
    return Deno.stdout.isTerminal();
  },
  write(result: string | Uint8Array): void {
    try {
      writeAll(Deno.stdout, typeof result === "string" ? encoder.encode(result) : result);
    } catch (error) {
      // Who reads the pipe may have seen enough, as `head` has.
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    }
  },
  tell(text: string): void {
    writeAll(Deno.stderr, encoder.encode(text));
  },
};

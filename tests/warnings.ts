// The warnings printed while something runs.

/** The result of `body`, and the warnings that it printed. */
export async function warningsOf<T>(body: () => T | Promise<T>): Promise<[T, string[]]> {
  const heard: string[] = [];
  const { warn } = console;
  console.warn = (text: string) => void heard.push(text);
  try {
    return [await body(), heard];
  } finally {
    console.warn = warn;
  }
}

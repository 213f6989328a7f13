// What is warned of while something runs.

/** What `body` gives, and the warnings that it wrote. */
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

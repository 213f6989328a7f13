// Names of options and attributes: camelCase here, snake_case in files, shaders and headers.

/** `camelCase` as `snake_case`. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** `snake_case` as `camelCase`. */
export function camelCase(name: string): string {
  return name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

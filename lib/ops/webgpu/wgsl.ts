// Links WGSL declarations by name: takes what a kernel reaches and leaves out the rest.

/** A declaration of a module, split at identifiers: the pieces with odd indices are identifiers. */
export interface Declaration {
  readonly name: string;
  readonly pieces: readonly string[];
}

/** Declarations by name. */
export type Module = ReadonlyMap<string, Declaration>;

/** A word, a number, white space, a line comment, or one other character. */
interface Token {
  readonly kind: "word" | "number" | "space" | "comment" | "sign";
  readonly text: string;
}

const isSpace = (char: string) => char === " " || char === "\n" || char === "\t";
const isDigit = (char: string) => char >= "0" && char <= "9";
const isWordPart = (char: string) =>
  (char >= "a" && char <= "z") || (char >= "A" && char <= "Z") || isDigit(char) || char === "_";

function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (kind: Token["kind"], belongs: (char: string) => boolean) => {
    const from = at;
    do at++; while (at < source.length && belongs(source[at]));
    tokens.push({ kind, text: source.slice(from, at) });
  };
  while (at < source.length) {
    const char = source[at];
    if (isSpace(char)) take("space", isSpace);
    else if (isDigit(char)) take("number", (next) => isWordPart(next) || next === ".");
    else if (isWordPart(char)) take("word", isWordPart);
    else if (char === "/" && source[at + 1] === "/") take("comment", (next) => next !== "\n");
    else take("sign", () => false);
  }
  return tokens;
}

/** The declarations of a text. Drops comments between them and keeps those inside. */
export function declarationsOf(source: string): Module {
  const declarations = new Map<string, Declaration>();
  const tokens = tokensOf(source);
  const isBlank = ({ kind }: Token) => kind === "space" || kind === "comment";
  let pieces: string[] = [];
  let keyword = "";
  let name = "";
  let depth = 0;
  /** The previous token, except white space and comments. */
  let before = "";
  tokens.forEach((token, at) => {
    const { kind, text } = token;
    if (isBlank(token)) {
      if (pieces.length > 0) pieces[pieces.length - 1] += text;
      return;
    }
    if (pieces.length === 0) pieces = [""];
    if (kind === "word") {
      const isMember = before === "." || (keyword === "struct" && depth > 0 && isFollowedByColon(at));
      if (isMember) pieces[pieces.length - 1] += text;
      else pieces.push(text, "");
      // `var<workgroup> name`: words in angle brackets are not the name.
      if (keyword === "") keyword = text;
      else if (name === "" && before !== "<" && before !== ",") name = text;
    } else {
      pieces[pieces.length - 1] += text;
      if (text === "{" || text === "(" || text === "[") depth++;
      if (text === "}" || text === ")" || text === "]") depth--;
    }
    before = text;
    if (depth === 0 && (text === ";" || text === "}")) {
      declarations.set(name, { name, pieces });
      [pieces, keyword, name, before] = [[], "", "", ""];
    }
  });
  return declarations;

  function isFollowedByColon(at: number): boolean {
    return tokens.find((token, i) => i > at && !isBlank(token))?.text === ":";
  }
}

/** Where a kernel's names are looked up, and how they are renamed in its module. */
export interface Scope {
  /** The first module that has a name wins. */
  readonly modules: readonly Module[];
  /** Appended to each name, so that several kernels fit in one module. */
  readonly suffix: string;
  /** Replaces `params`. */
  readonly params: string;
}

/** Collects the declarations that kernels reach. */
export class Linker {
  readonly #library: Scope;
  readonly #texts: string[] = [];
  readonly #linked = new Map<Scope, Set<string>>();

  /** Functions of `library` are shared by all kernels: they reach nothing outside of it. */
  constructor(library: Module) {
    this.#library = { modules: [library], suffix: "", params: "params" };
  }

  /** Adds `name` and what it reaches, unless already there; returns the name in the module. */
  add(name: string, scope: Scope): string {
    if (name === "params") return scope.params;
    const declaration = find(name, scope);
    if (declaration) {
      const linked = this.#linked.get(scope) ?? new Set();
      this.#linked.set(scope, linked);
      if (!linked.has(name)) {
        linked.add(name);
        this.#texts.push(declaration.pieces.map((piece, i) => i % 2 === 1 ? this.add(piece, scope) : piece).join(""));
      }
      return name + scope.suffix;
    }
    // An undeclared name is local or one of WGSL's own.
    return scope !== this.#library && find(name, this.#library) ? this.add(name, this.#library) : name;
  }

  /** The text of the collected declarations. */
  get text(): string {
    return this.#texts.join("\n\n");
  }
}

/** The declaration of a name in a scope. */
function find(name: string, { modules }: Scope): Declaration | undefined {
  for (const module of modules) {
    const declaration = module.get(name);
    if (declaration) return declaration;
  }
  return undefined;
}

// The names of build dependencies in package managers, and how to install them.

/** The supported package managers, in the order in which they are searched. */
export const managers = ["apt-get", "dnf", "pacman", "apk", "brew"] as const;

/** A package manager. */
export type Manager = typeof managers[number];

/** The packages for a dependency, by package manager. */
export type Packages = Readonly<Record<Manager, readonly string[]>>;

/** The packages of a C++ compiler. */
export const compilerPackages: Packages = {
  "apt-get": ["g++"],
  dnf: ["gcc-c++"],
  pacman: ["gcc"],
  apk: ["g++"],
  brew: ["gcc"],
};

/** The packages of the Eigen 3 headers. */
export const eigenPackages: Packages = {
  "apt-get": ["libeigen3-dev"],
  dnf: ["eigen3-devel"],
  pacman: ["eigen"],
  apk: ["eigen-dev"],
  brew: ["eigen"],
};

const commands: Readonly<Record<Manager, string>> = {
  "apt-get": "sudo apt-get install -y",
  dnf: "sudo dnf install -y",
  pacman: "sudo pacman -S --needed",
  apk: "sudo apk add",
  brew: "brew install",
};

/** The command that installs what is missing; undefined if there is no package manager. */
export function installCommand(missing: readonly Packages[], manager: Manager | undefined): string | undefined {
  const names = manager ? missing.flatMap((packages) => packages[manager]) : [];
  return manager && names.length > 0 ? `${commands[manager]} ${names.join(" ")}` : undefined;
}

/** The missing packages by Debian's names. */
export function debianNames(missing: readonly Packages[]): string {
  return missing.flatMap((packages) => packages["apt-get"]).join(" ");
}

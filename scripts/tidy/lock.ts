// Tidy check on package-lock.json: every dependency of every package is in it, those for other platforms too. `npm ci`
// refuses anything less.

import type { Finding, Tree } from '../source/tree.ts';

export interface LockEntry {
  version?: string;
  integrity?: string;
  link?: boolean;
  cpu?: string[];
  os?: string[];
  libc?: string[];
  dev?: boolean;
  optional?: boolean;
  license?: string;
  engines?: Readonly<Record<string, string>>;
  dependencies?: Readonly<Record<string, string>>;
  optionalDependencies?: Readonly<Record<string, string>>;
}

export interface Lock {
  packages: Record<string, LockEntry>;
}

export interface MissingEntry {
  readonly name: string;
  /** Key of the package that depends on it. */
  readonly by: string;
  /** The range that it asks for; an exact version for platform packages. */
  readonly version: string;
}

// As Node resolves: in the package's own node_modules, then in those of the packages around it.
function resolves(lock: Lock, from: string, name: string): boolean {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    const key = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (lock.packages[key] !== undefined) return true;
    if (at === '') return false;
  }
}

/** Dependencies that no entry of the lock file satisfies. */
export function missingFromLock(lock: Lock): MissingEntry[] {
  return Object.entries(lock.packages).flatMap(([by, entry]) =>
    Object.entries({ ...entry.dependencies, ...entry.optionalDependencies })
      .filter(([name]) => !resolves(lock, by, name))
      .map(([name, version]) => ({ name, by, version })),
  );
}

/** The entry of a package whose name ends in its platform, such as `cli-linux-x64-musl`. */
export function platformEntry(name: string, version: string, parent: LockEntry): LockEntry {
  const [, os, cpu, libc] =
    /-(android|darwin|linux|win32)-(arm|arm64|ia32|loong64|ppc64|riscv64|s390x|x64)(?:-(gnu|musl))?$/.exec(
      name,
    ) ?? [];
  if (os === undefined || cpu === undefined || !/^\d/.test(version)) {
    throw new Error(
      `${name}@${version} is missing from the lock file and is no platform package: run npm install`,
    );
  }
  return {
    version,
    cpu: [cpu],
    ...(parent.dev === true ? { dev: true } : {}),
    ...(libc === undefined ? {} : { libc: [libc] }),
    ...(parent.license === undefined ? {} : { license: parent.license }),
    optional: true,
    os: [os],
    ...(parent.engines === undefined ? {} : { engines: parent.engines }),
  };
}

/** Entries of published packages that have no hash, so that nothing says which bytes are meant. */
export function withoutIntegrity({ packages }: Lock): { key: string; name: string; version: string }[] {
  return Object.entries(packages).flatMap(([key, { integrity, link, version }]) =>
    key === '' || link === true || version === undefined || integrity !== undefined
      ? []
      : [{ key, name: key.slice(key.lastIndexOf('node_modules/') + 'node_modules/'.length), version }],
  );
}

/** True for one hash as a registry writes it (SHA-512, 64 bytes in base64). */
export function isIntegrity(text: string): boolean {
  return /^sha512-[A-Za-z0-9+/]{86}==$/.test(text);
}

/** Finds what `npm ci` would refuse. */
export function checkLock(tree: Tree): Finding[] {
  const path = 'package-lock.json';
  const text = tree.files.find((file) => file.path === path)?.text;
  if (text === undefined) return [{ path, message: 'there is no lock file' }];
  return missingFromLock(JSON.parse(text) as Lock).map(({ name, by }) => ({
    path,
    message: `${name}, which ${by} depends on, is missing: run "npm run lock:platforms"`,
  }));
}

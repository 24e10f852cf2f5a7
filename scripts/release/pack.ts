// Packs one commit twice, in two folders that share nothing but the installed packages, and compares the bytes. The working tree plays no
// part: what is not committed is not in a release.

import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Ended, execute, npm } from '../supply/npm.ts';

/** A commit, as a release names it. */
export interface Commit {
  readonly id: string;
  readonly tree: string;
  /** RFC 3339, UTC. */
  readonly time: string;
}

/** One build. */
export interface Packed {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly sha512: string;
}

export const hex = (algorithm: 'sha256' | 'sha512', bytes: Uint8Array): string =>
  createHash(algorithm).update(bytes).digest('hex');

function required(what: string, { code, stderr, stdout }: Ended): string {
  if (code !== 0) throw new Error(`${what}: ${`${stdout}\n${stderr}`.trim()}`);
  return stdout;
}

/** The commit that a name stands for. */
export async function commitOf(root: string, name: string): Promise<Commit> {
  const out = await execute('git', ['log', '-1', '--format=%H %T %ct', name, '--'], root);
  const [id, tree, seconds] = required(`git log ${name}`, out).trim().split(' ') as [string, string, string];
  return { id, tree, time: new Date(Number(seconds) * 1_000).toISOString() };
}

/** A folder that is gone when it goes out of scope. */
export function scratch(): { readonly path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), 'zerostate-release-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Writes the files of a commit into a new folder, with the packages that are installed here. */
export async function exportCommit(root: string, commit: Commit, folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const tar = `${folder}.tar`;
  required('git archive', await execute('git', ['archive', '--format=tar', '-o', tar, commit.id], root));
  required('tar', await execute('tar', ['-xpf', tar, '-C', folder], root));
  rmSync(tar);
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
}

/** Builds and packs an exported folder, as `npm publish` would. */
export async function packFolder(folder: string): Promise<Packed> {
  const stdout = required('npm pack', await npm(['pack', '--json', '--silent'], folder));
  // npm prints what its scripts print before the list, and a list or an object by name depending on its version.
  const json = JSON.parse(stdout.slice(stdout.search(/^[[{]/m))) as Record<string, { filename: string }>;
  const file = Object.values(json)[0]!.filename;
  const bytes = new Uint8Array(readFileSync(join(folder, file)));
  return { file, bytes, sha256: hex('sha256', bytes), sha512: hex('sha512', bytes) };
}

/** Names and digests of the files of a packed archive: to say where two differ. */
export async function listPacked(packed: Packed, folder: string): Promise<Map<string, string>> {
  mkdirSync(folder);
  const file = join(folder, packed.file);
  writeFileSync(file, packed.bytes);
  required('tar', await execute('tar', ['-xzf', file, '-C', folder], folder));
  const names = readdirSync(join(folder, 'package'), { recursive: true, encoding: 'utf8' });
  return new Map(
    names
      .filter((name) => statSync(join(folder, 'package', name)).isFile())
      .map((name) => [name, hex('sha256', new Uint8Array(readFileSync(join(folder, 'package', name))))]),
  );
}

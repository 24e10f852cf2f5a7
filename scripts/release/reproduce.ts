// `npm run release:reproduce`: two builds of one commit in two folders must have the same bytes. The second is made with other time zone,
// language, umask and folder, which is what differs between two people. --commit names another commit than HEAD; --out keeps the archive;
// --against compares with an archive that somebody else made.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readArguments } from '../source/arguments.ts';
import { REPOSITORY_ROOT } from '../source/tree.ts';
import {
  type Commit,
  commitOf,
  exportCommit,
  hex,
  listPacked,
  type Packed,
  packFolder,
  scratch,
} from './pack.ts';

/** Names of the files in which two archives differ. */
async function differences(a: Packed, b: Packed, folder: string): Promise<string[]> {
  const [left, right] = [
    await listPacked(a, join(folder, 'first files')),
    await listPacked(b, join(folder, 'second files')),
  ];
  return [...new Set([...left.keys(), ...right.keys()])].filter((name) => left.get(name) !== right.get(name));
}

/** Builds a commit twice. Throws when the bytes differ, naming the files. */
export async function packTwice(root: string, commit: Commit): Promise<Packed> {
  using work = scratch();
  const first = join(work.path, 'a');
  const second = join(work.path, 'somewhere', 'else', 'with a longer name');
  await exportCommit(root, commit, first);
  const a = await packFolder(first);
  const { LANG, TZ } = process.env;
  const umask = process.umask(0o077);
  Object.assign(process.env, { TZ: 'Pacific/Chatham', LANG: 'tr_TR.UTF-8' });
  try {
    await exportCommit(root, commit, second);
    const b = await packFolder(second);
    if (a.sha512 === b.sha512) return a;
    const names = await differences(a, b, work.path);
    throw new Error(`two builds differ in ${names.join(', ') || 'the archive itself'}`);
  } finally {
    process.umask(umask);
    for (const [name, value] of Object.entries({ TZ, LANG }))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  }
}

if (import.meta.main) {
  const { values } = readArguments(import.meta.filename, {
    options: {
      commit: { type: 'string', default: 'HEAD' },
      out: { type: 'string' },
      against: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  try {
    // Before two builds, which take minutes: a name that was mistyped is told at once.
    const theirs = values.against === undefined ? undefined : new Uint8Array(readFileSync(values.against));
    const commit = await commitOf(REPOSITORY_ROOT, values.commit);
    const { bytes, file, sha256, sha512 } = await packTwice(REPOSITORY_ROOT, commit);
    if (values.out !== undefined) writeFileSync(values.out, bytes);
    const result = { commit: commit.id, file, bytes: bytes.length, sha256, sha512 };
    if (values.json) console.log(JSON.stringify(result));
    else
      console.log(
        `${file} of ${commit.id}: two builds, the same ${bytes.length} bytes\nsha256 ${sha256}\nsha512 ${sha512}`,
      );
    if (theirs !== undefined) {
      const same = hex('sha512', theirs) === sha512;
      console.log(same ? `the same as ${values.against}` : `NOT the same as ${values.against}`);
      if (!same) process.exitCode = 1;
    }
  } catch (error) {
    console.error(`release:reproduce: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}

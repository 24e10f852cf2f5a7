// The vectors as files: their texts, and the digest that a version stands for.

import { createHash } from 'node:crypto';
import { vectorSuites } from './index.ts';
import { suiteText } from './suite.ts';

/** Folder of the published vectors. */
export const VECTORS_FOLDER: string = new URL('../../protocol/vectors/', import.meta.url).pathname;

/** File name to text, of all suites. */
export async function vectorFiles(): Promise<Map<string, string>> {
  return new Map((await vectorSuites()).map((suite) => [`${suite.name}.json`, suiteText(suite)]));
}

/** SHA-256 over the names and digests of all files, in order of their names. */
export function vectorsDigest(files: ReadonlyMap<string, string>): string {
  const all = createHash('sha256');
  for (const name of [...files.keys()].sort())
    all.update(`${name} ${createHash('sha256').update(files.get(name)!).digest('hex')}\n`);
  return all.digest('hex');
}

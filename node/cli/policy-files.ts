// Reads policies that a user names: a Cedar file, a folder of Cedar files, or a file of signed bundles.

import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type EnvelopeJson, envelopeToJson } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { parseStrictJson } from '../../protocol/json/index.ts';
import {
  POLICY_BUNDLE_BYTES_MAX,
  POLICY_FILES_MAX,
  type PolicyBundle,
  type PolicyFile,
  policyBundlesFromText,
} from '../../protocol/policy/index.ts';

const ENDING = '.cedar';

/** Text of a file. Throws USAGE. */
export async function textOf(path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ZeroError('USAGE', `cannot read ${path}`, { cause });
  });
}

/** The Cedar files; of signed bundles those of the newest, and the bundles as they are. Throws USAGE, POLICY_INVALID or LIMIT_EXCEEDED. */
export async function readPolicies(
  path: string,
): Promise<{ files: PolicyFile[]; bundles: EnvelopeJson[] | undefined }> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new ZeroError('USAGE', `cannot read ${path}`, { cause });
  });
  if (info.isDirectory()) {
    const names = (await readdir(path)).filter((name) => name.endsWith(ENDING)).sort();
    if (names.length === 0) throw new ZeroError('USAGE', `${path} holds no ${ENDING} file`);
    if (names.length > POLICY_FILES_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', `a bundle has at most ${POLICY_FILES_MAX} files`);
    const files = await Promise.all(
      names.map(async (name) => ({ name, text: await textOf(join(path, name)) })),
    );
    return { files, bundles: undefined };
  }
  const text = await textOf(path);
  if (path.endsWith(ENDING)) return { files: [{ name: basename(path), text }], bundles: undefined };
  const envelopes = policyBundlesFromText(text);
  const { payload } = envelopes.at(-1)!;
  // Shown and checked only; whoever applies it verifies it.
  const bundle = parseStrictJson(payload, { bytesMax: POLICY_BUNDLE_BYTES_MAX }) as PolicyBundle;
  return { files: bundle.policies ?? [], bundles: envelopes.map(envelopeToJson) };
}

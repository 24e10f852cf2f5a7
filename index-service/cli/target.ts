// What a command of this room works on: a folder that it opens itself, or an index that is served elsewhere.

import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { ZeroError } from '../../protocol/errors/index.ts';
import { type IndexClient, indexClient } from '../client/index-client.ts';
import { defaultEmbedder } from '../embed/default.ts';
import type { CardIndex } from '../interface.ts';
import { openIndex } from '../open-index.ts';
import { readToken } from '../server/token.ts';
import type { OutputFlags } from './output.ts';

export interface FolderFlags extends OutputFlags {
  dir: string;
}

export interface TargetFlags extends OutputFlags {
  dir?: string;
  url?: string;
  tokenFile?: string;
}

/** Opens a folder for one command. Only an import makes an index where there is none: elsewhere it is a mistyped folder. */
export async function withIndex<T>(
  dir: string,
  use: (index: CardIndex) => Promise<T>,
  mayMake = false,
): Promise<T> {
  if (!mayMake && !(await holdsIndex(resolve(dir))))
    throw new ZeroError('NOT_FOUND', `${resolve(dir)} holds no index`, {
      hint: 'Name the folder that "zerostate index import" or "serve" filled.',
    });
  const embedder = await defaultEmbedder();
  try {
    const index = await openIndex({ dir: resolve(dir), embedder });
    try {
      return await use(index);
    } finally {
      await index.close();
    }
  } finally {
    await embedder.close?.();
  }
}

async function holdsIndex(dir: string): Promise<boolean> {
  const names = await readdir(dir).catch(() => []);
  return names.some((name) => name === 'manifest.json' || /^cards-\d{6}\.log$/.test(name));
}

/** A served index as `use` sees a folder's. */
export type Target = { readonly index: CardIndex } | { readonly remote: IndexClient };

/** Works on the folder or the server that the flags name. */
export async function withTarget<T>(
  flags: TargetFlags,
  use: (target: Target) => Promise<T>,
  mayMake = false,
): Promise<T> {
  const { dir, url, tokenFile } = flags;
  if ((dir === undefined) === (url === undefined))
    throw new InvalidArgumentError('give --dir for a folder, or --url for an index that is served');
  if (url === undefined) return await withIndex(dir!, (index) => use({ index }), mayMake);
  const token = tokenFile === undefined ? process.env.ZEROSTATE_INDEX_TOKEN : await readToken(tokenFile);
  if (token === undefined)
    throw new InvalidArgumentError('--url needs --token-file or ZEROSTATE_INDEX_TOKEN');
  return await use({ remote: indexClient({ url, token }) });
}

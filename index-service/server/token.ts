// The bearer token of a served index, in a file that only its owner can read. Made on first use.

import { randomBytes } from 'node:crypto';
import { mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ZeroError } from '../../protocol/errors/index.ts';
import { TOKEN_BYTES_MAX } from './limits.ts';

const TOKEN_BYTES = 32;
const OTHERS_MASK = 0o077;

/** The token in a file; a new file gets a new one. Throws KEY_FILE_UNSAFE when group or others can read it. */
export async function loadOrCreateToken(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  try {
    // Never replaces a file: of two that start at once, one makes it and both read it.
    await using file = await open(path, 'wx', 0o600);
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    await file.writeFile(`${token}\n`);
    await file.sync();
    return token;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return await readToken(path);
}

/** Reads a token file. Throws KEY_FILE_UNSAFE, or UNAUTHORIZED when it holds no token. */
export async function readToken(path: string): Promise<string> {
  const { mode, size } = await stat(path).catch((cause) => {
    throw new ZeroError('UNAUTHORIZED', `the token file ${path} cannot be read`, { cause });
  });
  if (process.platform !== 'win32' && (mode & OTHERS_MASK) !== 0)
    throw new ZeroError('KEY_FILE_UNSAFE', `${path} has mode ${(mode & 0o777).toString(8)}; it must be 600`);
  if (size > TOKEN_BYTES_MAX) throw new ZeroError('UNAUTHORIZED', `${path} is too large for a token file`);
  await using file = await open(path, 'r');
  const token = (await file.readFile('utf8')).trim();
  if (token === '') throw new ZeroError('UNAUTHORIZED', `the token file ${path} is empty`);
  return token;
}

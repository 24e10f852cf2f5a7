// Reads a file that a person named: not more of it than it may have, whatever it is (a device has no size), and a refusal says why.

import { open } from 'node:fs/promises';
import { concatBytes } from '../../protocol/bytes/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { diskError } from './disk-errors.ts';

/** Bytes that are read at once. */
const CHUNK_BYTES = 1 << 20;

/** Why a file cannot be read, in words. Throws USAGE or STORAGE_FAILED. */
export function unreadable(path: string): (cause: unknown) => never {
  return (cause) => {
    throw (
      diskError(cause, path) ??
      new ZeroError('USAGE', `${path} cannot be read: ${(cause as Error).message}`, { cause })
    );
  };
}

/** All of a file of at most `bytesMax` bytes. Throws USAGE where it cannot be read, LIMIT_EXCEEDED where it is larger. */
export async function readBounded(path: string, bytesMax: number): Promise<Uint8Array> {
  const file = await open(path).catch(unreadable(path));
  try {
    const chunks: Uint8Array[] = [];
    let total = 0;
    for (;;) {
      const { bytesRead, buffer } = await file
        .read(new Uint8Array(CHUNK_BYTES), 0, CHUNK_BYTES)
        .catch(unreadable(path));
      if (bytesRead === 0) return concatBytes(...chunks);
      total += bytesRead;
      if (total > bytesMax)
        throw new ZeroError('LIMIT_EXCEEDED', `${path} has more than the ${bytesMax} bytes that it may have`);
      chunks.push(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

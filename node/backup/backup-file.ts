// A backup as a file: beside the records of the database the keys and the configuration of a home folder; written beside its place, read
// back whole, and named only then.

import { existsSync } from 'node:fs';
import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { syncFolder } from '../keys/key-file.ts';
import { encodeFrame } from './format.ts';
import { type BackupContents, readBackup } from './read-backup.ts';

/** Files of a home folder that are not in its database: keys, and the configuration. */
export async function* filesOf(home: string, withKeys: boolean): AsyncGenerator<Uint8Array> {
  const names = withKeys ? await readdir(join(home, 'keys'), { recursive: true, withFileTypes: true }) : [];
  const paths = names
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.tmp'))
    .map(({ name, parentPath }) => join(parentPath, name))
    .sort();
  const config = join(home, 'config.yaml');
  if (withKeys && existsSync(config)) paths.push(config);
  for (const path of paths)
    yield encodeFrame({ kind: 'file', name: relative(home, path), bytes: await readFile(path) });
}

/**
 * Writes a backup of frames. Throws what the disk throws, DATA_CORRUPT when it does not read back, or the reason of `signal`; then nothing is left:
 * half a backup holds the private keys as well.
 */
export async function writeChecked(
  file: string,
  parts: AsyncIterable<Uint8Array>,
  signal?: AbortSignal,
): Promise<BackupContents> {
  const beside = `${file}.${process.pid}.part`;
  try {
    // What an earlier attempt of the same process number left is of no use.
    await rm(beside, { force: true });
    const handle = await open(beside, 'wx', 0o600);
    try {
      await pipeline(
        Readable.from(parts, { objectMode: false }),
        createGzip(),
        async (zipped: AsyncIterable<Buffer>) => {
          for await (const part of zipped) await handle.appendFile(part);
        },
        { signal },
      );
      await handle.sync();
    } finally {
      await handle.close();
    }
    const contents = await readBackup(beside, { file: async () => {}, records: async () => {} }, signal);
    await rename(beside, file);
    await syncFolder(dirname(file));
    return contents;
  } catch (error) {
    await rm(beside, { force: true });
    signal?.throwIfAborted();
    throw error;
  }
}

// Reads a file or a folder as an input tree. Must not: follow links out of the folder.

import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { ZeroError } from '../../protocol/errors/index.ts';
import { INPUT_FILES_MAX } from '../limits.ts';

/** Files by relative path, with `/` between parts. A single file stands under its own name. Throws USAGE. */
export async function readInputs(path: string): Promise<Record<string, Uint8Array>> {
  try {
    if ((await stat(path)).isFile()) return { [basename(path)]: new Uint8Array(await readFile(path)) };
    const entries = (await readdir(path, { recursive: true, withFileTypes: true })).filter((entry) =>
      entry.isFile(),
    );
    if (entries.length > INPUT_FILES_MAX)
      throw new ZeroError('USAGE', `${path} holds more than ${INPUT_FILES_MAX} files`);
    const files: [path: string, content: Uint8Array][] = [];
    for (const entry of entries) {
      const file = join(entry.parentPath, entry.name);
      files.push([relative(path, file).split(sep).join('/'), new Uint8Array(await readFile(file))]);
    }
    return Object.fromEntries(files);
  } catch (cause) {
    if (cause instanceof ZeroError) throw cause;
    throw new ZeroError('USAGE', `cannot read ${path}`, { cause });
  }
}

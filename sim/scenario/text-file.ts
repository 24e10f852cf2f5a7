// Files that a scenario consists of: only plain ones, and only as long as they are meant to be. A scenario may come from anybody.

import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { ZeroError } from '../../protocol/errors/index.ts';

/** The text of a plain file of at most so many bytes. Throws SCENARIO_INVALID, also for devices and pipes, which may have no end. */
export function readTextFile(path: string, bytesMax: number): string {
  let file: number | undefined;
  try {
    // A pipe would keep this process waiting for its other end.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new ZeroError('SCENARIO_INVALID', `${path}: not a plain file`);
    if (stats.size > bytesMax)
      throw new ZeroError('SCENARIO_INVALID', `${path}: larger than ${bytesMax} bytes`);
    return readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof ZeroError) throw cause;
    throw new ZeroError('SCENARIO_INVALID', `${path}: cannot be read`, { cause });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

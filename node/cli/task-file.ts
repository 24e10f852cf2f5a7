// Reads a task file and what it names, for POST /v1/tasks.

import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { toBase64 } from '../../protocol/bytes/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';

interface TaskFile {
  module?: unknown;
  stdin?: unknown;
  inputs?: unknown;
  [key: string]: unknown;
}

async function bytesOf(base: string, path: unknown, what: string): Promise<string> {
  if (typeof path !== 'string') throw new ZeroError('USAGE', `${what} is not a path`);
  const place = resolve(base, path);
  const bytes = await readFile(place).catch((cause: unknown) => {
    throw new ZeroError('USAGE', `${what}: cannot read ${place}`, { cause });
  });
  return toBase64(bytes);
}

/** Reads a task file and what it names, for POST /v1/tasks. Throws USAGE. */
export async function readTask(path: string) {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new ZeroError('USAGE', `cannot read ${path}`, { cause });
  });
  let file: TaskFile;
  try {
    file = parseYaml(text, { maxAliasCount: 0 }) as TaskFile;
  } catch (cause) {
    throw new ZeroError('USAGE', `${path} is not valid YAML: ${(cause as Error).message.split('\n')[0]}`, {
      cause,
    });
  }
  if (typeof file !== 'object' || file === null) throw new ZeroError('USAGE', `${path} is not a task`);
  const base = dirname(path);
  const { module, stdin, inputs, ...manifest } = file;
  const files = Object.entries((inputs ?? {}) as Record<string, unknown>);
  return {
    manifest,
    module: await bytesOf(base, module, 'module'),
    stdin: stdin === undefined || stdin === null ? '' : await bytesOf(base, stdin, 'stdin'),
    files: Object.fromEntries(
      await Promise.all(
        files.map(async ([name, at]) => [name, await bytesOf(base, at, `inputs.${name}`)] as const),
      ),
    ),
  };
}

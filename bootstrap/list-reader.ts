// Reads a file of signed boot lists from a disk or over HTTP. Verifies nothing: what was read is trusted only after followBootLists.

import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isZeroError, ZeroError } from '../protocol/errors/index.ts';
import { BOOT_FILE_BYTES_MAX } from './boot-list.ts';

/** Time for the whole answer of a server, in milliseconds. */
const READ_MS_MAX = 10_000;

export function isUrl(place: string): boolean {
  return /^https?:\/\//i.test(place);
}

/** A place as it is kept: an address as it is, a path from the root, so that it holds wherever the node is started. */
export function absolutePlace(place: string, folder = process.cwd()): string {
  return isUrl(place) ? place : resolve(folder, place);
}

/** A place as people may see it: an address without name, password and query, where tokens stand. */
export function placeShown(place: string): string {
  if (!isUrl(place)) return place;
  if (!URL.canParse(place)) return place.slice(0, place.indexOf('://') + 3);
  const { origin, pathname } = new URL(place);
  return `${origin}${pathname}`;
}

/** The text at a place (path or http(s) address), of bounded size. Throws BOOT_LIST_UNAVAILABLE. */
export async function readPlace(place: string): Promise<string> {
  try {
    return isUrl(place) ? await fetched(place) : await fromDisk(place);
  } catch (cause) {
    if (isZeroError(cause)) throw cause;
    throw new ZeroError(
      'BOOT_LIST_UNAVAILABLE',
      `cannot read ${placeShown(place)}: ${reasonOf(cause).replaceAll(place, placeShown(place))}`,
      { cause },
    );
  }
}

async function fetched(url: string): Promise<string> {
  const response = await fetch(url, { signal: AbortSignal.timeout(READ_MS_MAX), redirect: 'error' });
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > BOOT_FILE_BYTES_MAX) throw tooLarge(url);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

async function fromDisk(path: string): Promise<string> {
  await using file = await open(path, 'r');
  if ((await file.stat()).size > BOOT_FILE_BYTES_MAX) throw tooLarge(path);
  return await file.readFile('utf8');
}

function tooLarge(place: string): ZeroError {
  return new ZeroError(
    'BOOT_LIST_UNAVAILABLE',
    `${placeShown(place)} is larger than ${BOOT_FILE_BYTES_MAX} bytes`,
  );
}

/** The library hides why a connection failed one level down. */
function reasonOf(cause: unknown): string {
  const { message, cause: below } = cause as Error;
  return below instanceof Error && below.message !== '' ? below.message : message;
}

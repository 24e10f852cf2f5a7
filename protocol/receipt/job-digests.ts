// Digests of what a task is given and gives, as receipts state them. Normative: every runner and every verifier computes these.

import { compareBytes, concatBytes, toHex, utf8 } from '../bytes/index.ts';
import { sha256 } from '../crypto/index.ts';

/** 'sha256:<hex>' of bytes. */
export function bytesDigest(bytes: Uint8Array): string {
  return `sha256:${toHex(sha256(bytes))}`;
}

/** A text as u32 big-endian length and UTF-8 bytes: no two lists of texts give the same bytes. */
function framed(text: string): Uint8Array {
  const bytes = utf8(text);
  const out = new Uint8Array(4 + bytes.length);
  new DataView(out.buffer).setUint32(0, bytes.length);
  out.set(bytes, 4);
  return out;
}

function byName<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record)
    .map(([name, value]) => ({ name, value, key: utf8(name) }))
    .sort((a, b) => compareBytes(a.key, b.key))
    .map(({ name, value }) => [name, value]);
}

/** Digest of arguments: each framed, in order. */
export function argsDigest(args: readonly string[]): string {
  return bytesDigest(concatBytes(...args.map(framed)));
}

/** Digest of an environment: name and value framed, in the byte order of the UTF-8 names. */
export function envDigest(env: Readonly<Record<string, string>>): string {
  return bytesDigest(concatBytes(...byName(env).flatMap(([name, value]) => [framed(name), framed(value)])));
}

/** Digest of a file tree: for each file, in the byte order of the UTF-8 paths, the framed path and the SHA-256 of the content. */
export function treeDigest(files: Readonly<Record<string, Uint8Array>>): string {
  return bytesDigest(concatBytes(...byName(files).flatMap(([path, bytes]) => [framed(path), sha256(bytes)])));
}

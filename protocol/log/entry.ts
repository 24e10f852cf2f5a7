// The record that a log holds for a statement: which one (SHA-256 of its PAE), and a salt. The salt keeps the leaf hash from
// confirming a guess, so that hashes and checkpoints may be public while statements are not.

import { concatBytes } from '../bytes/index.ts';
import { contentIdOf, digestOfContentId } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { leafHash } from './hash.ts';

/** Largest record that tlog-tiles can carry (a u16 length); ours are 49 bytes. */
export const LOG_RECORD_BYTES_MAX = 65_535;
/** 128 bits: guessing a salt is as hard as guessing a key. */
export const LOG_SALT_BYTES = 16;

const VERSION = 1;
const DIGEST_BYTES = 32;
const RECORD_BYTES = 1 + DIGEST_BYTES + LOG_SALT_BYTES;

export interface LogEntry {
  /** CIDv1 (raw, sha2-256 of the PAE) of the statement's envelope, base32 text. */
  readonly statementId: string;
  /** 16 random bytes, chosen by the log's node. */
  readonly salt: Uint8Array;
}

/** Record bytes: 0x01 || SHA-256(PAE) (32) || salt (16). Throws DECODE_FAILED on another id or salt. */
export function encodeLogEntry(entry: LogEntry): Uint8Array {
  if (entry.salt.length !== LOG_SALT_BYTES)
    throw new ZeroError('DECODE_FAILED', `salt is not ${LOG_SALT_BYTES} bytes`);
  return concatBytes(Uint8Array.of(VERSION), digestOfContentId(entry.statementId), entry.salt);
}

/** The entry of a record. Throws DECODE_FAILED. */
export function decodeLogEntry(record: Uint8Array): LogEntry {
  if (record.length !== RECORD_BYTES || record[0] !== VERSION)
    throw new ZeroError('DECODE_FAILED', 'log record has an unknown form');
  return {
    statementId: contentIdOf(record.subarray(1, 1 + DIGEST_BYTES)),
    salt: record.slice(1 + DIGEST_BYTES),
  };
}

/** Leaf hash of an entry's record. */
export function entryLeafHash(entry: LogEntry): Uint8Array {
  return leafHash(encodeLogEntry(entry));
}

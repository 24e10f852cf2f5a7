// C2SP tlog-checkpoint: a log's signed statement "at this size my root is this".

import { equalBytes, fromBase64, toBase64 } from '../bytes/index.ts';
import { keepEd25519 } from '../crypto/index.ts';
import { ZeroError } from '../errors/index.ts';
import { markVerified, type Verified } from '../verified.ts';
import { EMPTY_ROOT, requireHash } from './hash.ts';
import { headRemembered, rememberHead } from './head-memory.ts';
import {
  decodeText,
  formatSignatureLine,
  NOTE_BYTES_MAX,
  NOTE_ED25519,
  NOTE_NAME_CHARS_MAX,
  type NoteSignature,
  type NoteSigner,
  parseNote,
  requireKeyName,
  signaturesOf,
  signNote,
  verifyNote,
} from './note.ts';
import { originKey } from './origin.ts';
import { parseSize, requireSize } from './size.ts';

/** Most extension lines of a checkpoint; the specification advises against any. */
export const CHECKPOINT_EXTENSIONS_MAX = 16;

/** A parsed checkpoint. Only a Verified one says anything about a log. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  readonly extensions: readonly string[];
  readonly signatures: readonly NoteSignature[];
  /** The signed note text: what cosignatures cover. */
  readonly body: string;
  /** The whole note, to be kept and passed on unchanged. */
  readonly text: string;
}

/** Note text of a checkpoint. Throws DECODE_FAILED on values that have no such form. */
export function checkpointBody(head: { origin: string; size: number; root: Uint8Array }): string {
  requireOrigin(head.origin);
  requireSize(head.size, 'tree size');
  requireHash(head.root, 'root');
  if (head.size === 0 && !equalBytes(head.root, EMPTY_ROOT))
    throw new ZeroError('DECODE_FAILED', 'an empty tree has the empty root only');
  return `${head.origin}\n${head.size}\n${toBase64(head.root)}\n`;
}

/** Signs a tree head with the log's key; the key name is the origin. Never sign two heads that contradict each other. */
export function signCheckpoint(head: {
  origin: string;
  size: number;
  root: Uint8Array;
  signer: NoteSigner;
}): string {
  return signNote(checkpointBody(head), head.origin, head.signer);
}

/** Parses a checkpoint without checking signatures. Throws DECODE_FAILED or LIMIT_EXCEEDED (also for a size of 2^53 or more). */
export function parseCheckpoint(input: string | Uint8Array): Checkpoint {
  // Receipts that went to a log together come with one head.
  const known = typeof input === 'string' ? headRemembered(input) : undefined;
  if (known !== undefined) return known;
  const text = decodeText(input, NOTE_BYTES_MAX);
  const note = parseNote(text);
  const [origin, size, root, ...extensions] = note.text.slice(0, -1).split('\n');
  if (origin === undefined || size === undefined || root === undefined)
    throw new ZeroError('DECODE_FAILED', 'checkpoint has fewer than three lines');
  if (extensions.length > CHECKPOINT_EXTENSIONS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', 'checkpoint has too many extension lines');
  if (extensions.some((line) => line.length === 0))
    throw new ZeroError('DECODE_FAILED', 'checkpoint has an empty extension line');
  const head = {
    origin: requireOrigin(origin),
    size: parseSize(size, 'tree size'),
    root: requireHash(fromBase64(root), 'root'),
  };
  if (head.size === 0 && !equalBytes(head.root, EMPTY_ROOT))
    throw new ZeroError('DECODE_FAILED', 'an empty tree has the empty root only');
  return { ...head, extensions, signatures: note.signatures, body: note.text, text };
}

/** Checks a checkpoint under a known origin and key. Throws SIGNATURE_INVALID, DECODE_FAILED or LIMIT_EXCEEDED. */
export function verifyCheckpoint(
  input: string | Uint8Array,
  expected: { origin: string; publicKey: Uint8Array },
): Verified<Checkpoint> {
  const checkpoint = parseCheckpoint(input);
  if (checkpoint.origin !== expected.origin)
    throw new ZeroError('SIGNATURE_INVALID', 'the checkpoint is of another log');
  const note = { text: checkpoint.body, signatures: checkpoint.signatures };
  // The same head comes again with cosignatures.
  keepEd25519(() => verifyNote(note, expected.origin, expected.publicKey));
  return markVerified(checkpoint);
}

/** Checks a checkpoint whose origin names its own key (see originKey). With `origin`, it must be of that log. */
export function verifyNodeCheckpoint(input: string | Uint8Array, origin?: string): Verified<Checkpoint> {
  const known = typeof input === 'string' ? headRemembered(input) : undefined;
  if (known !== undefined && (origin === undefined || known.origin === origin)) return known;
  const named = origin ?? parseCheckpoint(input).origin;
  const verified = verifyCheckpoint(input, { origin: named, publicKey: originKey(named) });
  rememberHead(verified);
  return verified;
}

/** The note of a node's log with its own signature and nobody else's, once: the shortest form that proves the head. Throws as verifyNodeCheckpoint. */
export function bareCheckpoint(text: string): string {
  const { body, origin, signatures } = verifyNodeCheckpoint(text);
  const key = { name: origin, type: NOTE_ED25519, publicKey: originKey(origin) };
  const [first] = signaturesOf({ text: body, signatures }, key);
  return `${body}\n${formatSignatureLine(key, first!.signature)}`;
}

function requireOrigin(origin: string): string {
  if (origin.length > NOTE_NAME_CHARS_MAX) throw new ZeroError('LIMIT_EXCEEDED', 'origin is too long');
  return requireKeyName(origin);
}

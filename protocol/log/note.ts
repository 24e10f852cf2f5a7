// C2SP signed-note: text, a blank line, and signature lines. Parsing and form only; which keys are trusted is the caller's matter.

import { concatBytes, equalBytes, fromBase64, fromUtf8, toBase64, utf8 } from '../bytes/index.ts';
import { publicKeyOfSeed, sha256, signEd25519, verifyEd25519 } from '../crypto/index.ts';
import { ZeroError } from '../errors/index.ts';

/** Largest note in UTF-8 bytes: 32 post-quantum signature lines of some 3.3 kB, and room for the text. */
export const NOTE_BYTES_MAX: number = 128 * 1024;
/** Most signature lines in a note; the specification asks for at least 16. */
export const NOTE_SIGNATURES_MAX = 32;
/** Longest key name in characters. */
export const NOTE_NAME_CHARS_MAX = 256;

/** Signature type bytes assigned by signed-note. */
export const NOTE_ED25519 = 0x01;
export const NOTE_COSIGNATURE_ED25519 = 0x04;

const KEY_ID_BYTES = 4;
/** Bytes of a signature line's content: a key id, and at least one byte of signature. */
const SIGNATURE_BYTES_MIN = KEY_ID_BYTES + 1;
const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_LINE = /^— (\S+) (\S+)$/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the specification forbids exactly these characters
const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;
const NAME = /^[^\p{White_Space}+]+$/u;

export interface NoteSignature {
  /** Key name as written; a hint until the key is known. */
  readonly name: string;
  /** First four bytes of the hash that ties name, type and key. */
  readonly keyId: Uint8Array;
  /** What follows the key id. */
  readonly signature: Uint8Array;
}

export interface Note {
  /** The signed text, its final newline included. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A key that signs or verifies notes under a name. */
export interface NoteKey {
  readonly name: string;
  readonly type: number;
  /** 32 bytes, Ed25519. */
  readonly publicKey: Uint8Array;
}

/** Signs with a raw Ed25519 key; the note layer frames what is signed. */
export interface NoteSigner {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/** A signer from a 32-byte Ed25519 seed. */
export function noteSigner(seed: Uint8Array): NoteSigner {
  const publicKey = publicKeyOfSeed(seed);
  return { publicKey, sign: (message) => signEd25519(seed, message) };
}

/** Key id of signed-note: SHA-256(name || 0x0A || type || public key), first four bytes. */
export function noteKeyId(key: NoteKey): Uint8Array {
  return sha256(concatBytes(utf8(key.name), Uint8Array.of(0x0a, key.type), key.publicKey)).slice(
    0,
    KEY_ID_BYTES,
  );
}

/** Refuses a key name that is empty, too long, or holds white space or '+'. Throws DECODE_FAILED. */
export function requireKeyName(name: string): string {
  if (name.length <= NOTE_NAME_CHARS_MAX && NAME.test(name) && !CONTROL.test(name) && name.isWellFormed())
    return name;
  throw new ZeroError('DECODE_FAILED', 'key name is empty, too long, or holds white space or "+"');
}

/** One signature line, its newline included. */
export function formatSignatureLine(key: NoteKey, signature: Uint8Array): string {
  return `— ${requireKeyName(key.name)} ${toBase64(concatBytes(noteKeyId(key), signature))}\n`;
}

/** Signs the text (which must end in a newline) with an Ed25519 note key (type 0x01). */
export function signNote(text: string, name: string, signer: NoteSigner): string {
  requireText(text);
  const key: NoteKey = { name, type: NOTE_ED25519, publicKey: signer.publicKey };
  return `${text}\n${formatSignatureLine(key, signer.sign(utf8(text)))}`;
}

/** Parses a note. Throws DECODE_FAILED or LIMIT_EXCEEDED; signatures are not checked here. */
export function parseNote(input: string | Uint8Array): Note {
  const whole = decodeText(input, NOTE_BYTES_MAX);
  const split = whole.lastIndexOf('\n\n');
  if (split < 0 || !whole.endsWith('\n')) throw new ZeroError('DECODE_FAILED', 'note has no signature lines');
  const text = whole.slice(0, split + 1);
  const lines = whole.slice(split + 2, -1).split('\n');
  if (lines.length > NOTE_SIGNATURES_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `note has more than ${NOTE_SIGNATURES_MAX} signatures`);
  return { text, signatures: lines.map(parseSignatureLine) };
}

/** Bounded text, valid UTF-8, no control character but newline. Throws DECODE_FAILED or LIMIT_EXCEEDED. */
export function decodeText(input: string | Uint8Array, bytesMax: number): string {
  // A string's UTF-8 form is never shorter than its length, so this cheap test comes before any other work.
  if (input.length > bytesMax) throw new ZeroError('LIMIT_EXCEEDED', `text is longer than ${bytesMax} bytes`);
  const whole = typeof input === 'string' ? input : fromUtf8(input);
  if (!whole.isWellFormed() || CONTROL.test(whole))
    throw new ZeroError('DECODE_FAILED', 'text holds a control character or a lone surrogate');
  return whole;
}

function parseSignatureLine(line: string): NoteSignature {
  const match = SIGNATURE_LINE.exec(line);
  if (match === null) throw new ZeroError('DECODE_FAILED', 'note has a malformed signature line');
  const bytes = fromBase64(match[2]!);
  if (bytes.length < SIGNATURE_BYTES_MIN) throw new ZeroError('DECODE_FAILED', 'note signature is too short');
  return {
    name: requireKeyName(match[1]!),
    keyId: bytes.slice(0, KEY_ID_BYTES),
    signature: bytes.slice(KEY_ID_BYTES),
  };
}

function requireText(text: string): void {
  if (!text.endsWith('\n') || !text.isWellFormed() || CONTROL.test(text)) {
    throw new ZeroError('DECODE_FAILED', 'note text must end in a newline and hold no control characters');
  }
}

/** Signatures whose name and key id are those of the key; there may be none. */
export function signaturesOf(note: Note, key: NoteKey): NoteSignature[] {
  const keyId = noteKeyId(key);
  return note.signatures.filter(
    (candidate) => candidate.name === key.name && equalBytes(candidate.keyId, keyId),
  );
}

/** Checks the note under one Ed25519 key: at least one signature of it, and none that fails. Throws SIGNATURE_INVALID. */
export function verifyNote(note: Note, name: string, publicKey: Uint8Array): void {
  const found = signaturesOf(note, { name, type: NOTE_ED25519, publicKey });
  if (found.length === 0)
    throw new ZeroError('SIGNATURE_INVALID', 'the note is not signed by the expected key');
  const message = utf8(note.text);
  for (const { signature } of found) {
    if (!verifyEd25519(publicKey, message, signature))
      throw new ZeroError('SIGNATURE_INVALID', 'a signature of the expected key does not verify');
  }
}

/** Verifier key text of signed-note: name+keyid+base64(type || public key). */
export function formatVerifierKey(key: NoteKey): string {
  return `${requireKeyName(key.name)}+${noteKeyId(key).toHex()}+${toBase64(concatBytes(Uint8Array.of(key.type), key.publicKey))}`;
}

/** Parses a verifier key of an Ed25519 type (0x01 or 0x04). Throws DECODE_FAILED; the key id must fit the key. */
export function parseVerifierKey(text: string): NoteKey {
  const [name, keyId, material, ...rest] = text.split('+');
  // Base64 may itself hold '+', so what is left belongs to the key material.
  if (name === undefined || keyId === undefined || material === undefined)
    throw new ZeroError('DECODE_FAILED', 'verifier key has an unknown form');
  const bytes = fromBase64([material, ...rest].join('+'));
  const type = bytes[0];
  if (type !== NOTE_ED25519 && type !== NOTE_COSIGNATURE_ED25519)
    throw new ZeroError('DECODE_FAILED', 'verifier key has an unknown type');
  if (bytes.length !== 1 + PUBLIC_KEY_BYTES)
    throw new ZeroError('DECODE_FAILED', 'verifier key has a wrong length');
  const key: NoteKey = { name: requireKeyName(name), type, publicKey: bytes.slice(1) };
  if (noteKeyId(key).toHex() !== keyId)
    throw new ZeroError('DECODE_FAILED', 'verifier key id does not fit the key');
  return key;
}

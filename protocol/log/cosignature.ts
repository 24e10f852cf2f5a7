// C2SP tlog-cosignature v1 (type 0x04): a witness states that, at a time, this was the largest consistent head it knew of a log.

import { concatBytes, equalBytes, utf8 } from '../bytes/index.ts';
import { verifyEd25519 } from '../crypto/index.ts';
import { ZeroError } from '../errors/index.ts';
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import {
  formatSignatureLine,
  NOTE_COSIGNATURE_ED25519,
  type NoteKey,
  type NoteSigner,
  signaturesOf,
} from './note.ts';

const TIME_BYTES = 8;
const SIGNATURE_BYTES = 64;
/** Largest time that the specification allows is 2^63-1 s; ours stops where a number does, in the year 285 million. */
const TIME_SECONDS_MAX: number = Number.MAX_SAFE_INTEGER;

/** A witness's statement about a checkpoint, verified. */
export interface Cosignature {
  readonly name: string;
  readonly publicKey: Uint8Array;
  /** POSIX seconds. */
  readonly timeSeconds: number;
}

function message(body: string, timeSeconds: number): Uint8Array {
  return utf8(`cosignature/v1\ntime ${timeSeconds}\n${body}`);
}

/**
 * The signature line of a witness over a checkpoint, to be appended to its text. Call it only after the checkpoint was checked
 * against the newest one that this witness has signed (reviewForCosigning) and that one was stored.
 */
export function cosign(
  checkpoint: Checkpoint,
  witness: { name: string; signer: NoteSigner; timeSeconds: number },
): string {
  const { name, signer, timeSeconds } = witness;
  if (!Number.isSafeInteger(timeSeconds) || timeSeconds < 0)
    throw new ZeroError('DECODE_FAILED', 'time is not whole seconds');
  const time = new Uint8Array(TIME_BYTES);
  new DataView(time.buffer).setBigUint64(0, BigInt(timeSeconds));
  const key: NoteKey = { name, type: NOTE_COSIGNATURE_ED25519, publicKey: signer.publicKey };
  return formatSignatureLine(key, concatBytes(time, signer.sign(message(checkpoint.body, timeSeconds))));
}

/** A checkpoint's text with more signature lines. Lines that it already holds are not repeated. */
export function addSignatures(text: string, lines: readonly string[]): string {
  const fresh = [...new Set(lines)].filter((line) => !text.includes(`\n${line}`));
  const joined = text + fresh.join('');
  parseCheckpoint(joined);
  return joined;
}

/**
 * The cosignature of one witness key, or null when there is none. Of several the newest counts.
 * Throws SIGNATURE_INVALID when one is there and fails: such a note was tampered with.
 */
export function readCosignature(
  checkpoint: Checkpoint,
  witness: { name: string; publicKey: Uint8Array },
): Cosignature | null {
  const { name, publicKey } = witness;
  let newest: number | null = null;
  const lines = signaturesOf(
    { text: checkpoint.body, signatures: checkpoint.signatures },
    { name, publicKey, type: NOTE_COSIGNATURE_ED25519 },
  );
  for (const { signature } of lines) {
    const time = checkLine(checkpoint.body, publicKey, signature);
    newest = newest === null ? time : Math.max(newest, time);
  }
  return newest === null ? null : { name, publicKey, timeSeconds: newest };
}

function checkLine(body: string, publicKey: Uint8Array, signature: Uint8Array): number {
  if (signature.length !== TIME_BYTES + SIGNATURE_BYTES)
    throw new ZeroError('SIGNATURE_INVALID', 'a cosignature has a wrong length');
  const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
  if (time > BigInt(TIME_SECONDS_MAX))
    throw new ZeroError('SIGNATURE_INVALID', 'a cosignature has an impossible time');
  if (!verifyEd25519(publicKey, message(body, Number(time)), signature.subarray(TIME_BYTES))) {
    throw new ZeroError('SIGNATURE_INVALID', 'a cosignature of a known witness does not verify');
  }
  return Number(time);
}

/** True when two cosigners are one: the message does not name the cosigner, so a key counts once. */
export function isSameKey(a: { publicKey: Uint8Array }, b: { publicKey: Uint8Array }): boolean {
  return equalBytes(a.publicKey, b.publicKey);
}

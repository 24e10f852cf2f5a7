// A node's signed answer to "do you hold the body of this entry?". The question has a fresh nonce, and the answer's digest covers it, the
// record and the body: whoever does not have the body cannot give it, and whoever has it can check it.

import { concatBytes, equalBytes, toBase64, utf8 } from '../bytes/index.ts';
import { sha256 } from '../crypto/index.ts';
import { ZeroError } from '../errors/index.ts';
import { type NoteSigner, parseNote, signNote, verifyNote } from './note.ts';
import { keyOfPeerId } from './origin.ts';
import { parseSize } from './size.ts';
import { WITNESS_PREFIX } from './witness-name.ts';

const KIND = 'zerostate.dev/held/v1';
/** Bytes of the nonce: it never comes twice. */
export const HOLDING_NONCE_BYTES = 32;
/** Bytes of an answer: seven short lines and a signature. */
export const HOLDING_BYTES_MAX = 1_024;

/** What is asked for. */
export interface HoldingQuestion {
  readonly origin: string;
  readonly index: number;
  readonly nonce: Uint8Array;
}

/** What both sides hold. */
export interface HeldEntry {
  readonly record: Uint8Array;
  readonly body: Uint8Array;
}

function textOf(question: HoldingQuestion, held: HeldEntry, timeSeconds: number): string {
  const digest = sha256(concatBytes(utf8(`${KIND}\n`), question.nonce, held.record, held.body));
  const { index, nonce, origin } = question;
  return `${[KIND, origin, index, toBase64(nonce), toBase64(digest), timeSeconds].join('\n')}\n`;
}

/** The signed note of a holder. Only for entries that are flushed to its disk. */
export function signHolding(
  question: HoldingQuestion,
  held: HeldEntry,
  holder: { readonly peerId: string; readonly signer: NoteSigner; readonly timeSeconds: number },
): string {
  return signNote(textOf(question, held, holder.timeSeconds), WITNESS_PREFIX + holder.peerId, holder.signer);
}

/** Checks a holder's answer; answers its time in POSIX seconds. Throws PROOF_INVALID, SIGNATURE_INVALID, DECODE_FAILED or LIMIT_EXCEEDED. */
export function verifyHolding(
  text: string,
  question: HoldingQuestion,
  held: HeldEntry,
  peerId: string,
): number {
  if (text.length > HOLDING_BYTES_MAX) throw new ZeroError('LIMIT_EXCEEDED', 'the answer is too long');
  const note = parseNote(text);
  verifyNote(note, WITNESS_PREFIX + peerId, keyOfPeerId(peerId));
  const timeSeconds = parseSize(note.text.slice(0, -1).split('\n').at(-1)!, 'time');
  if (!equalBytes(utf8(note.text), utf8(textOf(question, held, timeSeconds))))
    throw new ZeroError('PROOF_INVALID', 'the answer is to another question, or of another body');
  return timeSeconds;
}

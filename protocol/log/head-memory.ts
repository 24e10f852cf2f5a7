// Verified heads under their whole text: gossip and partners bring the same ones again and again. What is remembered was verified, so that it can
// change no verdict, only spare the work.

import type { Verified } from '../verified.ts';
import type { Checkpoint } from './checkpoint.ts';

/** Verified heads remembered: the newest forms of the heads of some hundred logs. At most 5 MB with all that is read from them. */
export const HEAD_MEMORY_MAX = 512;
/**
 * Of these, of one log: its newest head as it collects cosignatures, and the one before. Older ones hardly come again, and each is some kilobytes
 * once it is cosigned: a small network would fill the memory with them for hours.
 */
export const HEADS_PER_LOG_MAX = 3;
/** Longest text that is remembered, in characters: a head with many cosignatures. */
const HEAD_MEMORY_CHARS_MAX = 4096;

const remembered = new Map<string, Verified<Checkpoint>>();
/** Texts of each log that are remembered, the oldest first. */
const textsOf = new Map<string, string[]>();

/** The verified head of this text, where it is remembered. */
export function headRemembered(text: string): Verified<Checkpoint> | undefined {
  return remembered.get(text);
}

/** How many heads are remembered. */
export function headsRemembered(): number {
  return remembered.size;
}

/** Remembers a head that has just been verified. */
export function rememberHead(head: Verified<Checkpoint>): void {
  const { origin, text } = head;
  if (text.length > HEAD_MEMORY_CHARS_MAX || remembered.has(text)) return;
  if (remembered.size >= HEAD_MEMORY_MAX) forget(remembered.values().next().value as Verified<Checkpoint>);
  const texts = textsOf.get(origin) ?? [];
  textsOf.set(origin, texts);
  texts.push(text);
  remembered.set(text, head);
  if (texts.length > HEADS_PER_LOG_MAX) remembered.delete(texts.shift() as string);
}

function forget({ origin, text }: Verified<Checkpoint>): void {
  remembered.delete(text);
  const left = (textsOf.get(origin) ?? []).filter((other) => other !== text);
  if (left.length > 0) textsOf.set(origin, left);
  else textsOf.delete(origin);
}

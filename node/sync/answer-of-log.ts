// Answers what a partner asks of one log that is held here: a tail, or a proof that one head continues another.

import { ZeroError } from '../../protocol/errors/index.ts';
import { answerConsistency, answerTail, type SyncMessage } from '../../protocol/sync/index.ts';
import type { LogStore } from '../log/index.ts';

type Question = Extract<SyncMessage, { kind: 'tail-request' | 'consistency-request' }>;

/** The answer's bytes. Throws SYNC_REFUSED when the log is not held here, or what the proof throws. */
export async function answerOfLog(store: LogStore, question: Question): Promise<Uint8Array> {
  const { checkpoint } = store.state(question.origin);
  if (checkpoint === '') throw new ZeroError('SYNC_REFUSED', 'this log is not held here');
  const source = {
    checkpoint,
    nodes: store.reader(question.origin),
    entries: (first: number, end: number) => store.entries(question.origin, first, end),
  };
  if (question.kind === 'consistency-request') return await answerConsistency(question, source);
  return await answerTail(question, source);
}

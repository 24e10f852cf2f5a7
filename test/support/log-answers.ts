// Honest answers about logs in memory, as a partner gives them: what tests begin with that then answer otherwise.

import {
  answerConsistency,
  answerHeads,
  answerTail,
  encodeSyncMessage,
  type Head,
  type SyncMessage,
} from '../../protocol/sync/index.ts';
import type { MemoryLog } from './memory-log.ts';

/** Answers one message with bytes; undefined falls back to an honest answer from the logs. */
export type Answer = (message: SyncMessage) => Promise<Uint8Array | undefined> | Uint8Array | undefined;

/** The answer of one who holds these logs and nothing else. */
export async function honestAnswer(logs: readonly MemoryLog[], message: SyncMessage): Promise<Uint8Array> {
  if (message.kind === 'heads-request') {
    const heads = new Map<string, Head>(logs.map((log) => [log.origin, log.head()]));
    return encodeSyncMessage(answerHeads(heads, message));
  }
  const log = 'origin' in message ? logs.find(({ origin }) => origin === message.origin) : undefined;
  if (log === undefined) throw new Error('not held');
  const nodes = { node: async (level: number, index: number) => log.nodes.node(level, index) };
  if (message.kind === 'consistency-request')
    return await answerConsistency(message, { checkpoint: log.checkpoint, nodes });
  if (message.kind !== 'tail-request') throw new Error('not a request');
  return await answerTail(message, {
    checkpoint: log.checkpoint,
    nodes,
    entries: (from, to) => log.entries(from, to),
  });
}

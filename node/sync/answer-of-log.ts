// Answers what a partner asks of one log that is held here: a tail, or a proof that one head continues another.

import type { PeerId } from '@libp2p/interface';
import { ZeroError } from '../../protocol/errors/index.ts';
import { answerConsistency, encodeTail, type SyncMessage, tailResponse } from '../../protocol/sync/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Host } from '../host/create.ts';
import type { LogStore } from '../log/index.ts';
import { Serial } from '../serial.ts';
import { TailBudget } from './tail-budget.ts';

type Question = Extract<SyncMessage, { kind: 'tail-request' | 'consistency-request' }>;

export interface LogAnswersDeps {
  readonly host: Pick<Host, 'getConnections'>;
  readonly store: LogStore;
  readonly clock: Clock;
}

/** Answers peers: each of them one question at a time, as an answer may be of a megabyte, and within a budget. */
export class LogAnswers {
  readonly #deps: LogAnswersDeps;
  readonly #serial = new Serial();
  readonly #budget: TailBudget;

  constructor(deps: LogAnswersDeps) {
    this.#deps = deps;
    this.#budget = new TailBudget(deps.clock);
  }

  /** The answer's bytes. Throws PEER_UNREACHABLE, BUSY, SYNC_REFUSED when the log is not held here, or what the proof throws. */
  async answer(peer: PeerId, question: Question): Promise<Uint8Array> {
    const name = peer.toString();
    return await this.#serial.run(name, async () => {
      if (this.#deps.host.getConnections(peer).length === 0)
        throw new ZeroError('PEER_UNREACHABLE', 'it has left');
      if (!this.#budget.allows(name))
        throw new ZeroError('BUSY', 'this peer has been answered much about logs');
      const { bytes, entries } = await answerOfLog(this.#deps.store, question);
      this.#budget.spend(name, { bytes: bytes.length, entries });
      return bytes;
    });
  }
}

/** The answer, and how many entries it holds. Throws SYNC_REFUSED when the log is not held here, or what the proof throws. */
async function answerOfLog(
  store: LogStore,
  question: Question,
): Promise<{ readonly bytes: Uint8Array; readonly entries: number }> {
  const { checkpoint } = store.state(question.origin);
  if (checkpoint === '') throw new ZeroError('SYNC_REFUSED', 'this log is not held here');
  const source = {
    checkpoint,
    nodes: store.reader(question.origin),
    entries: (first: number, end: number) => store.entries(question.origin, first, end),
  };
  if (question.kind === 'consistency-request')
    return { bytes: await answerConsistency(question, source), entries: 0 };
  const response = await tailResponse(question, source);
  return { bytes: encodeTail(question, response), entries: response.entries.length };
}

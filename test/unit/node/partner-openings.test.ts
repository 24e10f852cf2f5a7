// A partner that asks for what this node opens to it: one round looks at so much of the log and no more, one round at a time, and not for who has gone.

import assert from 'node:assert/strict';
import { peerIdFromString } from '@libp2p/peer-id';
import { PartnerBudgets } from '../../../node/partners/budget.ts';
import { BUDGET_DEFAULT, ENTRIES_PER_ROUND_MAX } from '../../../node/partners/limits.ts';
import { QueryDesk, type QueryDeskDeps } from '../../../node/partners/query-desk.ts';
import { decodeOpeningFrame, encodeOpeningsRequest } from '../../../node/partners/wire.ts';
import type { RowHandler } from '../../../node/rpc/row-streams.ts';
import { PEER } from '../../support/agents.ts';
import { HandClock } from '../../support/hand-clock.ts';

const SIZE = 3 * ENTRIES_PER_ROUND_MAX;

/** The desk of a node with a long log of which nothing is sealed, and what it looks at. */
async function desk() {
  const clock = new HandClock();
  const looked = { entries: 0, rounds: 0, roundsMost: 0 };
  const agreement = { scope: {}, budget: BUDGET_DEFAULT, notAfterMs: Number.POSITIVE_INFINITY };
  const partner = { agent: 'partner', given: { agreement, consent: {} } };
  const handlers: RowHandler[] = [];
  const deps = {
    streams: { handle: async (_: unknown, handler: RowHandler) => void handlers.push(handler) },
    book: { ofPeer: () => partner, standing: () => ({ share: 1_000 }) },
    budgets: new PartnerBudgets(clock),
    sealed: { secret: async () => undefined },
    ownLog: { origin: 'own', state: () => ({ size: SIZE }) },
    entries: async function* (from: number, to: number) {
      looked.rounds += 1;
      looked.roundsMost = Math.max(looked.roundsMost, looked.rounds);
      try {
        for (let index = from; index < to; index++) {
          looked.entries += 1;
          yield { index, statementId: String(index) };
        }
      } finally {
        looked.rounds -= 1;
      }
    },
    clock,
    network: 'test',
  };
  await new QueryDesk(deps as unknown as QueryDeskDeps).start();
  const ask = async (from: number, signal = new AbortController().signal) => {
    const frames: ReturnType<typeof decodeOpeningFrame>[] = [];
    const send = async (bytes: Uint8Array) => void frames.push(decodeOpeningFrame(bytes));
    await handlers[1]!(encodeOpeningsRequest(from), peerIdFromString(PEER), send, signal);
    return frames;
  };
  return { ask, looked };
}

describe('openings for a partner', () => {
  it('are looked for in a part of the log at a time, and in all of it by who goes on', async () => {
    const { ask, looked } = await desk();
    assert.deepEqual(await ask(0), [{ next: ENTRIES_PER_ROUND_MAX }]);
    assert.equal(looked.entries, ENTRIES_PER_ROUND_MAX);
    let next = ENTRIES_PER_ROUND_MAX;
    while (next < SIZE) {
      const [frame] = await ask(next);
      assert.ok(frame !== undefined && 'next' in frame && frame.next > next);
      next = frame.next;
    }
    assert.equal(looked.entries, SIZE);
  });

  it('are looked for once at a time, however often a partner asks', async () => {
    const { ask, looked } = await desk();
    await Promise.all([ask(0), ask(0), ask(0)]);
    assert.equal(looked.roundsMost, 1);
  });

  it('are not looked for any longer than somebody waits', async () => {
    const { ask, looked } = await desk();
    await assert.rejects(ask(0, AbortSignal.abort()));
    assert.equal(looked.entries, 0);
  });
});

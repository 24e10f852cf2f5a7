// What a node fetches of a partner's openings: in the order of its log, as far as that is held here, and at little cost to the disk however the partner
// cuts it up.

import assert from 'node:assert/strict';
import { peerIdFromString } from '@libp2p/peer-id';
import { ENTRIES_PER_ROUND_MAX } from '../../../node/partners/limits.ts';
import { Openings, type OpeningsDeps } from '../../../node/partners/openings.ts';
import type { Partner } from '../../../node/partners/partner-book.ts';
import { decodeOpeningsRequest, encodeOpeningFrame, type OpeningFrame } from '../../../node/partners/wire.ts';
import { PEER, refused } from '../../support/agents.ts';

const opening = { disclosures: [], whole: null };
const at = (index: number): OpeningFrame => ({ index, statementId: `id ${index}`, opening });

/** A node that holds so much of its partner's log, none of it sealed, and what it asks for, looks at and writes. */
function rig(held: number, answer: (from: number) => OpeningFrame[]) {
  const asked: number[] = [];
  const written: number[] = [];
  const looked: number[] = [];
  let opened = { agreement: 'one', next: 0 };
  const openings = new Openings({
    host: { getPeers: () => [peerIdFromString(PEER)] },
    streams: {
      ask: async function* (_: unknown, __: unknown, bytes: Uint8Array) {
        asked.push(decodeOpeningsRequest(bytes));
        for (const frame of answer(asked.at(-1)!)) yield encodeOpeningFrame(frame);
      },
    },
    store: {
      state: () => ({ size: held }),
      record: async (_: string, index: number) => void looked.push(index),
      body: async () => undefined,
    },
    book: {
      change: async (_: string, change: { opened: typeof opened }) => {
        opened = change.opened;
        written.push(opened.next);
      },
    },
  } as unknown as OpeningsDeps);
  const fetch = (agreement = 'one') => {
    const taken = { agreement: { id: agreement } };
    return openings.fetch({ agent: 'partner', peers: [PEER], taken, opened } as unknown as Partner);
  };
  return { asked, fetch, looked, written };
}

describe('openings that are fetched', () => {
  it('of a long log are asked for round by round, and where it got to is written after each that is full', async () => {
    const { asked, fetch, written } = rig(20.5 * ENTRIES_PER_ROUND_MAX, (from) => [
      { next: from + ENTRIES_PER_ROUND_MAX },
    ]);
    await fetch();
    const positions = Array.from({ length: 21 }, (_, round) => round * ENTRIES_PER_ROUND_MAX);
    assert.deepEqual(asked, positions);
    assert.deepEqual(written, [...positions.slice(1), 20.5 * ENTRIES_PER_ROUND_MAX]);
    await fetch();
    assert.equal(asked.length, 21, 'nothing is left');
    await fetch('another');
    assert.deepEqual(asked.slice(21), positions, 'under another agreement other things may be open');
  });

  it('of a partner that goes on by single entries cost a bounded number of questions and one write', async () => {
    const { asked, fetch, written } = rig(10_000, (from) => [{ next: from + 1 }]);
    await fetch();
    assert.equal(asked.length, 17);
    assert.deepEqual(written, [17]);
    await fetch();
    assert.deepEqual([asked[17], written], [17, [17, 34]], 'the next time goes on from there');
  });

  it('that go nowhere, or back, are asked for once', async () => {
    for (const next of [0, -5]) {
      const { asked, fetch, written } = rig(10, () => [{ next }]);
      await fetch();
      assert.deepEqual([asked, written], [[0], []]);
    }
  });

  it('of a log that is longer there are looked at up to where it is held here, and not again', async () => {
    const { asked, fetch, looked, written } = rig(3, () => [at(0), at(2), at(3), at(4), { next: 5 }]);
    await fetch();
    assert.deepEqual([asked, looked, written], [[0], [0, 2], [3]]);
    await fetch();
    assert.equal(asked.length, 1);
  });

  it('are each looked at once, in the order of the log', async () => {
    for (const frames of [
      [at(1), at(1)],
      [at(4), at(2)],
    ]) {
      const { fetch, looked, written } = rig(10, () => [...frames, { next: 5 }]);
      await assert.rejects(fetch(), refused('DECODE_FAILED'));
      assert.deepEqual([looked.length, written], [1, []]);
    }
  });

  it('before a failure are not fetched again', async () => {
    const { asked, fetch, written } = rig(10, (from) => {
      if (from > 0) throw new Error('gone');
      return [{ next: 4 }];
    });
    await assert.rejects(fetch(), /gone/);
    assert.deepEqual([asked, written], [[0, 4], [4]]);
  });

  it('whose rounds are full of openings go on as long as they last', async () => {
    const step = 4_096;
    const { asked, fetch } = rig(40 * step, (from) => [
      ...Array.from({ length: step }, (_, n) => at(from + n)),
      { next: from + step },
    ]);
    await fetch();
    assert.equal(asked.length, 40);
  });
});

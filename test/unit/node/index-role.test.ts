// The own index follows the cards that the node knows: what is missing, outdated or gone is found by reconciliation, and how far
// the index is behind is a metric.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BookEntry, entryOf } from '../../../node/cards/card-book.ts';
import { IndexRole } from '../../../node/index-role/index-role.ts';
import { createMetrics } from '../../../node/metrics/index.ts';
import type { Rpc } from '../../../node/rpc/index.ts';
import { verifyCard } from '../../../protocol/card/index.ts';
import { DRAFT, makeAgent, makeCard } from '../../support/agents.ts';
import { eventually } from '../../support/cli.ts';
import { wordEmbedder } from '../../support/word-embedder.ts';

const QUIET = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

function entry(agent: number, name: string, sequence = 1): BookEntry {
  const envelope = makeCard(makeAgent(agent), {
    draft: { ...DRAFT, name },
    sequence,
    ...(sequence === 1 ? {} : { previous: null }),
  });
  return entryOf(verifyCard(envelope));
}

describe('the index of a node', () => {
  const home = mkdtempSync(join(tmpdir(), 'zs-role-'));
  after(() => rmSync(home, { recursive: true }));

  it('finds what is missing, outdated or gone, and says how far behind it is', async () => {
    let now = Date.parse('2026-03-01T00:00:00Z');
    let round = () => {};
    const metrics = createMetrics();
    let known = [entry(10, 'Alpha'), entry(20, 'Beta')];
    let hold: Promise<void> | undefined;
    const words = wordEmbedder();
    let warmed = 0;
    const role = new IndexRole({
      home,
      rpc: { handle: async () => {} } as unknown as Rpc,
      clock: {
        now: () => now,
        after: (_ms, run) => {
          round = run;
          return () => {};
        },
      },
      log: QUIET,
      network: 'test',
      metrics,
      region: undefined,
      cards: () => known,
      embedder: async () => ({
        ...words,
        warmUp: async () => {
          warmed += 1;
        },
        embedBatch: async (texts) => {
          await hold;
          return await words.embedBatch(texts);
        },
      }),
    });
    const best = async (text: string) => (await role.shortlist({ text, k: 3, filter: {} })).results;
    const shows = async (line: string) =>
      await eventually(line, 10_000, async () => (await metrics.render()).split('\n').includes(line));
    await role.start();
    assert.equal(warmed, 1, 'the first question need not wait for the weights');
    await eventually('the first cards', 10_000, async () => (role.stats().waiting === 0 ? true : undefined));
    await shows('zerostate_index_reconciled_total{kind="missing"} 2');

    // Nobody tells the index of these.
    known = [entry(10, 'Omega', 2), entry(30, 'Gamma')];
    let release = () => {};
    hold = new Promise((resolve) => {
      release = resolve;
    });
    round();
    await shows('zerostate_index_lag_cards 2');
    await shows('zerostate_index_reconciled_total{kind="gone"} 1');
    now += 7_000;
    role.offer(known[1]!);
    round();
    await shows('zerostate_index_lag_seconds 7');
    release();
    await eventually('the round', 10_000, async () => (role.stats().waiting === 0 ? true : undefined));
    const found = await best('Omega');
    assert.deepEqual(found.map(({ cardId }) => cardId).sort(), known.map(({ cardId }) => cardId).sort());
    await shows('zerostate_index_reconciled_total{kind="outdated"} 1');
    await shows('zerostate_index_lag_seconds 0');
    await role.stop();
  });
});

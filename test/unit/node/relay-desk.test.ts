// Whom a relay serves: nobody whom a proof stands against, nobody below an asked floor, nobody who owes more than its credit.

import assert from 'node:assert/strict';
import { NOTHING, type Tariff, under } from '../../../node/relaying/account.ts';
import { RelayDesk, type RelayDeskDeps } from '../../../node/relaying/relay-desk.ts';

function desk(
  change: { floor?: number; agents?: string[]; bad?: string[]; up?: bigint; paid?: bigint } = {},
) {
  const { agents = ['zs:a'], bad = [], floor = 0, paid = 0n, up = 0n } = change;
  const prices = [{ unit: 'byte', amount: '1', per: '10', currency: 'TEST' }];
  return new RelayDesk({
    usage: { of: (_: string, tariff: Tariff) => under({ ...NOTHING, up, paid }, tariff) },
    book: { get: () => ({ card: { prices } }) },
    residents: { of: () => agents },
    reputation: { gate: (agent: string) => ({ ok: !bad.includes(agent), detail: 'why' }) },
    vault: { list: () => [{ agentId: 'zs:relay' }] },
    log: { info: () => {} },
    metrics: { count: () => {} },
    floor,
    credit: 100n,
  } as unknown as RelayDeskDeps);
}

describe('node/relaying: whom a relay serves', () => {
  it('asks the standing of every agent of the peer', () => {
    assert.equal(desk().allows('p'), true);
    assert.equal(desk({ agents: ['zs:a', 'zs:b'], bad: ['zs:b'] }).allows('p'), false);
    assert.equal(desk({ agents: [] }).allows('p'), true);
    assert.equal(desk({ agents: [], floor: 0.5 }).allows('p'), false, 'nobody stands behind it');
  });

  it('connects nobody who owes more than the credit', () => {
    assert.equal(desk({ up: 1_000n }).allows('p'), true);
    assert.equal(desk({ up: 1_010n }).allows('p'), false);
    assert.equal(desk({ up: 1_010n, paid: 1n }).allows('p'), true);
    assert.equal(desk({ up: 1_005n }).bill('p').price, 101n, 'rounded up once');
  });
});

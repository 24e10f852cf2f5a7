// What a relay asks, as other nodes know it, and which relays a ceiling leaves: none whose price nobody
// here can say. And what is counted where a card has ended.

import assert from 'node:assert/strict';
import { FREE, NOTHING, type Tariff, under } from '../../../node/relaying/account.ts';
import { OwnCount, type OwnCountDeps } from '../../../node/relaying/own-count.ts';
import { guardPrice } from '../../../node/routing/guards.ts';
import { relayDraft } from '../../../node/routing/relay-card.ts';
import { Relays, type RelaysDeps } from '../../../node/routing/relays.ts';
import type { NeighbourView } from '../../../protocol/routing/index.ts';
import { plainHeader } from '../../support/forward-headers.ts';

const RELAY = '12D3KooWBLzTLbYrV8XEdyEUSbtvFjXYwS3FvsrBXZhYnGuAYyWy';
const EXIT = '12D3KooWAdhTvNVzEbiCFmrcSFZB8adRxLLKDWbSwNL6kydr9etP';
const NOW = Date.parse('2030-01-01T00:00:00Z');
const LATER = '2031-01-01T00:00:00Z';
const MIB = 1_048_576;

/** A card of a relay that asks so much for a MiB. */
const ferry = (pricePerMiB = 0n, expiresAt = LATER) => ({
  ...relayDraft({
    name: 'one',
    peerId: RELAY,
    region: '',
    backbone: true,
    streamsMax: 1,
    reservationsMax: 1,
    draining: false,
    neighbours: [],
    pricePerMiB,
    currency: 'TEST',
  }),
  expiresAt,
});
/** A card of another agent that prices bytes. */
const shop = (amount: number, currency = 'TEST', expiresAt = LATER) => ({
  prices: [{ unit: 'byte', amount: String(amount), per: String(MIB), currency }],
  expiresAt,
});

/** The relays of a node that knows one, by these cards of the agents of its node. */
function relaysBy(...cards: (object | undefined)[]): Relays {
  const deps = {
    host: { getConnections: () => [{ status: 'open', limits: undefined, rtt: 5 }] },
    directory: {
      nodes: () => [{ peerId: RELAY, region: '', roles: ['relay'] }],
      isFresh: () => true,
      get: () => undefined,
    },
    residents: { of: () => cards.map((_, at) => `zs:${at}`) },
    book: {
      get: (agentId: string) => {
        const card = cards[Number(agentId.slice(3))];
        return card === undefined ? undefined : { card };
      },
    },
    reputation: { of: () => ({ status: 'unproven', score: 0 }) },
    now: () => NOW,
  };
  return new Relays(deps as unknown as RelaysDeps);
}

/** What a sender with a ceiling makes of such a relay: the price that is weighed, or why it is left out. */
function underCeiling(relays: Relays, to = EXIT, currency = 'TEST'): bigint | string {
  const neighbours = relays.neighbours(undefined);
  const header = { ...plainHeader(to), priceCeiling: 50n, currency };
  const judged = guardPrice(header, { neighbours, guards: {} }, (id) => relays.asked(id));
  const [relay] = judged.neighbours as [NeighbourView];
  return relay.allowed === false ? judged.guards[RELAY]! : relay.pricePerMiB;
}

describe('what a relay asks', () => {
  it('is what any agent of its node asks for bytes, the dearest of them', () => {
    assert.equal(underCeiling(relaysBy(ferry(10n))), 10n);
    assert.equal(underCeiling(relaysBy(ferry(), shop(70))), 70n);
    assert.equal(underCeiling(relaysBy(shop(70), ferry(10n))), 70n);
    assert.equal(underCeiling(relaysBy(shop(5), ferry(10n))), 10n);
    assert.equal(underCeiling(relaysBy(ferry())), 0n);
    assert.equal(underCeiling(relaysBy(ferry()), EXIT, 'OTHER'), 0n, 'nothing is nothing in any currency');
  });

  it('is in no currency of a ceiling where it is in several', () => {
    assert.match(String(underCeiling(relaysBy(ferry(10n), shop(1, 'OTHER')))), /asks in TEST or OTHER/);
    assert.match(String(underCeiling(relaysBy(ferry(10n)), EXIT, 'OTHER')), /asks in TEST, .* in OTHER/);
  });

  it('is not what a card says that has ended', () => {
    const ended = '2030-01-01T00:00:00Z';
    assert.equal(underCeiling(relaysBy(ferry(10n), shop(70, 'TEST', ended))), 10n);
    assert.match(String(underCeiling(relaysBy(ferry(10n, ended)))), /not known/);
  });

  it('leaves out who has no card here, wherever there is a ceiling', () => {
    for (const cards of [[], [shop(1)], [undefined], [ferry(), undefined]])
      assert.match(String(underCeiling(relaysBy(...cards))), /not known/);
    const neighbours = relaysBy().neighbours(undefined);
    const judged = { neighbours, guards: {} };
    assert.deepEqual(
      guardPrice(plainHeader(EXIT), judged, () => undefined),
      judged,
      'and nobody where there is none',
    );
  });

  it('is nothing where it is the other end', () => {
    assert.equal(underCeiling(relaysBy(), RELAY), 0n);
    assert.equal(underCeiling(relaysBy(ferry(70n)), RELAY), 0n);
  });
});

describe('what is counted of a relay whose card has ended', () => {
  it('is for nothing from then on, also where its price was remembered', () => {
    const ended = new Date(NOW).toISOString();
    const tariff = { amount: '1', per: String(MIB), currency: 'TEST' };
    let now = 0;
    const booked: Tariff[] = [];
    const count = new OwnCount({
      book: {
        of: () => ({ seller: undefined, account: under(NOTHING, tariff) }),
        used: (_: string, __: object, asked: Tariff) => booked.push(asked),
      },
      cards: { get: () => ({ card: shop(1, 'TEST', ended) }), listen: () => {} },
      residents: { of: () => ['zs:relay'] },
      clock: { now: () => now },
    } as unknown as OwnCountDeps);
    for (const at of [NOW - 2, NOW - 1, NOW, NOW + 1]) {
      now = at;
      count.add('relay', 1, 0);
      count.of('relay');
    }
    assert.deepEqual(booked, [tariff, tariff, FREE, FREE]);
  });
});

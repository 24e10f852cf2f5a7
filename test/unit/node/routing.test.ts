// What a node makes of the words of relays: cards and link reports are checked, and nobody can speak for another or claim a peer.

import assert from 'node:assert/strict';
import { createMetrics } from '../../../node/metrics/index.ts';
import { signLinkReport, verifyLinkReport } from '../../../node/routing/link-report.ts';
import { RELAY_EXTENSION, relayDraft, termsOf } from '../../../node/routing/relay-card.ts';
import { Reports } from '../../../node/routing/reports.ts';
import { RouteDesk } from '../../../node/routing/route-desk.ts';
import { STREAMS_KEPT_MAX, StreamBook } from '../../../node/routing/stream-book.ts';
import type { AgentCard } from '../../../protocol/card/index.ts';
import { publicKeyOfSeed } from '../../../protocol/crypto/index.ts';
import { isZeroError } from '../../../protocol/errors/index.ts';
import { peerIdOfKey } from '../../../protocol/log/index.ts';
import type { Decision, LinkReport, RoutingEvent } from '../../../protocol/routing/index.ts';

const seed = (byte: number) => new Uint8Array(32).fill(byte);
const peerOf = (byte: number) => peerIdOfKey(publicKeyOfSeed(seed(byte)));
const [SELF, RELAY, OTHER, PEER] = [1, 2, 3, 4].map(peerOf) as [string, string, string, string];

const report = (change: Partial<LinkReport> = {}): LinkReport => ({
  author: RELAY,
  sequence: 7n,
  region: 'north',
  links: [{ to: OTHER, costMs: 12.5 }],
  ...change,
});

function codeOf(run: () => unknown): string {
  try {
    run();
    return 'accepted';
  } catch (error) {
    return isZeroError(error) ? error.code : String(error);
  }
}

/** The reports of this node, which knows no relay. */
const makeReports = (now: () => number): Reports =>
  new Reports({
    self: SELF,
    seed: seed(1),
    relays: { exitsOf: () => [], get: () => ({}) as never, region: () => '' },
    now,
    observe: () => {},
  });

describe('relay cards', () => {
  const offer = {
    name: 'one',
    peerId: RELAY,
    region: 'north',
    backbone: true,
    streamsMax: 512,
    reservationsMax: 256,
    draining: false,
    neighbours: [{ peer: OTHER, rttMs: 20 }],
    pricePerMiB: 2_000n,
    currency: 'TEST',
  };

  it('say what the relay offers, and speak for their own node alone', () => {
    const card = relayDraft(offer) as AgentCard;
    const { name: _, peerId: __, region: ___, ...terms } = offer;
    assert.deepEqual(termsOf(card, RELAY), terms);
    assert.equal(termsOf(card, OTHER), undefined);
  });

  it('are nothing when their extension is nonsense', () => {
    const card = relayDraft(offer) as AgentCard;
    const good = card.extensions![RELAY_EXTENSION] as Record<string, never>;
    for (const bad of [
      'text',
      [],
      null,
      { ...good, streamsMax: -1 },
      { ...good, backbone: 'yes' },
      { ...good, neighbours: Array(17).fill({ peer: OTHER, rttMs: 1 }) },
    ])
      assert.equal(termsOf({ ...card, extensions: { [RELAY_EXTENSION]: bad as never } }, RELAY), undefined);
  });

  it('round a price for other amounts of bytes up to a MiB', () => {
    const card = {
      ...relayDraft(offer),
      prices: [{ unit: 'byte', amount: '1', per: '1000', currency: 'TEST' }],
    };
    assert.equal(termsOf(card as unknown as AgentCard, RELAY)?.pricePerMiB, 1_049n);
  });
});

describe('link reports', () => {
  it('are read back as they were signed, and refused when anybody else signed or changed them', () => {
    const bytes = signLinkReport(report(), seed(2));
    assert.deepEqual(verifyLinkReport(bytes), report());
    assert.equal(
      codeOf(() => verifyLinkReport(signLinkReport(report(), seed(3)))),
      'SIGNATURE_INVALID',
    );
    for (let at = 0; at < bytes.length; at += 17) {
      const changed = Uint8Array.from(bytes);
      changed[at]! ^= 1;
      // What names the key in the envelope is a hint, which nobody signs: such a change changes nothing that is said.
      if (codeOf(() => verifyLinkReport(changed)) === 'accepted')
        assert.deepEqual(verifyLinkReport(changed), report(), `byte ${at}`);
    }
    assert.equal(
      codeOf(() => verifyLinkReport(new Uint8Array(20_000))),
      'DECODE_FAILED',
    );
  });

  it('name a relay’s own links; where a peer can be reached, only that peer says', () => {
    const told: RoutingEvent[] = [];
    let exits = [{ relay: OTHER, rttMs: 5 as number | null }];
    const reports = new Reports({
      self: SELF,
      seed: seed(1),
      relays: { exitsOf: () => exits, get: () => ({}) as never, region: () => 'north' },
      now: () => 1_000,
      observe: (event) => told.push(event),
    });
    reports.wanted(PEER);
    const last = () => (told.at(-1) as { report: LinkReport }).report;
    assert.deepEqual(last().links, [{ to: PEER, costMs: 5 }]);
    assert.equal(last().author, OTHER);
    // A signed report of another relay adds its links, and not the peer.
    assert.equal(reports.take(signLinkReport(report(), seed(2)), OTHER), true);
    assert.deepEqual(last().links, report().links);
    assert.equal(reports.take(signLinkReport(report(), seed(2)), OTHER), false, 'seen before');
    assert.equal(reports.take(signLinkReport(report({ sequence: 6n }), seed(2)), OTHER), false, 'older');
    // The peer moves: the relay that it left loses it.
    exits = [{ relay: RELAY, rttMs: null }];
    reports.refresh(2_000);
    const by = (author: string) =>
      (
        told.findLast((event) => event.kind === 'reported' && event.report.author === author) as {
          report: LinkReport;
        }
      ).report.links;
    assert.deepEqual(by(OTHER), []);
    assert.equal(by(RELAY).at(-1)?.to, PEER);
  });

  it('prefer no last link that a peer has not measured to those that it has', () => {
    const told: RoutingEvent[] = [];
    const reports = new Reports({
      self: SELF,
      seed: seed(1),
      relays: {
        exitsOf: () => [
          { relay: RELAY, rttMs: 90 },
          { relay: OTHER, rttMs: null },
        ],
        get: () => ({}) as never,
        region: () => 'north',
      },
      now: () => 1_000,
      observe: (event) => told.push(event),
    });
    reports.wanted(PEER);
    const costs = told.flatMap((event) => (event.kind === 'reported' ? event.report.links : []));
    assert.deepEqual(
      costs.map(({ costMs }) => costMs),
      [90, 90],
    );
  });

  it('of authors that nobody knows as relays are neither believed nor passed on', () => {
    const told: RoutingEvent[] = [];
    const known = new Set([RELAY]);
    const reports = new Reports({
      self: SELF,
      seed: seed(1),
      relays: {
        exitsOf: () => [],
        get: (peer) => (known.has(peer) ? ({} as never) : undefined),
        region: () => '',
      },
      now: () => 1_000,
      observe: (event) => told.push(event),
    });
    reports.read(PEER);
    assert.equal(reports.take(signLinkReport(report({ author: OTHER }), seed(3)), RELAY), false);
    assert.deepEqual([reports.list().length, told.length, reports.drain(100_000).size], [0, 0, 0]);
    known.add(OTHER);
    assert.equal(reports.take(signLinkReport(report({ author: OTHER, sequence: 8n }), seed(3)), RELAY), true);
  });

  it('tell another policy all that is held', () => {
    const told: RoutingEvent[] = [];
    const reports = new Reports({
      self: SELF,
      seed: seed(1),
      relays: { exitsOf: () => [{ relay: OTHER, rttMs: 5 }], get: () => ({}) as never, region: () => '' },
      now: () => 1_000,
      observe: (event) => told.push(event),
    });
    reports.own(report({ author: SELF }));
    reports.take(signLinkReport(report(), seed(2)), RELAY);
    reports.wanted(PEER);
    told.length = 0;
    reports.retell();
    const authors = told.map((event) => (event.kind === 'reported' ? event.report.author : ''));
    assert.deepEqual(authors.sort(), [RELAY, OTHER].sort());
  });

  it('are handed to each reader once, the newest of each author, and never back to where they came from', () => {
    const reports = makeReports(() => 1_000);
    reports.read(OTHER);
    reports.read(RELAY);
    reports.own(report({ author: SELF }));
    reports.own(report({ author: SELF, sequence: 8n, links: [{ to: OTHER, costMs: 80 }] }));
    reports.take(signLinkReport(report(), seed(2)), RELAY);
    const batches = reports.drain(100_000);
    assert.equal(batches.get(OTHER)?.length, 2);
    assert.equal(batches.get(RELAY)?.length, 1);
    assert.equal(verifyLinkReport(batches.get(RELAY)![0]!).sequence, 8n);
    assert.equal(reports.drain(100_000).size, 0);
  });

  it('of a relay reach those that are connected with it from itself, now and then from whoever has them, and others always', () => {
    let now = 0;
    const reports = makeReports(() => now);
    for (const reader of [OTHER, PEER]) reports.read(reader);
    const linked = (to: string): string[] => {
      now += 3_000;
      const said = report({ links: [{ to, costMs: 12.5 }], sequence: BigInt(now) });
      reports.take(signLinkReport(said, seed(2)), RELAY);
      return [...reports.drain(100_000).keys()];
    };
    assert.deepEqual(linked(OTHER), [OTHER, PEER], 'the first');
    assert.deepEqual(linked(OTHER), [PEER]);
    assert.deepEqual(linked(OTHER), [OTHER, PEER], 'they may hear nothing of each other without knowing');
    assert.deepEqual(linked(OTHER), [PEER]);
    // It says itself that the two are not connected.
    assert.deepEqual(
      [linked(SELF), linked(SELF)],
      [
        [OTHER, PEER],
        [OTHER, PEER],
      ],
    );
  });

  it('of this node are signed where they say something new, and else every three seconds', () => {
    let now = 1_000;
    const reports = makeReports(() => now);
    const kept = (costs: readonly number[]) =>
      costs.map((costMs) => {
        now += 1_000;
        reports.own(report({ author: SELF, sequence: BigInt(now), links: [{ to: RELAY, costMs }] }));
        return (now - Number(reports.list()[0]!.sequence)) / 1_000;
      });
    assert.deepEqual(kept([12, 12, 13, 12, 90, 91, 12]), [0, 1, 2, 0, 0, 1, 0]);
  });

  it('are passed on at once where they say something new, and else every three seconds', () => {
    let now = 1_000;
    const reports = makeReports(() => now);
    reports.read(OTHER);
    let sequence = 10n;
    // A link that costs so much, a second later: when was that passed on?
    const passed = (costs: readonly number[]): number[] =>
      costs.flatMap((costMs, at) => {
        now += 1_000;
        sequence += 1n;
        reports.own(report({ author: SELF, sequence, links: [{ to: RELAY, costMs }] }));
        return reports.drain(100_000).has(OTHER) ? [at] : [];
      });
    assert.deepEqual(passed([12, 13, 11, 14, 25, 12]), [0, 3], 'nothing is wrong');
    assert.deepEqual(passed([120, 130, 125, 12]), [0, 3], 'it was slow for three seconds');
    assert.deepEqual(passed([22, 33, 34]), [1], 'it becomes slow bit by bit');
  });

  it('are not sent to who has passed the same on', () => {
    const reports = makeReports(() => 1_000);
    for (const reader of [OTHER, PEER]) reports.read(reader);
    const bytes = signLinkReport(report(), seed(2));
    assert.deepEqual([reports.take(bytes, OTHER), reports.take(bytes, PEER)], [true, false]);
    assert.equal(reports.drain(100_000).size, 0);
  });
});

describe('the book of streams', () => {
  const nameOf = (n: number) => n.toString(16).padStart(32, '0');
  const line = (n: number, from = SELF) => ({
    id: nameOf(n),
    from,
    to: PEER,
    slaClass: 'standard',
    region: '',
    guild: '',
    ceiling: '',
    trace: '',
    via: [],
    startedAt: n,
  });

  it('keeps the lines of each hop, whatever names the others choose', () => {
    const book = new StreamBook();
    const mine = book.begin(line(7));
    mine.path = [RELAY];
    const theirs = book.begin(line(7, OTHER));
    book.end(theirs, 8, new Error('refused'));
    assert.deepEqual(book.get(nameOf(7)), [theirs, mine]);
    assert.deepEqual(book.get(nameOf(7).slice(0, 30)), [theirs, mine]);
    assert.deepEqual(book.get('f'), []);
    // A retry is the same hop's.
    const again = book.begin(line(7));
    assert.deepEqual(book.get(nameOf(7)), [again, theirs]);
  });

  it('forgets first what comes of a hop that has most refused', () => {
    const book = new StreamBook();
    const mine = book.begin(line(1));
    book.end(mine, 2);
    for (let n = 2; n < 3 * STREAMS_KEPT_MAX; n++) book.end(book.begin(line(n, OTHER)), n, new Error('full'));
    assert.deepEqual(book.get(nameOf(1)), [mine]);
    assert.equal(book.list(2 * STREAMS_KEPT_MAX).length, STREAMS_KEPT_MAX);
  });

  it('forgets the oldest that has ended, and keeps count of those that are open', () => {
    const book = new StreamBook();
    const begin = (n: number) => book.begin(line(n));
    const kept = begin(0);
    for (let n = 1; n <= STREAMS_KEPT_MAX; n++) book.end(begin(n), n);
    assert.equal(book.open, 1);
    assert.deepEqual(book.get(kept.id), [kept]);
    assert.equal(book.list(2 * STREAMS_KEPT_MAX).length, STREAMS_KEPT_MAX);
    assert.deepEqual(book.get(nameOf(1)), []);
    kept.attempts.push({ decision: {} as Decision, guards: {}, around: [], tookMs: 1 });
    book.end(kept, 9, new Error('gone'));
    book.end(kept, 10);
    assert.deepEqual([kept.state, kept.error, book.open], ['refused', 'gone', 0]);
  });
});

describe('what was learned of routes', () => {
  it('is said to be unreadable where the database does not give it, and nothing is made of it', async () => {
    const said: unknown[] = [];
    const failed = new Error('EIO');
    const restored: unknown[] = [];
    const desk = new RouteDesk({
      clock: { now: () => 1 },
      log: { warn: (fields: unknown) => said.push(fields) },
      db: { part: () => ({ get: async () => Promise.reject(failed) }) },
      policy: { name: 'nearest', restore: (bytes: unknown) => restored.push(bytes) },
    } as never);
    await desk.load();
    assert.deepEqual([said, restored], [[{ err: failed, policy: 'nearest' }], []]);
  });
});

describe('what is measured of neighbours', () => {
  it('is shown while they are connected, and no longer: a relay that has left is neither near nor lossless', async () => {
    const measured = { rttMs: 20 as number | undefined, loss: 0.5, inFlight: 1 };
    const relay = { connected: true, entry: { peerId: RELAY }, measured };
    const metrics = createMetrics();
    const desk = new RouteDesk({
      metrics,
      clock: { now: () => 0 },
      policy: { observe: () => {}, tick: () => [] },
      relays: { list: () => [relay], neighbours: () => [] },
      reports: { refresh: () => {} },
    } as never);
    const shown = async () => {
      desk.tick();
      const series = /^zerostate_relay_neighbour_(\w+)\{neighbour="(\w+)"\} (\S+)$/gm;
      return [...(await metrics.render()).matchAll(series)].map(([, name, of, value]) => [name, of, value]);
    };
    const [rtt, ...others] = [
      ['rtt_seconds', RELAY, '0.02'],
      ['loss', RELAY, '0.5'],
      ['in_flight', RELAY, '1'],
    ];
    assert.deepEqual(new Set(await shown()), new Set([rtt, ...others]));
    relay.connected = false;
    assert.deepEqual(await shown(), []);
    relay.connected = true;
    measured.rttMs = undefined;
    assert.deepEqual(new Set(await shown()), new Set(others), 'nothing is said of what was not measured');
  });
});

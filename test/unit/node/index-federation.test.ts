// Which indexes are asked, how their answers become one, and how an index that hides cards is noticed.

import assert from 'node:assert/strict';
import type { BookEntry } from '../../../node/cards/card-book.ts';
import { IndexAudit } from '../../../node/find/index-audit.ts';
import { type IndexNode, planIndexes } from '../../../node/find/index-plan.ts';
import type { Shortlist, ShortlistRequest } from '../../../node/find/schema.ts';
import { ShortlistClient } from '../../../node/find/shortlist-client.ts';
import { createMetrics } from '../../../node/metrics/index.ts';
import { isZeroError, ZeroError } from '../../../protocol/errors/index.ts';

const QUIET = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

function node(name: string, over: Partial<IndexNode> = {}): IndexNode {
  return { peerId: name, name, region: 'eu', roles: ['index'], rttMs: 10, suspicion: 0, ...over };
}

const names = (slots: ReturnType<typeof planIndexes>) =>
  slots.map(({ region, candidates }) => [region, candidates.map(({ name }) => name)]);

describe('the plan of indexes', () => {
  const none = () => [];
  it('asks one index that covers everything, the nearest first', () => {
    const plan = planIndexes(
      [node('far', { rttMs: 80 }), node('near', { rttMs: 2 }), node('new', { rttMs: null })],
      undefined,
      none,
    );
    assert.deepEqual(names(plan), [[null, ['near', 'far', 'new']]]);
  });
  it('asks a suspicious index last', () => {
    const plan = planIndexes(
      [node('liar', { rttMs: 1, suspicion: 0.5 }), node('honest', { rttMs: 90, suspicion: 0.1 })],
      undefined,
      none,
    );
    assert.deepEqual(names(plan), [[null, ['honest', 'liar']]]);
  });
  it('covers each region by its shards, and names a region that has none', () => {
    const shard = (name: string, region: string) => node(name, { roles: ['index-shard'], region });
    const plan = planIndexes([shard('a', 'eu'), shard('b', 'us'), shard('c', 'us')], undefined, () => [
      'eu',
      'asia',
    ]);
    assert.deepEqual(names(plan), [
      ['asia', []],
      ['eu', ['a']],
      ['us', ['b', 'c']],
    ]);
  });
  it('for one region takes its shards and those that cover everything', () => {
    const plan = planIndexes(
      [
        node('all', { rttMs: 5 }),
        node('eu', { roles: ['index-shard'], rttMs: 9 }),
        node('us', { roles: ['index-shard'], region: 'us', rttMs: 1 }),
      ],
      'eu',
      none,
    );
    assert.deepEqual(names(plan), [['eu', ['all', 'eu']]]);
  });
});

describe('the shortlist of several shards', () => {
  const request: ShortlistRequest = { text: 'x', k: 3, filter: {} };
  const answer = (embedder: string, ...hits: [string, number][]): Shortlist => ({
    embedder,
    mode: 'exact',
    results: hits.map(([agentId, score]) => ({ agentId, cardId: `${agentId}-card`, score })),
  });

  type Given = Shortlist | Error | Promise<Shortlist> | (() => Shortlist);
  // Time passes at once, so that whoever can be overtaken is.
  const clock = {
    now: () => 0,
    after(_: number, run: () => void) {
      const soon = setImmediate(run);
      return () => clearImmediate(soon);
    },
  };

  function client(
    answers: Record<string, Given>,
    regions: string[] = [],
    {
      roles = ['index-shard'],
      suspicion = (_: string): number => 0,
      waits = [] as number[],
      search = async () => {},
      isFresh = (): boolean => true,
    } = {},
  ) {
    const nodes = Object.keys(answers).map((name) => ({
      ...node(name, { roles, region: name }),
      roles,
      addresses: [],
      links: [],
      version: '',
      issuedAtMs: 0,
      heardAtMs: 0,
      type: 'NodeAnnouncement' as const,
      log: { size: 0, root: '' },
    }));
    const self = { ...nodes[0]!, peerId: 'self', roles: ['edge'] };
    return new ShortlistClient({
      ask: async (peer, _request, timeoutMs) => {
        waits.push(timeoutMs);
        const given = answers[peer];
        if (given instanceof Error) throw given;
        return typeof given === 'function' ? given() : await (given as Shortlist);
      },
      directory: { nodes: () => nodes, self: () => self, isFresh },
      clock,
      log: QUIET,
      own: undefined,
      regions: () => regions,
      suspicion,
      providers: { nodes: () => [], search, failed: () => {} },
    });
  }

  it('merges by score and id, and counts a card once', async () => {
    const merged = await client({
      eu: answer('e', ['a', 0.5], ['b', 0.9]),
      us: answer('e', ['c', 0.7], ['a', 0.6]),
    }).ask(request);
    assert.deepEqual(
      merged.results.map(({ agentId, score }) => [agentId, score]),
      [
        ['b', 0.9],
        ['c', 0.7],
        ['a', 0.6],
      ],
    );
    assert.deepEqual(merged.missing, []);
  });
  it('names the region that did not answer', async () => {
    const merged = await client({ eu: answer('e', ['a', 0.5]), us: new Error('down') }, ['asia']).ask(
      request,
    );
    assert.deepEqual(merged.missing.sort(), ['region asia', 'region us']);
  });
  it('refuses scores of another embedder, and says which', async () => {
    const merged = await client({
      eu: answer('e', ['a', 0.5]),
      us: answer('e', ['b', 0.4]),
      asia: answer('other', ['c', 0.99]),
    }).ask(request);
    assert.deepEqual(
      merged.results.map(({ agentId }) => agentId),
      ['a', 'b'],
    );
    assert.deepEqual(merged.missing, ['asia (embedder other)']);
  });
  it('asks the next index beside one that takes long, but none that is not trusted', async () => {
    const never = new Promise<Shortlist>(() => {});
    const roles = ['index'];
    const quick = answer('e', ['a', 0.5]);
    const { from } = await client({ a: never, b: quick }, [], { roles }).ask(request);
    assert.deepEqual(from, ['b']);
    let late = (_: Shortlist) => {};
    const slow = new Promise<Shortlist>((resolve) => {
      late = resolve;
    });
    const suspicion = (peer: string) => (peer === 'b' ? 1 : 0);
    const asked = client({ a: slow, b: quick }, [], { roles, suspicion }).ask(request);
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    late(quick);
    assert.deepEqual((await asked).from, ['a']);
  });
  it('gives the only index that there is the time of all', async () => {
    const found = answer('e', ['a', 0.5]);
    const waits: number[] = [];
    await client({ eu: found }, [], { roles: ['index'], waits }).ask(request);
    await client({ eu: found, us: found }, [], { roles: ['index'], waits }).ask(request);
    await client({ eu: found, us: found }, [], { waits }).ask(request);
    assert.deepEqual(waits, [4_500, 1_500, 1_500, 1_500]);
  });
  it('asks the only index again when it was lost at once, and one that refuses only once', async () => {
    const failing = (code: 'PEER_UNREACHABLE' | 'BUSY', times: number) => {
      let asked = 0;
      return {
        ask: () => {
          asked += 1;
          if (asked <= times) throw new ZeroError(code, 'not now');
          return answer('e', ['a', 0.5]);
        },
        asked: () => asked,
      };
    };
    const once = failing('PEER_UNREACHABLE', 1);
    const roles = ['index'];
    assert.equal((await client({ eu: once.ask }, [], { roles }).ask(request)).results.length, 1);
    for (const [code, most] of [
      ['PEER_UNREACHABLE', 2],
      ['BUSY', 1],
    ] as const) {
      const never = failing(code, 9);
      await assert.rejects(client({ eu: never.ask }, [], { roles }).ask(request));
      assert.equal(never.asked(), most, code);
    }
    // Where there is another one, that one is asked.
    const lost = failing('PEER_UNREACHABLE', 1);
    const other = client({ a: lost.ask, b: answer('e', ['b', 0.5]) }, [], { roles });
    assert.deepEqual((await other.ask(request)).from, ['b']);
    assert.equal(lost.asked(), 1);
  });
  it('asks an index that was not heard of for long rather than nobody', async () => {
    let searches = 0;
    const search = async () => {
      searches += 1;
    };
    const options = { roles: ['index'], isFresh: () => false, search };
    const { from } = await client({ eu: answer('e', ['a', 0.5]) }, [], options).ask(request);
    assert.deepEqual([from, searches], [['eu'], 1]);
  });
  it('fails when nobody answers', async () => {
    await assert.rejects(
      client({ eu: new Error('down') }).ask(request),
      (error) => isZeroError(error) && error.code === 'NO_INDEX',
    );
  });
});

describe('the audit of indexes', () => {
  const cards = ['a', 'b', 'c'].map(
    (agentId) =>
      ({
        agentId,
        cardId: `${agentId}-card`,
        card: {
          name: agentId,
          description: `what ${agentId} does`,
          capabilities: [],
          tags: [],
          region: 'eu',
          issuedAt: '2026-01-01T00:00:00Z',
          expiresAt: '2026-12-01T00:00:00Z',
        },
      }) as unknown as BookEntry,
  );
  const clock = { now: () => Date.parse('2026-06-01T00:00:00Z'), after: () => () => {} };

  const reported: string[] = [];
  beforeEach(() => reported.splice(0));

  /** `score` is what the index says of every card that it answers; the true one is 0.6 for each. */
  function audit(
    results: (request: ShortlistRequest) => string[],
    { known = cards, score = 1, lot = 0.4 } = {},
  ) {
    return new IndexAudit({
      ask: async (_peer, request) => ({
        embedder: 'e',
        mode: 'exact',
        results: results(request).map((agentId) => ({ agentId, cardId: agentId, score })),
      }),
      nodes: () => [node('index')],
      cards: () => known,
      clock,
      log: QUIET,
      metrics: createMetrics(),
      random: () => lot,
      trueScore: async () => ({ cosine: 0.6, low: 0.599, high: 0.601 }),
      onUntrusted: (peer, what) => reported.push(`${peer}: ${what}`),
    });
  }

  it('believes an index that has the cards, and suspects one that leaves them out again and again', async () => {
    const honest = audit(() => ['a', 'b', 'c']);
    const liar = audit(() => ['a', 'c']);
    for (let round = 0; round < 4; round++) {
      await honest.round();
      await liar.round();
      // Two checks are no proof of anything.
      if (round === 1) assert.equal(liar.suspicion('index'), 0);
    }
    assert.equal(honest.suspicion('index'), 0);
    assert.equal(liar.suspicion('index'), 1);
    assert.deepEqual(reported, Array(2).fill('index: it left out cards, the last of them b-card'));
  });
  it('blames nobody who has twenty others that read as near, and who has twenty that read less near', async () => {
    const twenty = Array.from({ length: 20 }, (_, i) => `other-${i}`);
    const crowded = audit(() => twenty, { score: 0.7 });
    const hiding = audit(() => twenty, { score: 0.5 });
    for (let round = 0; round < 4; round++) {
      await crowded.round();
      await hiding.round();
    }
    assert.equal(crowded.suspicion('index'), 0);
    assert.equal(hiding.suspicion('index'), 1);
  });
  it('tries an index with questions that were asked here, which it cannot tell from others', async () => {
    const texts: string[] = [];
    const hides = (request: ShortlistRequest) => {
      texts.push(request.text);
      return request.text === 'who does what b does?' ? ['a', 'c'] : ['a', 'b', 'c'];
    };
    const liar = audit(hides, { lot: 0.4 });
    liar.noteAnswer('who does what b does?', { region: 'eu' }, [cards[1]!]);
    for (let round = 0; round < 3; round++) await liar.round();
    assert.deepEqual(texts, Array(3).fill('who does what b does?'));
    assert.equal(liar.suspicion('index'), 1);
    // A card that has changed since is no sample.
    const other = audit(hides);
    other.noteAnswer('who does what b does?', { region: 'eu' }, [{ ...cards[1]! }]);
    await other.round();
    assert.notEqual(texts.at(-1), 'who does what b does?');
  });
  it('tries a shard with the cards of its region, and with no others', async () => {
    const asked: string[] = [];
    const shard = (region: string) =>
      new IndexAudit({
        ask: async (peer) => {
          asked.push(peer);
          return { embedder: 'e', mode: 'exact', results: [] };
        },
        nodes: () => [node(region, { roles: ['index-shard'], region })],
        cards: () => cards,
        clock,
        log: QUIET,
        metrics: createMetrics(),
        trueScore: async () => undefined,
      });
    await shard('us').round();
    await shard('eu').round();
    assert.deepEqual(asked, ['eu']);
  });
  it('blames nobody for a card that is too young', async () => {
    const young = cards.map(
      (entry) => ({ ...entry, card: { ...entry.card, issuedAt: '2026-05-31T23:59:30Z' } }) as BookEntry,
    );
    const patient = audit(() => [], { known: young });
    for (let round = 0; round < 4; round++) await patient.round();
    assert.equal(patient.suspicion('index'), 0);
  });
});

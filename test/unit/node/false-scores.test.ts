// An index that makes up scores: its claims are replaced by what was computed here, it loses trust, and another one is asked.

import assert from 'node:assert/strict';
import { cardText, type Embedder, scoreBounds } from '../../../index-service/index.ts';
import { type BookEntry, entryOf } from '../../../node/cards/card-book.ts';
import { FindService } from '../../../node/find/find-service.ts';
import { IndexAudit } from '../../../node/find/index-audit.ts';
import { allowAll, type DiscoveryPolicy } from '../../../node/find/policy.ts';
import type { Shortlist, ShortlistRequest } from '../../../node/find/schema.ts';
import { ScoreCheck, scoreWaitMs } from '../../../node/find/score-check.ts';
import { ShortlistClient } from '../../../node/find/shortlist-client.ts';
import { createMetrics } from '../../../node/metrics/index.ts';
import { verifyCard } from '../../../protocol/card/index.ts';
import { DRAFT, makeAgent, makeCard } from '../../support/agents.ts';
import { HandClock } from '../../support/hand-clock.ts';
import { wordEmbedder } from '../../support/word-embedder.ts';

const QUIET = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const NOW = Date.parse('2026-03-01T06:00:00Z');
const TEXT = 'bells of churches';

function entry(agent: number, name: string, description: string): BookEntry {
  const draft = {
    ...DRAFT,
    name,
    description,
    capabilities: [{ name: 'do', description, tags: [] }],
    tags: [],
  };
  return entryOf(verifyCard(makeCard(makeAgent(agent), { draft })));
}

const cards = [
  entry(10, 'Bell Founder', 'Casts bells of churches.'),
  entry(20, 'Bell Tuner', 'Tunes bells of old churches and halls.'),
  entry(30, 'Liar’s friend', 'Sells shoes.'),
];
const [founder, tuner, friend] = cards as [BookEntry, BookEntry, BookEntry];
const words = wordEmbedder();

async function trueScore({ card }: BookEntry, asked = TEXT): Promise<number> {
  const text = cardText(card);
  const [query, vector] = await words.embedBatch([asked, text]);
  return scoreBounds({ text: asked, vector: query! }, { text, vector: vector! }).cosine;
}

type Scores = Partial<Record<string, number>>;

/** An edge that knows some indexes, each with the scores that it adds to or puts in place of the true ones. */
function edge(
  indexes: Record<string, { scores?: Scores; rough?: boolean; embedder?: string }>,
  options: { embedder?: Embedder; waitMs?: number; policy?: DiscoveryPolicy; proposed?: string } = {},
) {
  const asked: string[] = [];
  const lookups: string[] = [];
  const nodes = Object.keys(indexes).map((name, i) => ({
    type: 'NodeAnnouncement' as const,
    peerId: name,
    name,
    region: 'eu-west',
    roles: ['index'],
    addresses: [],
    version: '',
    links: [],
    log: { size: 0, root: '' },
    issuedAtMs: 0,
    heardAtMs: i,
  }));
  const self = {
    ...nodes[0]!,
    peerId: 'self',
    roles: ['edge'],
    // The liar is always the nearest.
    links: nodes.map(({ peerId }, i) => ({ peer: peerId, rttMs: i })),
  };
  const ask = async (peer: string, { text }: ShortlistRequest): Promise<Shortlist> => {
    asked.push(peer);
    const { scores = {}, rough, embedder = words.id } = indexes[peer]!;
    const results = await Promise.all(
      cards.map(async (card) => ({
        agentId: card.agentId,
        cardId: options.proposed ?? card.cardId,
        score: scores[card.card.name] ?? (await trueScore(card, text)),
      })),
    );
    return { embedder, mode: 'exact', results, ...(rough === undefined ? {} : { rough }) };
  };
  const timers: NodeJS.Timeout[] = [];
  const clock = {
    now: () => NOW,
    after: (ms: number, run: () => void) => {
      const timer = setTimeout(run, ms);
      timers.push(timer);
      return () => clearTimeout(timer);
    },
  };
  const metrics = createMetrics();
  const audit: IndexAudit = new IndexAudit({
    ask,
    nodes: () => [],
    cards: () => cards,
    trueScore: async () => undefined,
    clock,
    log: QUIET,
    metrics,
  });
  const shortlists = new ShortlistClient({
    ask,
    directory: { nodes: () => nodes, self: () => self, isFresh: () => true },
    clock,
    log: QUIET,
    own: undefined,
    regions: () => [],
    suspicion: (peer) => audit.suspicion(peer),
    providers: { nodes: () => [], search: async () => {}, failed: () => {} },
  });
  const scores = new ScoreCheck({
    log: QUIET,
    metrics,
    clock,
    onFalse: (peer) => audit.noteFalseScore(peer),
    borrow: async () => ({ embedder: options.embedder ?? words, release: async () => {} }),
    waitMs: options.waitMs ?? 5_000,
  });
  const known = new Map<string, BookEntry>(cards.map((card) => [card.agentId, card]));
  const find = new FindService({
    reputation: { gate: () => ({ ok: true, detail: 'not judged here' }) },
    shortlists,
    scores,
    policy: options.policy ?? allowAll,
    quarantined: () => undefined,
    cards: {
      known: (id: string) => known.get(id),
      lookup: async (id: string) => void lookups.push(id),
    } as never,
    revocations: { verdict: () => ({ state: 'clear', detail: 'none', revoked: null }) } as never,
    clock,
    metrics,
    self: 'self',
    minScore: 0.1,
  });
  return { find, audit, asked, metrics, lookups };
}

const names = (results: { name: string }[]) => results.map(({ name }) => name);
const why = (results: { name: string; reasons: { check: string; detail: string }[] }[], name: string) =>
  results.find((result) => result.name === name)?.reasons.find(({ check }) => check === 'score')?.detail;

describe('an index that makes up scores', () => {
  it('is corrected when there is no other: the order is the true one', async () => {
    const { find, audit } = edge({ liar: { scores: { [friend.card.name]: 0.99 } } });
    const { results, rejected, indexes } = await find.find({ text: TEXT, limit: 1 });
    assert.deepEqual(names(results), [founder.card.name]);
    assert.deepEqual(indexes, ['liar']);
    assert.equal(results[0]!.score, await trueScore(founder));
    assert.deepEqual(names(rejected), [friend.card.name]);
    assert.match(why(rejected, friend.card.name)!, /as computed here; the index claimed 0\.990/);
    assert.equal(audit.suspicion('liar'), 1);
  });

  it('is left out when there is another, now and from then on', async () => {
    const { find, asked, metrics } = edge({ liar: { scores: { [friend.card.name]: 0.99 } }, honest: {} });
    const first = await find.find({ text: TEXT, limit: 2 });
    assert.deepEqual(first.indexes, ['honest']);
    assert.deepEqual(names(first.results), [founder.card.name, tuner.card.name]);
    assert.match(why(first.results, tuner.card.name)!, /computed here as well/);
    await find.find({ text: 'bells', limit: 2 });
    assert.deepEqual(asked, ['liar', 'honest', 'honest']);
    const line = (await metrics.render()).match(/^zerostate_index_false_scores_total .*/m)?.[0];
    assert.equal(line, 'zerostate_index_false_scores_total 1');
  });

  it('gains nothing by talking a rival down', async () => {
    const { find, audit } = edge({ liar: { scores: { [founder.card.name]: 0.11 } } });
    const { results } = await find.find({ text: TEXT, limit: 2 });
    assert.deepEqual(names(results), [founder.card.name, tuner.card.name]);
    assert.equal(audit.suspicion('liar'), 1);
  });

  it('may raise a score by shared words, by no more than these can', async () => {
    const cosine = await trueScore(tuner);
    const most = 1 - (1 - cosine) * 0.8;
    const fair = edge({ index: { scores: { [tuner.card.name]: most } } });
    await fair.find.find({ text: TEXT, limit: 3 });
    assert.equal(fair.audit.suspicion('index'), 0);
    const unfair = edge({ index: { scores: { [tuner.card.name]: most + 0.01 } } });
    await unfair.find.find({ text: TEXT, limit: 3 });
    assert.equal(unfair.audit.suspicion('index'), 1);
  });

  it('is corrected and not blamed when it said that its vector is a rough one', async () => {
    const { find, audit } = edge({ busy: { scores: { [friend.card.name]: 0.99 }, rough: true } });
    const { results } = await find.find({ text: TEXT, limit: 1 });
    assert.deepEqual(names(results), [founder.card.name]);
    assert.equal(audit.suspicion('busy'), 0);
  });

  it('is found out behind the answer when computing takes too long', async () => {
    let release = () => {};
    const hold = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow: Embedder = {
      ...words,
      embed: async (text) => {
        await hold;
        return await words.embed(text);
      },
    };
    const { find, audit } = edge(
      { liar: { scores: { [friend.card.name]: 0.99 } } },
      { embedder: slow, waitMs: 1 },
    );
    const { results } = await find.find({ text: TEXT, limit: 1 });
    assert.deepEqual(names(results), [friend.card.name]);
    assert.match(why(results, friend.card.name)!, /as the index claims/);
    release();
    while (audit.suspicion('liar') === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(audit.suspicion('liar'), 1);
  });

  it('cannot be judged by another embedder: the answer says whose word it is', async () => {
    const { find, audit } = edge({ other: { embedder: 'other/1', scores: { [friend.card.name]: 0.99 } } });
    const { results } = await find.find({ text: TEXT, limit: 1 });
    assert.match(why(results, friend.card.name)!, /as the index claims/);
    assert.equal(audit.suspicion('other'), 0);
  });
});

describe('what a question asks for', () => {
  it('is one index and no lookup where the cards are known, one behind or not', async () => {
    const current = edge({ index: {} });
    await current.find.find({ text: TEXT });
    assert.deepEqual([current.asked, current.lookups], [['index'], []]);
    // Each of these cards is its agent's first: it names no predecessor.
    const other = edge({ index: {} }, { proposed: 'another version' });
    await other.find.find({ text: TEXT });
    assert.equal(other.lookups.length, cards.length);
    const before = 'what was before';
    for (const one of cards) Object.assign(one.card, { previous: before });
    const behind = edge({ index: {} }, { proposed: before });
    const { results } = await behind.find.find({ text: TEXT });
    for (const one of cards) Object.assign(one.card, { previous: null });
    assert.deepEqual([behind.asked, behind.lookups, results.length > 0], [['index'], [], true]);
  });

  it('is the vectors of all its cards at once', async () => {
    const waiting: (() => void)[] = [];
    const counting: Embedder = {
      ...words,
      embed: async (text) => {
        if (text !== TEXT) await new Promise<void>((resolve) => waiting.push(resolve));
        return await words.embed(text);
      },
    };
    const { find } = edge({ index: {} }, { embedder: counting });
    const answer = find.find({ text: TEXT, limit: 3 });
    while (waiting.length < 2) await new Promise((resolve) => setImmediate(resolve));
    for (const go of waiting) go();
    assert.equal((await answer).results.filter(({ name }) => name !== '').length, 2);
  });

  /** Checks of a node whose encoder loads, on a clock in hand. */
  const warming = () => {
    const texts: string[] = [];
    const seen = { warmed: 0 };
    const embedder: Embedder = {
      ...words,
      warmUp: async () => {
        seen.warmed += 1;
      },
      embed: async (text) => {
        texts.push(text);
        return await words.embed(text);
      },
    };
    const clock = new HandClock();
    const scores = new ScoreCheck({
      log: QUIET,
      metrics: createMetrics(),
      clock,
      onFalse: () => {},
      borrow: async () => ({ embedder, release: async () => {} }),
    });
    return { clock, scores, seen, texts };
  };

  it('finds the encoder loaded, and the cards that are known computed, a few a second', async () => {
    const { clock, scores, seen, texts } = warming();
    // Not before there is an index to ask.
    scores.offer(tuner);
    assert.equal(clock.waiting, 0);
    const known = () => [founder, tuner];
    scores.warmUp(known);
    scores.warmUp(known);
    assert.deepEqual([clock.waiting, seen.warmed], [1, 0]);
    await clock.pass(2_000);
    assert.deepEqual([clock.waiting, seen.warmed, texts], [1, 1, []]);
    await clock.pass(250);
    assert.deepEqual(texts, [cardText(founder.card)]);
    scores.offer(friend);
    scores.offer(tuner);
    for (let passed = 0; passed < 5; passed++) await clock.pass(250);
    assert.deepEqual(texts.slice(1), [cardText(friend.card), cardText(tuner.card)]);
    // What is there is not computed again.
    scores.offer(founder);
    await clock.pass(250);
    assert.equal(clock.waiting, 0);
    await scores.boundsOf(TEXT, words.id, tuner);
    assert.deepEqual(texts.slice(3), [TEXT]);
    await scores.stop();
    scores.offer(founder);
    assert.equal(clock.waiting, 0);
  });

  it('has the cards that are known computed also when a question came first', async () => {
    const { clock, scores, texts } = warming();
    scores.warmUp(() => [founder]);
    await scores.boundsOf(TEXT, words.id, tuner);
    for (let passed = 0; passed < 10; passed++) await clock.pass(250);
    assert.ok(texts.includes(cardText(founder.card)));
    await scores.stop();
  });

  it('waits for scores as long as it is early, and hardly when it is late', () => {
    assert.deepEqual([0, 150, 200, 250, 10_000].map(scoreWaitMs), [100, 100, 50, 25, 25]);
  });
});

describe('the policy of discovery', () => {
  const policyReason = (result: {
    reasons: { check: string; ok: boolean; detail: string; code?: string }[];
  }) => result.reasons.find(({ check }) => check === 'policy');

  it('lets everything pass when none is set, and says so', async () => {
    const { results } = await edge({ index: {} }).find.find({ text: TEXT, limit: 1 });
    assert.match(policyReason(results[0]!)!.detail, /no policy is set/);
  });

  it('has the last word, with its reason', async () => {
    const seen: string[] = [];
    const policy: DiscoveryPolicy = {
      decide: ({ entry: { card } }) => {
        seen.push(card.name);
        if (card.name === tuner.card.name) throw new Error('cannot decide');
        return { allow: card.name !== founder.card.name, detail: 'rule 7: no founders' };
      },
    };
    const { results, rejected } = await edge({ index: {} }, { policy }).find.find({ text: TEXT });
    assert.deepEqual(seen.length, 3);
    assert.deepEqual(names(results), []);
    const denied = rejected.find(({ name }) => name === founder.card.name)!;
    assert.deepEqual(policyReason(denied), {
      check: 'policy',
      ok: false,
      detail: 'rule 7: no founders',
      code: 'POLICY_DENIED',
    });
    const failed = rejected.find(({ name }) => name === tuner.card.name)!;
    assert.match(policyReason(failed)!.detail, /the policy failed: cannot decide/);
  });
});

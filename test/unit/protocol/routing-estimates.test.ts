// Routing: what a link costs, what reports are worth, and whose word counts.

import assert from 'node:assert/strict';
import { Knowledge } from '../../../protocol/routing/knowledge.ts';
import { LinkBook } from '../../../protocol/routing/link-book.ts';
import { LinkEstimate } from '../../../protocol/routing/link-estimate.ts';
import { NetworkMap } from '../../../protocol/routing/network-map.ts';
import { Trust } from '../../../protocol/routing/trust.ts';
import { neighbour } from '../../support/routing-views.ts';

const neighbourOf = (id: string) => neighbour(id, { region: 'r', rttMs: 10, reputation: 0.5 });

describe('the cost of a link', () => {
  it('is its round trip and deviation while nothing is lost', () => {
    const link = new LinkEstimate(100, 0);
    for (let at = 1; at <= 20; at++) link.succeeded(40, at * 1_000);
    const { srttMs, lossMs } = link.cost(20_000);
    assert.ok(Math.abs(srttMs - 40) < 0.01);
    assert.equal(lossMs, 0);
  });

  it('forgives one loss, and condemns a link at the second in a row', () => {
    const link = new LinkEstimate(40, 0);
    link.succeeded(40, 0);
    link.failed(1_000);
    const once = link.cost(1_000).lossMs;
    link.failed(2_000);
    const twice = link.cost(2_000).lossMs;
    assert.ok(once < 15, `one loss costs ${once} ms`);
    assert.ok(twice > 100, `two losses cost ${twice} ms`);
  });

  it('goes back to what it was before, when nobody uses the link', () => {
    const link = new LinkEstimate(40, 0);
    link.succeeded(40, 0);
    const well = link.costMs(0);
    for (let at = 1; at < 5; at++) link.failed(at * 100);
    assert.ok(link.costMs(500) > 5 * well);
    assert.ok(link.costMs(200_000) < 1.05 * well);
  });

  it('keeps its baseline through half a minute of trouble', () => {
    const link = new LinkEstimate(40, 0);
    link.succeeded(40, 0);
    for (let at = 1; at <= 35; at++) link.succeeded(400, at * 1_000);
    assert.ok(link.baselineMs < 55, `baseline is ${link.baselineMs} ms`);
    assert.ok(link.costMs(35_000) > 350);
  });

  it('is what the transport says while nobody used it, and never for good what it was in a bad moment', () => {
    const link = new LinkEstimate(400, 0);
    link.heard(20);
    assert.ok(link.costMs(0) < 25);
    link.succeeded(300, 1_000);
    assert.ok(link.costMs(1_000) > 250);
    link.heard(20);
    assert.ok(link.costMs(1_000) > 250, 'what was measured with payload stands');
    assert.ok(link.costMs(200_000) < 25, `${link.costMs(200_000)} ms`);
  });
});

describe('the links of a router', () => {
  /** Seconds at which the link is probed from one to another, each probe answered as asked; undefined: it was lost. Those at which all is as usual apart. */
  const probedAt = (book: LinkBook, from: number, to: number, rttMs: number | undefined) => {
    const at: { close: number[]; calm: number[] } = { close: [], calm: [] };
    for (let second = from; second < to; second++) {
      const now = second * 1_000;
      const [probe] = book.due({ self: 'me', region: 'here', neighbours: [neighbourOf('a')] }, now);
      if (probe?.kind !== 'probe') continue;
      book.sample('a', rttMs, now);
      at[probe.isCalm ? 'calm' : 'close'].push(second);
    }
    return at;
  };

  it('are probed each second until they are known, and while they are slow or lose, and else every three seconds', () => {
    const book = new LinkBook();
    assert.deepEqual(probedAt(book, 0, 8, 12), { close: [0, 1, 2, 3, 4, 5, 6, 7], calm: [] });
    assert.deepEqual(probedAt(book, 8, 20, 14), { close: [], calm: [10, 13, 16, 19] });
    assert.deepEqual(probedAt(book, 20, 27, 120), { close: [23, 24, 25, 26], calm: [22] }, 'it is slow');
    const { calm, close } = probedAt(book, 27, 60, 12);
    assert.ok(calm.length + close.length < 20, 'it is as before');
    const lost = probedAt(book, 60, 66, undefined);
    assert.deepEqual([lost.calm.length, lost.close.length], [1, 4], 'what is sent over it is lost');
    assert.equal(probedAt(book, 66, 72, 12).close.length, 6, 'it may lose again');
  });

  it('are probed no oftener where all of them take longer: that is our own pause', () => {
    const neighbours = ['a', 'b', 'c', 'd'].map(neighbourOf);
    const probes = (rttOf: (id: string) => number): Record<string, number> => {
      const book = new LinkBook();
      const count = { a: 0, b: 0, c: 0, d: 0 } as Record<string, number>;
      for (let second = 0; second < 60; second++)
        for (const effect of book.due({ self: 'me', region: 'r', neighbours }, second * 1_000)) {
          const { neighbour } = effect as { neighbour: string };
          book.sample(neighbour, second < 30 ? 12 : rttOf(neighbour), second * 1_000);
          if (second >= 30) count[neighbour]! += 1;
        }
      return count;
    };
    assert.deepEqual(
      probes(() => 60),
      { a: 10, b: 10, c: 10, d: 10 },
    );
    const { a, d } = probes((id) => (id === 'd' ? 60 : 12));
    assert.deepEqual([a, d! > 25], [10, true]);
  });
});

describe('the map of reports', () => {
  const report = (author: string, sequence: bigint, links: Record<string, number>) => ({
    author,
    sequence,
    region: 'here',
    links: Object.entries(links).map(([to, costMs]) => ({ to, costMs })),
  });

  it('believes the dearer end of a link, and only a link that both ends report', () => {
    const map = new NetworkMap('x', () => 0);
    map.take(report('a', 1n, { b: 1, c: 5 }), 0);
    map.take(report('b', 1n, { a: 80, d: 10 }), 0);
    map.take(report('c', 1n, { d: 1 }), 0);
    assert.equal(map.cost('a', 'd', 'live'), 90);
    assert.deepEqual(map.authorsOnWay('a', 'd'), ['a', 'b']);
  });

  it('takes the least that is said of a young link for usual, and is then slow to change its mind', () => {
    const map = new NetworkMap('x', () => 0);
    const say = (at: number, costMs: number) => map.take(report('a', BigInt(at), { d: costMs }), at * 1_000);
    for (let at = 0; at < 20; at++) say(at, 300 - 10 * at);
    say(20, 15);
    for (let at = 21; at < 60; at++) say(at, 40);
    map.advance(60_000);
    assert.equal(map.cost('a', 'd', 'usual'), 15);
    for (let at = 60; at < 90; at++) say(at, 1);
    map.advance(90_000);
    assert.ok(map.cost('a', 'd', 'usual') > 12, 'a lie of half a minute');
  });

  it('changes its mind about what is usual as fast, however often a relay speaks', () => {
    const [often, seldom] = [1, 10].map((every) => {
      const map = new NetworkMap('x', () => 0);
      for (let at = 0; at <= 260; at += every)
        map.take(report('a', BigInt(at), { d: at < 60 ? 10 : 110 }), at * 1_000);
      map.advance(260_000);
      return map.cost('a', 'd', 'usual');
    });
    assert.ok(often! > 30 && often! < 50, String(often));
    assert.ok(Math.abs(often! - seldom!) < 5, `${often} and ${seldom}`);
  });

  it('knows what a way that was taken was said to cost, and of no way with a gap', () => {
    const map = new NetworkMap('x', (author) => (author === 'b' ? 7 : 0));
    map.take(report('a', 1n, { b: 1, c: 5 }), 0);
    map.take(report('b', 1n, { a: 80, d: 10 }), 0);
    assert.equal(map.along(['a', 'b'], 'd'), 97);
    assert.equal(map.along(['a'], 'b'), 80);
    for (const way of [['a', 'c'], ['a'], ['z']]) assert.ok(Number.isNaN(map.along(way, 'd')), way.join());
  });

  it('counts no way that leads through ourselves', () => {
    const map = new NetworkMap('x', () => 0);
    map.take(report('a', 1n, { x: 5 }), 0);
    map.take(report('b', 1n, { x: 5, d: 5 }), 0);
    assert.equal(map.cost('a', 'd', 'live'), Number.POSITIVE_INFINITY);
  });

  it('takes no older report, no malformed one, and forgets who is silent', () => {
    const map = new NetworkMap('x', () => 0);
    assert.equal(map.take(report('a', 5n, { d: 10 }), 0), true);
    assert.equal(map.take(report('a', 5n, { d: 1 }), 0), false);
    assert.equal(map.take(report('a', 6n, { d: -1 }), 0), false);
    assert.equal(map.take(report('a', 7n, { d: Number.NaN }), 0), false);
    assert.equal(map.cost('a', 'd', 'live'), 10);
    map.advance(60_000);
    assert.equal(map.cost('a', 'd', 'live'), Number.POSITIVE_INFINITY);
  });
});

describe('trust in reports', () => {
  it('settles on the relay that lies, and clears the one that shares its ways', () => {
    const trust = new Trust();
    for (let at = 0; at < 200; at++) {
      const now = at * 100;
      const promised = 50 + trust.excess('honest', now) + trust.excess('liar', now);
      trust.way(['honest', 'liar'], promised, 250, now);
      trust.way(['honest'], 50 + trust.excess('honest', now), 52, now);
    }
    assert.ok(trust.excess('liar', 20_000) > 120, `liar: ${trust.excess('liar', 20_000)} ms`);
    assert.ok(trust.excess('honest', 20_000) < 30, `honest: ${trust.excess('honest', 20_000)} ms`);
    const all = () => true;
    assert.deepEqual(
      trust.discrepancies(20_000, () => false),
      [],
      'it is not up to us',
    );
    const said = trust.discrepancies(20_000, all);
    assert.deepEqual(
      said.map((effect) => effect.kind === 'discrepancy' && effect.about),
      ['liar'],
    );
    assert.deepEqual(trust.discrepancies(21_000, all), [], 'not said again at once');
  });

  it('takes a neighbour at its word no longer when the shared link is measured to be far worse', () => {
    const trust = new Trust();
    for (let at = 0; at < 4; at++) trust.link('y', 1, 300, at * 1_000);
    assert.equal(trust.excess('y', 4_000), 0);
    for (let at = 4; at < 20; at++) trust.link('y', 1, 300, at * 1_000);
    assert.ok(trust.excess('y', 20_000) > 150);
  });

  /** A minute of calm, a spell in which the links take so long from here (undefined: lost), a minute of calm; who was accused. */
  function accusedAfter(spell: Readonly<Record<string, number | undefined>>): Set<string> {
    const known = new Knowledge({ self: 'me', probes: true, advertises: true });
    const view = { self: 'me', region: 'r', neighbours: Object.keys(spell).map(neighbourOf) };
    const accused = new Set<string>();
    for (let at = 0; at < 150; at++) {
      const now = 1_000_000 + at * 1_000;
      for (const neighbour of Object.keys(spell)) {
        const report = {
          author: neighbour,
          sequence: BigInt(at),
          region: 'r',
          links: [{ to: 'me', costMs: 12 }],
        };
        known.observe({ kind: 'reported', report }, now);
        const rttMs = at < 60 || at >= 90 ? 10 : spell[neighbour];
        known.observe({ kind: 'probed', neighbour, ...(rttMs === undefined ? {} : { rttMs }) }, now);
      }
      for (const effect of known.tick(view, now))
        if (effect.kind === 'discrepancy') accused.add(effect.about);
    }
    return accused;
  }

  it('accuses nobody for a pause of our own, nor for what is lost on the way, and still the one that says too little of its link', () => {
    assert.deepEqual(accusedAfter({ a: 800, b: 700, c: 900 }), new Set());
    assert.deepEqual(accusedAfter({ a: undefined, b: undefined, c: undefined }), new Set());
    assert.deepEqual(accusedAfter({ a: 10, b: undefined, c: 10 }), new Set());
    assert.deepEqual(accusedAfter({ a: 10, liar: 400, c: 12 }), new Set(['liar']));
    assert.deepEqual(accusedAfter({ a: 300, liar: 900, c: 320 }), new Set(['liar']));
    assert.deepEqual(accusedAfter({ only: 800 }), new Set(), 'it may be us');
  });

  it('accuses nobody of a peer that is gone, whatever relays it said that it has, and still a neighbour that does not answer', () => {
    for (const how of [{ refused: true }, { path: ['a'] }, {}]) {
      const known = new Knowledge({ self: 'me', probes: true, advertises: false });
      const view = { self: 'me', region: 'r', neighbours: [neighbourOf('a')] };
      const accused = Array.from({ length: 20 }, (_, at) => {
        const links = [{ to: 'gone', costMs: 20 }];
        known.observe(
          { kind: 'reported', report: { author: 'a', sequence: BigInt(at), region: 'r', links } },
          at,
        );
        known.observe({ kind: 'probed', neighbour: 'a', rttMs: 10 }, at);
        const demand = { neighbour: 'a', destination: 'gone', slaClass: 'standard', ok: false } as const;
        known.observe({ kind: 'finished', ...demand, ...how }, at);
        return known.tick(view, at).some(({ kind }) => kind === 'discrepancy');
      });
      assert.equal(accused.includes(true), Object.keys(how).length === 0, JSON.stringify(how));
    }
  });

  it('accuses no relay over which one peer alone is late, which may be late as it likes, and still one over which several are', () => {
    const accused = (peers: readonly string[]): boolean => {
      const trust = new Trust();
      return Array.from({ length: 60 }, (_, at) => {
        for (const relay of ['a', 'b', 'c']) trust.way([relay], 50, 52, at);
        trust.way(['late'], 50, 900, at, { what: 'opened', to: peers[at % peers.length] });
        return trust.discrepancies(at, () => true).length > 0;
      }).includes(true);
    };
    assert.deepEqual([accused(['p']), accused(['p', 'q'])], [false, true]);
  });

  it('accuses no relay over which some peers are late together, however often they are called, while as many others are not', () => {
    const accused = (late: readonly string[], sound: readonly string[]): boolean => {
      const trust = new Trust();
      const calls = [...sound, ...Array.from({ length: 6 }, () => late).flat()];
      return Array.from({ length: 40 * calls.length }, (_, at) => {
        const to = calls[at % calls.length]!;
        const measured = late.includes(to) ? 900 : 52;
        for (const relay of ['a', 'b', 'c']) trust.way([relay], 50, 52, at);
        trust.way(['relay'], 50 + trust.excess('relay', at), measured, at, { what: 'opened', to });
        return trust.discrepancies(at, () => true).length > 0;
      }).includes(true);
    };
    assert.equal(accused(['p', 'q'], ['r', 's']), false);
    assert.equal(accused(['p', 'q', 'r'], ['s']), true, 'more than half');
    // Who was reached long ago has no say.
    const trust = new Trust();
    for (const to of ['old-1', 'old-2', 'old-3']) trust.way(['relay'], 50, 52, 0, { what: 'opened', to });
    for (let at = 1; at < 40; at++)
      trust.way(['relay'], 50, 900, 900_000 + at, { what: 'opened', to: at % 2 === 0 ? 'p' : 'q' });
    assert.equal(trust.discrepancies(900_050, () => true).length, 1);
  });

  it('books a stream that nobody heard of again on the relay that was suspected before, and not on the one beside it', () => {
    const trust = new Trust();
    for (let at = 0; at < 4; at++) trust.way(['liar'], 50, 200, at);
    const before = trust.excess('liar', 4);
    trust.way(['honest', 'liar'], 100, undefined, 4);
    const honest = trust.excess('honest', 4);
    assert.ok(trust.excess('liar', 4) - before > 2 * honest, `honest: ${honest} ms`);
  });

  it('blames nobody for what takes longer everywhere, and still sees a liar among them', () => {
    const trust = new Trust();
    for (let at = 0; at < 100; at++)
      for (const relay of ['a', 'b', 'c', 'liar'])
        trust.way([relay], 50 + trust.excess(relay, at), relay === 'liar' ? 230 : 80, at);
    const most = Math.max(...['a', 'b', 'c'].map((relay) => trust.excess(relay, 100)));
    assert.ok(most < 10, `${most} ms`);
    assert.ok(trust.excess('liar', 100) > 100, `${trust.excess('liar', 100)} ms`);
  });

  it('goes on fading while nobody runs', () => {
    const trust = new Trust();
    trust.way(['y'], 50, 52, 300_000);
    trust.load('y', { excessMs: 200, samples: 3 }, 0);
    assert.ok(trust.excess('y', 300_000) < 5);
  });
});

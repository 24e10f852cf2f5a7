// When a second path is begun, how often news goes on at once, and which link is looked at closely: where everything is late, looking does not make it
// later.

import assert from 'node:assert/strict';
import { LinkBook } from '../../../protocol/routing/link-book.ts';
import { CALM_REPORT_MS, type ToldLinks, telling } from '../../../protocol/routing/news.ts';
import { SetUpPace } from '../../../protocol/routing/pace.ts';
import { neighbour } from '../../support/routing-views.ts';

describe('the pace of set-ups', () => {
  it('calls late what eight of ten are quicker than, within bounds', () => {
    const pace = new SetUpPace();
    const first = pace.lateMs;
    for (let n = 1; n <= 50; n++) pace.took(10 * n);
    assert.ok(pace.lateMs >= 380 && pace.lateMs <= 410, String(pace.lateMs));
    assert.notEqual(pace.lateMs, first);
    for (let n = 0; n < 64; n++) pace.took(3);
    assert.equal(pace.lateMs, 103);
    for (let n = 0; n < 64; n++) pace.took(n % 4 === 0 ? 30_000 : 100);
    assert.equal(pace.lateMs, 1_000);
  });

  it('calls nothing late that takes hardly longer than half of them do: one relay more, or a process that paused', () => {
    const pace = new SetUpPace();
    for (let n = 0; n < 64; n++) pace.took(n % 16 < 8 ? 80 : n % 16 < 12 ? 130 : 170);
    assert.equal(pace.lateMs, 180);
    for (let n = 0; n < 64; n++) pace.took(n % 3 === 0 ? 450 : 90);
    assert.equal(pace.lateMs, 450);
  });

  it('calls nothing late that takes less than twice what half of them do, where even these take long', () => {
    const pace = new SetUpPace();
    for (let n = 0; n < 64; n++) pace.took(n % 4 === 0 ? 9_000 : 1_500);
    assert.equal(pace.lateMs, 3_000);
  });

  it('begins a second path for four at most where everything is late', () => {
    const pace = new SetUpPace();
    let second = 0;
    for (let n = 0; n < 1_000; n++) {
      if (pace.spend()) second += 1;
      pace.took(5_000);
    }
    assert.ok(second >= 250 && second <= 258, String(second));
  });
});

describe('news of links', () => {
  const links = (costMs: number, names = ['a', 'b']) => names.map((to) => ({ to, costMs }));

  /** Which of these reports, one a second, go on at once. */
  function urgent(costs: readonly number[]): number[] {
    let told: ToldLinks | undefined;
    return costs.flatMap((costMs, second) => {
      const one = telling(links(costMs), told, second * 1_000);
      told = one.told;
      return one.isUrgent ? [second] : [];
    });
  }

  it('go on at once where a cost changes by enough, also by little again and again', () => {
    assert.deepEqual(urgent([30, 30, 30, 80, 80, 80, 30]), [0, 3, 6]);
    assert.deepEqual(urgent([100, 109, 118, 127, 136]), [0, 3]);
  });

  it('go on a few times at once, and then as seldom as what is no news, where every report says something else', () => {
    const costs = Array.from({ length: 600 }, (_, second) => (second % 2 === 0 ? 30 : 300));
    const times = urgent(costs);
    assert.deepEqual(times.slice(0, 6), [0, 1, 2, 3, 4, 5]);
    const most = 1 + 6 + (600 * 1_000) / CALM_REPORT_MS;
    assert.ok(times.length <= most && times.length > most / 2, String(times.length));
  });

  it('go on at once whenever a link comes or goes, however much was said before', () => {
    let told: ToldLinks | undefined;
    for (let second = 0; second < 30; second++)
      told = telling(links(second % 2 === 0 ? 30 : 300), told, second * 1_000).told;
    const names = [['a'], ['a', 'b'], ['a', 'c']];
    for (const [at, some] of names.entries()) {
      const one = telling(links(30, some), told, 30_000 + at);
      assert.ok(one.isUrgent, some.join());
      told = one.told;
    }
  });
});

describe('links that are late together', () => {
  const NAMES = ['one', 'two', 'three', 'four'];
  const view = { self: 'x', region: 'here', neighbours: NAMES.map((name) => neighbour(name)) };

  /** Who is probed in each of two seconds, after links that took 10 ms have taken so long. */
  function probed(lateMs: (name: string) => number): string[] {
    const book = new LinkBook();
    for (let second = 0; second < 12; second++)
      for (const name of NAMES) book.sample(name, second < 8 ? 10 : lateMs(name), second * 1_000);
    book.due(view, 12_000);
    return [1, 2].flatMap((second) =>
      book
        .due(view, 12_000 + second * 1_000)
        .flatMap((effect) => (effect.kind === 'probe' ? [effect.neighbour] : [])),
    );
  }

  it("are looked at no oftener: it is no link's fault, and some are later than others by chance", () => {
    assert.deepEqual(
      probed((name) => 300 + 100 * NAMES.indexOf(name)),
      [],
    );
  });

  it('do not hide one that is late by itself', () => {
    assert.deepEqual(
      probed((name) => (name === 'two' ? 300 : 10)),
      ['two', 'two'],
    );
    assert.deepEqual(
      probed((name) => (name === 'two' ? 900 : 110)),
      ['two', 'two'],
    );
  });
});

// Cards are renewed before they run out, by a node that is left alone; what can not be renewed is said.

import assert from 'node:assert/strict';
import { makeRenewer } from '../../../node/cards/make-renewer.ts';
import { RENEW_BEFORE_MS, Renewer } from '../../../node/cards/renewer.ts';
import type { Clock } from '../../../node/clock/index.ts';
import { createLogger } from '../../../node/logger/index.ts';
import { draft, TestNodes } from '../../support/nodes.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** The machine's clock, so many days on. */
class LaterClock implements Clock {
  days = 0;

  now(): number {
    return Date.now() + this.days * DAY_MS;
  }

  after(ms: number, run: () => void): () => void {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  }
}

const log = createLogger({ level: 'silent', name: 'test' });

describe('cards of a node that is left alone', function () {
  this.timeout(300_000);

  it('are renewed with what they say, when a third of their life is left and never before', async () => {
    const clock = new LaterClock();
    await using nodes = new TestNodes();
    const { node } = await nodes.start('one', {}, clock);
    const { agentId } = await node.cards.publish(draft('Ledgerleaf'));
    const version = () => node.cards.known(agentId)!.card.sequence;
    const ends = () => Date.parse(node.cards.known(agentId)!.card.expiresAt);
    clock.days = 59;
    await node.renewer.look();
    assert.equal(version(), 1);
    clock.days = 61;
    await node.renewer.look();
    assert.equal(version(), 2);
    assert.ok(ends() - clock.now() > 89 * DAY_MS);
    assert.equal(node.cards.known(agentId)!.card.name, 'Ledgerleaf');
    await node.renewer.look();
    assert.equal(version(), 2, 'once is enough');
    // Switched off for so long that it has run out.
    clock.days = 200;
    assert.match(node.renewer.warnings().join(), /ran out .*nobody finds it$/);
    await node.renewer.look();
    assert.deepEqual([version(), node.renewer.warnings()], [3, []]);
  });

  it('are said to end with their key, and not signed again and again for nothing', async () => {
    const clock = new LaterClock();
    await using nodes = new TestNodes();
    const { node } = await nodes.start('one', {}, clock);
    const { agentId } = await node.cards.publish(draft('Keyworn'));
    for (let day = 0; day < 350; day += 25) {
      clock.days = day;
      await node.renewer.look();
    }
    const before = node.cards.known(agentId)!.card.sequence;
    clock.days = 350;
    await node.renewer.look();
    assert.equal(node.cards.known(agentId)!.card.sequence, before);
    assert.match(node.renewer.warnings().join(), /runs out .*with its key: zerostate card rotate$/);
    await node.cards.rotate(agentId, { identity: false });
    assert.deepEqual(node.renewer.warnings(), []);
  });

  it('are left alone when they were revoked', async () => {
    const clock = new LaterClock();
    await using nodes = new TestNodes();
    const { node } = await nodes.start('one', {}, clock);
    const { agentId } = await node.cards.publish(draft('Gone'));
    await node.revocations.revoke(agentId, 'over', true);
    clock.days = 80;
    await node.renewer.look();
    assert.deepEqual([node.cards.known(agentId)!.card.sequence, node.renewer.warnings()], [1, []]);
  });

  it('are not dated by a clock that is wrong, and a failure is tried again at the next look', async () => {
    let offsetMs: number | null = 10 * DAY_MS;
    let failing = true;
    const renewed: string[] = [];
    const around = {
      clock: { now: () => 0, after: () => () => {} },
      log,
      directory: { clocks: { view: () => ({ offsetMs }) } },
      revocations: { verdict: () => ({ state: 'valid' }) },
      cards: {
        known: () => ({}),
        lasting: () => [{ agentId: 'a', cardEndsMs: 1, keyEndsMs: 300 * DAY_MS, nextEndsMs: 90 * DAY_MS }],
        renew: async (agentId: string) => {
          if (failing) throw new Error('the log is being recovered');
          renewed.push(agentId);
        },
      },
    };
    const { renewer } = makeRenewer(around as never);
    failing = false;
    await renewer.look();
    assert.deepEqual(renewed, []);
    failing = true;
    for (offsetMs of [null, 1_000]) await renewer.look();
    assert.deepEqual(renewed, []);
    failing = false;
    await renewer.look();
    assert.deepEqual(renewed, ['a']);
  });

  it('are looked at by themselves, again and again until the node stops', async () => {
    const due: { ms: number; run: () => void }[] = [];
    let looks = 0;
    const clock = {
      now: () => 0,
      after: (ms: number, run: () => void) => {
        due.push({ ms, run });
        return () => due.splice(0);
      },
    };
    const lasting = () => {
      looks += 1;
      return [];
    };
    const renewer = new Renewer({ clock, log, lasting, isClockRight: () => true, renew: async () => {} });
    renewer.start();
    for (let n = 0; n < 3; n++) {
      const next = due.shift()!;
      assert.ok(next.ms <= HOUR_MS && next.ms < RENEW_BEFORE_MS);
      next.run();
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(looks, 3);
    renewer.stop();
    assert.equal(due.length, 0);
  });
});

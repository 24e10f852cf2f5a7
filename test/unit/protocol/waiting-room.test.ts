// The room of a ledger in which statements wait: against a list that is searched anew each time.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { WaitingRoom } from '../../../protocol/ledger/waiting-room.ts';
import { refused } from '../../support/agents.ts';

const MAX = 6;
const step = fc.record({
  kind: fc.constantFrom('add', 'add', 'add', 'first', 'all'),
  queue: fc.constantFrom('p', 'q', 'r'),
  author: fc.constantFrom('a', 'b', 'c', 'd'),
});

describe('a room in which statements wait', () => {
  it('keeps queues in order and within the bound, and only who has most gives way', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const room = new WaitingRoom<{ author: string; n: number }>(MAX);
        let model: { author: string; n: number; queue: string }[] = [];
        const held = (author: string) => model.filter((one) => one.author === author).length;
        for (const [n, { author, kind, queue }] of steps.entries()) {
          const there = model.filter((one) => one.queue === queue);
          if (kind === 'first') {
            room.takeFirst(queue);
            model = model.filter((one) => one !== there[0]);
          } else if (kind === 'all') {
            assert.deepEqual(
              room.takeAll(queue).map((one) => one.n),
              there.map((one) => one.n),
            );
            model = model.filter((one) => one.queue !== queue);
          } else {
            const most = Math.max(...model.map((one) => held(one.author)));
            const out =
              model.length < MAX ? undefined : model.filter((one) => held(one.author) === most).at(-1);
            if (out !== undefined && most <= held(author) + 1) {
              assert.throws(() => room.add(queue, { author, n }), refused('LIMIT_EXCEEDED'));
              continue;
            }
            assert.equal(room.add(queue, { author, n })?.n, out?.n);
            model = [...model.filter((one) => one !== out), { author, n, queue }];
          }
          for (const name of ['p', 'q', 'r']) {
            const now = model.filter((one) => one.queue === name).map((one) => one.n);
            assert.deepEqual(
              room.of(name).map((one) => one.n),
              now,
            );
            assert.equal(room.first(name)?.n, now[0]);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

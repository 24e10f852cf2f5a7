// Turns of the thread for requests of the API: rounds for everything else between slices, what stops things first, no more waiting than there is a bound
// for, and /livez answered before a flood is worked off. The clock of the slices is the test's own.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { BODY_VALUES_MAX, hasManyValues } from '../../../node/api/fairness.ts';
import { type ApiServer, startApi } from '../../../node/api/server.ts';
import { shared } from '../../../node/api/shared.ts';
import { TURNS_WAITING_MAX, Turns } from '../../../node/api/turns.ts';
import { utf8 } from '../../../protocol/bytes/index.ts';
import { API_TOKEN, AUTHORIZED, apiAlone } from '../../support/api-alone.ts';

/** Longer than a slice, in milliseconds. */
const LONG_MS = 30;

describe('turns of the thread', () => {
  it('leaves rounds to everything else after what takes long, and begins what is short together', async () => {
    let now = 0;
    let round = 0;
    const turns = new Turns(() => now);
    const begun = async (count: number, takesMs: number): Promise<number[]> => {
      const rounds: number[] = [];
      for (let nth = 0; nth < count; nth++)
        turns.take('timed', () => {
          rounds.push(round);
          now += takesMs;
        });
      while (rounds.length < count) {
        await new Promise((resolve) => setImmediate(resolve));
        round += 1;
      }
      return rounds;
    };
    const long = await begun(5, LONG_MS);
    const between = long.slice(1).map((one, at) => one - (long[at] as number));
    assert.ok(
      between.every((rounds) => rounds >= 3),
      `rounds between: ${between}`,
    );
    const short = await begun(50, 0);
    assert.ok(new Set(short).size <= 2, `rounds in which they began: ${short}`);
  });

  it('leaves more rounds while connections come, and not for ever', async () => {
    let now = 0;
    let round = 0;
    const turns = new Turns(() => now);
    const begun: number[] = [];
    const long = () => {
      begun.push(round);
      now += LONG_MS;
    };
    for (let nth = 0; nth < 3; nth++) turns.take('timed', long);
    while (begun.length < 3) {
      await new Promise((resolve) => setImmediate(resolve));
      round += 1;
      // After the first they come for some rounds, after the second without end.
      if (begun.length === 2 || round < 20) turns.connected();
    }
    const [first = 0, second = 0, third = 0] = begun;
    assert.ok(second - first >= 20 && second - first < 30, `${second - first} rounds`);
    assert.ok(third - second >= 100 && third - second < 200, `${third - second} rounds`);
  });

  it('counts what a request does after its first step, too', async () => {
    let now = 0;
    const turns = new Turns(() => now);
    const rounds: number[] = [];
    let round = 0;
    // Uses up its slice: what comes now waits.
    turns.take('timed', () => {
      now += LONG_MS;
    });
    for (let nth = 0; nth < 4; nth++)
      turns.take('timed', () => {
        rounds.push(round);
        void Promise.resolve()
          .then(() => {})
          .then(() => {
            now += LONG_MS;
          });
      });
    while (rounds.length < 4) {
      await new Promise((resolve) => setImmediate(resolve));
      round += 1;
    }
    assert.equal(new Set(rounds).size, 4, `rounds in which they began: ${rounds}`);
  });

  it('begins what stops things first, copies last, and refuses more than its bound, which is twice as far for what stops things', async () => {
    let now = 0;
    const turns = new Turns(() => now);
    const order: string[] = [];
    const long = (name: string) => () => {
      order.push(name);
      now += LONG_MS;
    };
    turns.take('timed', long('first'));
    turns.take('bulk', long('bulk'));
    turns.take('timed', long('timed'));
    turns.take('urgent', long('urgent'));
    while (order.length < 4) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(order, ['first', 'urgent', 'timed', 'bulk']);

    turns.take('timed', long('again'));
    while (turns.waiting < TURNS_WAITING_MAX) assert.ok(turns.take('timed', () => {}));
    assert.equal(
      turns.take('timed', () => assert.fail('it was refused')),
      false,
    );
    const stopped = new Promise<void>((resolve) => assert.ok(turns.take('urgent', resolve)));
    await stopped;
    while (turns.waiting > 0) await new Promise((resolve) => setImmediate(resolve));
  });
});

describe('what is shared', () => {
  it('is made once for all who ask while it is made, and anew for the next, also after a failure', async () => {
    let made = 0;
    const ask = shared(async () => {
      made += 1;
      await new Promise((resolve) => setImmediate(resolve));
      if (made === 2) throw new Error('not now');
      return made;
    });
    assert.deepEqual(await Promise.all([ask(), ask(), ask()]), [1, 1, 1]);
    await assert.rejects(ask(), /not now/);
    assert.equal(await ask(), 3);
  });
});

describe('the API in a flood', () => {
  let api: ApiServer;
  const handled: string[] = [];
  before(async () => {
    const options = apiAlone({
      route: ({ id, method }) => ({
        handler: async () => {
          handled.push(id);
          const until = performance.now() + LONG_MS;
          while (performance.now() < until);
          return {};
        },
        ...(method === 'POST' ? { schema: { body: {} } } : {}),
      }),
    });
    api = await startApi({
      ...options,
      routes: async (app) => {
        await options.routes(app);
        app.get('/livez', async () => handled.push('livez'));
      },
    });
  });
  beforeEach(() => handled.splice(0));
  after(() => api.close());

  /** So many connections, which ask nothing yet. */
  const connected = async (count: number): Promise<Socket[]> =>
    await Promise.all(
      Array.from({ length: count }, async () => {
        const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
        socket.on('error', () => {});
        await once(socket, 'connect');
        return socket;
      }),
    );
  const asks = (line: string, body = '') =>
    `${line} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${API_TOKEN}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

  for (const [kind, line, body] of [
    ['bodies', 'POST /v1/find', '{"text":"a"}'],
    ['lists', 'GET /v1/cards', ''],
  ] as const)
    it(`answers whether it lives before a flood of ${kind} is worked off`, async () => {
      const sockets = await connected(20);
      const last = sockets.pop() as Socket;
      // Once the server has taken them in: what is written now is there all at once.
      last.write(asks('GET /livez'));
      await once(last, 'data');
      handled.splice(0);
      for (const socket of sockets) socket.write(asks(line, body));
      last.write(asks('GET /livez'));
      await once(last, 'data');
      const before = handled.indexOf('livez');
      assert.ok(before >= 0 && before <= 2, `${before} of ${sockets.length} were worked off before it`);
      for (const socket of [...sockets, last]) socket.destroy();
    });

  it('reads no body of more values than anything has, however deep, and any text', async () => {
    const ask = async (body: string) => {
      const headers = { ...AUTHORIZED, 'content-type': 'application/json' };
      const answer = await fetch(`${api.url}/v1/verify`, { method: 'POST', headers, body });
      return [answer.status, ((await answer.json()) as { error?: { code: string } }).error?.code];
    };
    const wide = `{"a":[${'{},'.repeat(BODY_VALUES_MAX)}{}]}`;
    const deep = `{"a":${'['.repeat(BODY_VALUES_MAX + 1)}${']'.repeat(BODY_VALUES_MAX + 1)}}`;
    const text = JSON.stringify({ a: '[{,"\\'.repeat(BODY_VALUES_MAX) });
    assert.deepEqual(await ask(wide), [413, 'LIMIT_EXCEEDED']);
    assert.deepEqual(await ask(deep), [413, 'LIMIT_EXCEEDED']);
    assert.ok(!handled.includes('receipts.verify'));
    assert.deepEqual(await ask(text), [200, undefined]);
    const long = JSON.stringify({
      a: `${'x'.repeat(3 * BODY_VALUES_MAX)}"[,`,
      b: '\\\\'.repeat(40),
      c: 'y,'.repeat(BODY_VALUES_MAX),
    });
    assert.deepEqual(await ask(long), [200, undefined]);
    // Were the end of the text sought anew at each escape, this would take minutes.
    assert.deepEqual(await ask(JSON.stringify({ a: `${'x'.repeat(50)}\n,`.repeat(BODY_VALUES_MAX) })), [
      200,
      undefined,
    ]);
    assert.equal(hasManyValues(utf8(`"${'x'.repeat(3 * BODY_VALUES_MAX)}`)), false);
    const most = `[${'1,'.repeat(BODY_VALUES_MAX - 2)}1]`;
    assert.deepEqual(
      [hasManyValues(utf8(most)), hasManyValues(utf8(`[1,1,${most.slice(1)}`))],
      [false, true],
    );
  });
});

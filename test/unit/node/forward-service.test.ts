// A relay takes on as many streams as it says, those whose way it still looks for among them; once it is full those who have most give way, and it ends
// the streams of a peer that it serves no more.

import assert from 'node:assert/strict';
import type { Connection, Stream } from '@libp2p/interface';
import { streamPair } from '@libp2p/utils';
import { type ForwardDeps, ForwardService } from '../../../node/routing/forward-service.ts';
import { METER_LOOK_BYTES, SETUP_MS_MAX } from '../../../node/routing/limits.ts';
import { StreamBook } from '../../../node/routing/stream-book.ts';
import { StreamPlaces } from '../../../node/routing/stream-places.ts';
import { headFrames } from '../../../node/routing/wire.ts';
import { ZeroError } from '../../../protocol/errors/index.ts';
import {
  BUDGET_MS_MAX,
  decodeReply,
  encodeHeader,
  type ForwardHeader,
  type ForwardReply,
} from '../../../protocol/forward/index.ts';
import { plainHeader } from '../../support/forward-headers.ts';

const EXIT = '12D3KooWAdhTvNVzEbiCFmrcSFZB8adRxLLKDWbSwNL6kydr9etP';
const SELF = '12D3KooWDQt3xcLXBmqBfz9yRGVv7KqLBLXCDmopyb6GdhE6K5PU';
const ASKER = '12D3KooWKS7wysvyu41GfAHfAMUYksawA5wSwhTTFNTVNtPvSDQw';

/** A relay of so many streams, which finds a way when it is let. `meter`: whom it serves, and who is told of what passes. */
async function relay(streamsMax: number, meter: object = { allows: () => true }) {
  let serve: ((stream: Stream, connection: Connection) => Promise<void>) | undefined;
  const found = Promise.withResolvers<object>();
  const budgets: number[] = [];
  const deps = {
    self: SELF,
    protocol: '/forward/1',
    host: {
      handle: async (_: string, handler: typeof serve) => {
        serve = handler;
      },
    },
    log: { debug: () => {} },
    metrics: { count: () => {}, set: () => {}, observe: () => {} },
    admission: { confined: () => undefined, charge: () => true },
    relays: { get: () => undefined, region: () => '', asked: () => undefined },
    region: '',
    hops: {
      open: async ({ budgetMs }: ForwardHeader, _: object, signal: AbortSignal) => {
        budgets.push(budgetMs);
        return await Promise.race([
          found.promise,
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
        ]);
      },
    },
    streams: new StreamBook(),
    meter,
    desk: { remaining: () => 0, labelOf: () => 'edge' },
    now: () => 0,
    streamsMax,
  };
  await new ForwardService(deps as unknown as ForwardDeps).start();
  const open = async (from = ASKER) => {
    const [ours, theirs] = await streamPair();
    void serve!(theirs, { remotePeer: from } as never);
    const frames = headFrames(ours);
    await frames.write(encodeHeader({ ...plainHeader(EXIT), budgetMs: BUDGET_MS_MAX }));
    return { reply: decodeReply((await frames.read()).subarray()), stream: frames.unwrap() };
  };
  const ask = async (from = ASKER): Promise<ForwardReply> => (await open(from)).reply;
  return { ask, budgets, open, found, refuse: () => found.reject(new ZeroError('ROUTE_NONE', 'no way')) };
}

/** Waits in turns of the event loop. */
async function eventually(what: string, done: () => boolean): Promise<void> {
  for (let n = 0; !done(); n++) {
    assert.ok(n < 100_000, what);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const codeOf = (reply: ForwardReply): string => (reply.ok ? 'open' : reply.code);

describe('a relay that is full', () => {
  it('takes no stream beyond its bound, however many ask at once, and takes others when those are over', async () => {
    const { ask, refuse } = await relay(2);
    const asked = [ask(), ask(), ask(), ask()];
    const busy = await Promise.race(asked);
    assert.equal(codeOf(busy), 'BUSY');
    refuse();
    const codes = (await Promise.all(asked)).map(codeOf).sort();
    assert.deepEqual(codes, ['BUSY', 'BUSY', 'ROUTE_NONE', 'ROUTE_NONE']);
    assert.equal(codeOf(await ask()), 'ROUTE_NONE', 'there is room again');
  });
});

describe('a relay that is full of one peer', () => {
  it('takes that of another in place of its newest, and waits for no answer longer than a stream takes', async () => {
    const { ask, budgets, refuse } = await relay(4);
    const flood = Array.from({ length: 4 }, () => ask('flood').catch((error: Error) => error.name));
    await eventually('the flood', () => budgets.length === 4);
    assert.deepEqual(new Set(budgets), new Set([SETUP_MS_MAX]));
    const honest = [ask('a'), ask('b')];
    assert.equal(codeOf(await ask('flood')), 'BUSY');
    await eventually('both others', () => budgets.length === 6);
    assert.deepEqual([codeOf(await ask('a')), codeOf(await ask('flood'))], ['BUSY', 'BUSY'], 'two, one, one');
    refuse();
    assert.deepEqual((await Promise.all(honest)).map(codeOf), ['ROUTE_NONE', 'ROUTE_NONE']);
    const ended = (await Promise.all(flood)).map((end) => (typeof end === 'string' ? end : codeOf(end)));
    assert.deepEqual(ended, ['ROUTE_NONE', 'ROUTE_NONE', 'StreamResetError', 'StreamResetError']);
  });

  it('counts a relay, which hands on the streams of many, as eight', () => {
    const places = new StreamPlaces(18, (peer) => peer === 'relay');
    const aborted: string[] = [];
    const stream = (peer: string) => ({ abort: () => void aborted.push(peer) }) as unknown as Stream;
    for (let n = 0; n < 16; n++) assert.ok(places.take('relay', stream('relay')));
    for (let n = 0; n < 2; n++) assert.ok(places.take('edge', stream('edge')));
    assert.deepEqual(
      [places.take('edge', stream('edge')), aborted],
      [false, []],
      'two of an edge are sixteen of it',
    );
    assert.ok(places.take('other', stream('other')));
    assert.deepEqual(aborted, ['relay']);
  });
});

describe('a relay that is not paid', () => {
  it('ends a stream that is open once its sender is served no more, and not before', async () => {
    let passed = 0;
    const meter = {
      allows: () => passed <= METER_LOOK_BYTES,
      forwarded: (_: string, up: number, down: number) => {
        passed += up + down;
      },
    };
    const { found, open } = await relay(1, meter);
    const [far, exit] = await streamPair();
    exit.addEventListener('message', () => {});
    found.resolve({ next: EXIT, stream: far, reply: { path: [] } });
    const { reply, stream } = await open();
    assert.equal(codeOf(reply), 'open');
    const closed = new Promise<void>((resolve) => {
      stream.addEventListener('close', () => resolve(), { once: true });
    });
    const piece = new Uint8Array(16_384);
    while (stream.status === 'open') {
      stream.send(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await closed;
    assert.ok(passed > METER_LOOK_BYTES && passed <= 3 * METER_LOOK_BYTES, `${passed} bytes`);
    assert.notEqual(exit.status, 'open', 'and the other end knows');
  });
});

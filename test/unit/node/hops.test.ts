// One hop of a stream: what the policy is told of the link and of the whole way, and which answers of a relay are not believed.

import assert from 'node:assert/strict';
import type { Stream } from '@libp2p/interface';
import { streamPair } from '@libp2p/utils';
import { Hops, type HopsDeps } from '../../../node/routing/hops.ts';
import { headFrames } from '../../../node/routing/wire.ts';
import { type ErrorCode, isZeroError } from '../../../protocol/errors/index.ts';
import { decodeHeader, encodeReply, type ForwardHeader } from '../../../protocol/forward/index.ts';
import { plainHeader } from '../../support/forward-headers.ts';

const SELF = '12D3KooWDQt3xcLXBmqBfz9yRGVv7KqLBLXCDmopyb6GdhE6K5PU';
const OTHER = '12D3KooWKS7wysvyu41GfAHfAMUYksawA5wSwhTTFNTVNtPvSDQw';
const RELAY = '12D3KooWBLzTLbYrV8XEdyEUSbtvFjXYwS3FvsrBXZhYnGuAYyWy';
const EXIT = '12D3KooWAdhTvNVzEbiCFmrcSFZB8adRxLLKDWbSwNL6kydr9etP';
/** Virtual milliseconds: opening a stream, the link there and back, and what the relay says that its own hop took. */
const OPENING_MS = 300;
const LINK_MS = 20;
const BEHIND_MS = 70;

/** What a hop needs, around one relay: a desk that always chooses it, and whatever else a test says. */
function depsOf(desk: object, others: { measured?: object; now?: () => number } = {}): HopsDeps {
  const measured = others.measured ?? { inFlight: 0, carried: 0, failed: 0 };
  const deps = {
    self: SELF,
    watch: {},
    relays: {
      neighbours: () => [{ id: RELAY }],
      region: () => '',
      exitsOf: () => [],
      asked: () => undefined,
      measured: () => measured,
    },
    desk: {
      choose: () => ({ next: RELAY, reason: 'best', policy: 'split', candidates: [] }),
      around: () => [],
      ...desk,
    },
    policy: undefined,
    now: others.now ?? (() => performance.now()),
  };
  return deps as unknown as HopsDeps;
}

/** A hop over one relay, on a clock of its own. `path`: the relays that the relay says it goes by. */
async function hopBy(path: readonly string[], changes: Partial<ForwardHeader> = {}) {
  let clock = 0;
  const told: object[] = [];
  const [ours, theirs] = await streamPair();
  const deps = depsOf(
    {
      choose: (_header: ForwardHeader, _neighbours: object[], visited: readonly string[]) => ({
        ...(visited.includes(RELAY) ? {} : { next: RELAY }),
        reason: 'best',
        policy: 'split',
        candidates: [],
      }),
      stream: async () => {
        clock += OPENING_MS;
        return ours;
      },
      handed: (_relay: string, _header: ForwardHeader, taken: object | undefined) => told.push(taken ?? {}),
      finished: (_relay: string, _header: ForwardHeader, tookMs: number | undefined) => told.push({ tookMs }),
    },
    { now: () => clock },
  );
  const relay = (async () => {
    const frames = headFrames(theirs);
    decodeHeader((await frames.read()).subarray());
    clock += LINK_MS + BEHIND_MS;
    await frames.write(encodeReply({ ok: true, path, remainingMs: 50, tookMs: BEHIND_MS }));
  })();
  const origin = { from: SELF, relaying: false, avoid: [], record: { attempts: [] } as never };
  const hops = new Hops(deps);
  const header = { ...plainHeader(EXIT), ...changes };
  const hop = await hops
    .open(header, origin, AbortSignal.timeout(10_000))
    .finally(() => ours.abort(new Error('over')));
  await relay;
  return { hop, told };
}

describe('a hop', () => {
  it('measures its link from header to answer, as a probe would, and the whole way with what opening took', async () => {
    const { hop, told } = await hopBy([RELAY]);
    assert.equal(hop.next, RELAY);
    assert.deepEqual(told, [
      { tookMs: LINK_MS, remainingMs: 50 },
      { tookMs: OPENING_MS + LINK_MS + BEHIND_MS },
    ]);
  });

  it('is none by a relay that leaves itself out of the path, or names one twice, the sender, the end or whom it shall go round', async () => {
    const via = [OTHER];
    for (const path of [[], [OTHER], [RELAY, RELAY], [RELAY, SELF], [RELAY, EXIT], [RELAY, OTHER]])
      await assert.rejects(
        hopBy(path, { via }),
        (error) => isZeroError(error) && error.code === 'DECODE_FAILED',
      );
    const { hop } = await hopBy([RELAY, OTHER]);
    assert.deepEqual(hop.reply.path, [RELAY, OTHER]);
  });

  it('to the end itself goes by nobody, whatever that says', async () => {
    const { hop } = await hopBy([OTHER], { to: RELAY });
    assert.deepEqual(hop.reply.path, []);
  });

  it('that the relay refuses is said to be refused, and by nothing else', async () => {
    const { told } = await refusedHop();
    assert.deepEqual(told, ['handed', 'refused']);
  });

  it('that is refused for what this node owes is told to whoever pays, and no fault of a way', async () => {
    const { asked, told } = await refusedHop('PAYMENT_REQUIRED');
    assert.deepEqual({ asked, told }, { asked: [RELAY], told: ['handed'] });
  });

  it('that had less time than it is expected to take says nothing of who did not answer, and one that had enough does', async () => {
    assert.deepEqual(await unanswered(60, 500), { told: [], failed: 0 });
    assert.deepEqual(await unanswered(60, 5), { told: ['handed', 'finished'], failed: 1 });
  });
});

describe('whom a stream shall go round', () => {
  const whom = { around: () => [OTHER] };

  it('is named as if it had had it, by who begins it, and takes as many hops off', async () => {
    const { headers, records } = await refusedHop('ROUTE_NONE', whom);
    assert.deepEqual(
      headers.map(({ ttl, via }) => ({ ttl, via })),
      [{ ttl: 6, via: [OTHER] }],
    );
    assert.deepEqual(records, [[OTHER]]);
  });

  it('is nobody for a relay, and nobody twice', async () => {
    const relayed = await refusedHop('ROUTE_NONE', { ...whom, relaying: true });
    assert.deepEqual(relayed.headers[0]!.via, [SELF]);
    const { headers } = await refusedHop('ROUTE_NONE', { ...whom, via: [OTHER] });
    assert.deepEqual(headers[0]!.via, [OTHER]);
    const five = ['1', '2', '3', '4', '5'].map((end) => `${OTHER.slice(0, -1)}${end}`);
    const many = await refusedHop('ROUTE_NONE', { via: five.slice(0, 1), around: () => five });
    assert.deepEqual(many.headers[0]!.via, five.slice(0, 4));
  });

  it('is nobody when another neighbour is tried, and no refusal meanwhile is held against anybody', async () => {
    const { headers, told } = await refusedHop('ROUTE_NONE', { ...whom, elsewhere: true });
    assert.deepEqual(
      headers.map(({ via }) => via),
      [[OTHER], []],
    );
    assert.deepEqual(told, ['handed', 'handed', 'refused']);
  });
});

/** What is told of a relay that does not answer within a budget, and is expected to take so long. */
async function unanswered(budgetMs: number, costMs: number) {
  const [ours] = await streamPair();
  const told: string[] = [];
  const measured = { inFlight: 0, carried: 0, failed: 0 };
  const deps = depsOf(
    {
      choose: (_header: ForwardHeader, _neighbours: object[], visited: readonly string[]) => ({
        ...(visited.includes(RELAY) ? {} : { next: RELAY }),
        reason: 'best',
        policy: 'split',
        candidates: [{ neighbour: RELAY, costMs, confidence: 1, terms: {} }],
      }),
      stream: async () => ours,
      handed: () => told.push('handed'),
      finished: () => told.push('finished'),
    },
    { measured },
  );
  const origin = { from: SELF, relaying: true, avoid: [], record: { attempts: [] } as never };
  const header = { ...plainHeader(EXIT), budgetMs };
  const opening = new Hops(deps).open(header, origin, AbortSignal.timeout(10_000));
  await assert.rejects(opening, (error) => isZeroError(error));
  return { told, failed: measured.failed };
}

/** What a test says of a hop that is refused. */
interface Refused {
  /** Whom the policy says that it shall go round. */
  readonly around?: () => string[];
  readonly via?: readonly string[];
  readonly relaying?: boolean;
  /** The first refusal says that another neighbour may do better: there is one more. */
  readonly elsewhere?: boolean;
}

/** What is told of relays that say that they have no way, and what they were asked. */
async function refusedHop(code: ErrorCode = 'ROUTE_NONE', of: Refused = {}) {
  const { around = () => [], elsewhere = false, relaying = false, via = [] } = of;
  const told: string[] = [];
  const asked: string[] = [];
  const headers: ForwardHeader[] = [];
  const relays: Promise<void>[] = [];
  const attempts: { readonly around: readonly string[] }[] = [];
  const refuse = async (theirs: Stream) => {
    const frames = headFrames(theirs);
    headers.push(decodeHeader((await frames.read()).subarray()));
    const isMore = elsewhere && headers.length === 1;
    await frames.write(encodeReply({ ok: false, code, reason: 'no way', elsewhere: isMore }));
  };
  const deps = depsOf({
    around,
    stream: async () => {
      const [ours, theirs] = await streamPair();
      relays.push(refuse(theirs));
      return ours;
    },
    handed: () => told.push('handed'),
    finished: () => told.push('finished'),
    refused: () => told.push('refused'),
  });
  (deps.watch as { customer: unknown }).customer = {
    refusal: () => undefined,
    refused: (relay: string) => asked.push(relay),
  };
  const origin = { from: SELF, relaying, avoid: [], record: { attempts } as never };
  const opening = new Hops(deps).open({ ...plainHeader(EXIT), via }, origin, AbortSignal.timeout(10_000));
  await assert.rejects(opening, (error) => isZeroError(error) && error.code === code);
  await Promise.all(relays);
  return { told, asked, headers, records: attempts.map((one) => one.around) };
}

// A node's own policies hold for its own streams: which relays they may go by, and what people read when none is left.

import assert from 'node:assert/strict';
import type { ForwardFacts } from '../../../node/policy/index.ts';
import { CLOSED_POLICIES, DEFAULT_POLICIES, NetworkPolicy, readCedar } from '../../../node/policy/index.ts';
import { Hops, type HopsDeps } from '../../../node/routing/hops.ts';
import { isZeroError } from '../../../protocol/errors/index.ts';
import type { PolicyFile, PolicyQuestion } from '../../../protocol/policy/index.ts';
import { plainHeader } from '../../support/forward-headers.ts';

const SELF = '12D3KooWDQt3xcLXBmqBfz9yRGVv7KqLBLXCDmopyb6GdhE6K5PU';
const OTHER = '12D3KooWKS7wysvyu41GfAHfAMUYksawA5wSwhTTFNTVNtPvSDQw';
const RELAY = '12D3KooWBLzTLbYrV8XEdyEUSbtvFjXYwS3FvsrBXZhYnGuAYyWy';
const EXIT = '12D3KooWAdhTvNVzEbiCFmrcSFZB8adRxLLKDWbSwNL6kydr9etP';

/** The doors of a node under some Cedar files. */
function doorsUnder(files: readonly PolicyFile[]): NetworkPolicy {
  const policies = readCedar(files);
  const judge = (question: PolicyQuestion) => policies.ask(question);
  const service = { bundles: { active: { id: 'one' } }, judge, decideOnce: judge };
  const doors = new NetworkPolicy(
    service as never,
    { name: 'edge', region: 'near', network: 'test' } as never,
  );
  doors.know(SELF, () => undefined);
  return doors;
}

/** What becomes of a stream that looks for its way: by `from`, at a node with one relay. */
async function refusalUnder(policy: NetworkPolicy, from: string): Promise<string> {
  const record = { attempts: [] as { guards: Record<string, string> }[] };
  const deps = {
    self: SELF,
    relays: {
      neighbours: () => [{ id: RELAY, region: 'far', pricePerMiB: 0n }],
      region: () => 'far',
      exitsOf: () => [],
      asked: () => undefined,
      measured: () => ({ inFlight: 0, carried: 0, failed: 0 }),
    },
    desk: {
      choose: (_: object, [relay]: { allowed?: boolean }[]) => ({
        ...(relay?.allowed === false ? {} : { next: RELAY }),
        candidates: relay?.allowed === false ? [{ neighbour: RELAY, excluded: 'forbidden' }] : [],
      }),
      stream: async () => assert.fail('asked'),
      handed: () => {},
      finished: () => {},
    },
    policy,
    now: () => performance.now(),
    watch: { customer: undefined },
  };
  const origin = { from, relaying: from !== SELF, avoid: [], record: record as never };
  const opening = new Hops(deps as unknown as HopsDeps).open(
    plainHeader(EXIT),
    origin,
    AbortSignal.timeout(10_000),
  );
  const error = await opening.then(
    () => assert.fail('it went'),
    (refusal: unknown) => refusal,
  );
  assert.ok(isZeroError(error));
  return `${error.code} ${record.attempts[0]?.guards[RELAY] ?? 'asked'}`;
}

describe('the own streams of a node', () => {
  const text = `@id("rest") permit (principal, action, resource);
    @id("stays-near") @detail("what we send goes by relays near us")
    forbid (principal, action == Zerostate::Action::"relay", resource)
    when { context.purpose == "send" && context has nextRegion && context.nextRegion != "near" };`;

  it('go by no relay that its policies forbid, and the rule is named', async () => {
    const doors = doorsUnder([{ name: 'send.cedar', text }]);
    assert.match(await refusalUnder(doors, SELF), /^ROUTE_REFUSED .*stays-near: what we send goes by/);
    assert.match(await refusalUnder(doors, OTHER), / asked$/, 'the rule is not about streams of others');
  });

  it('go on under the built-in policies, and where a node stands closed, which forwards nothing', () => {
    const facts = { destination: EXIT, destinationRegion: '', guild: '', sla: 'bulk', stayIn: '' };
    const way = (purpose: ForwardFacts['purpose']) => ({ ...facts, purpose, next: RELAY, nextRegion: 'far' });
    assert.ok(doorsUnder(DEFAULT_POLICIES).mayForward(SELF, way('send')).allow);
    const closed = doorsUnder(CLOSED_POLICIES);
    assert.ok(closed.mayForward(SELF, way('send')).allow);
    assert.ok(!closed.mayForward(OTHER, way('forward')).allow);
    assert.ok(!closed.allowRelay(OTHER, undefined));
  });
});

// Part of the test of forwarding: what senders and rules forbid is kept by real relays, and said.

import assert from 'node:assert/strict';
import { peerIdFromString } from '@libp2p/peer-id';
import { openStream } from '../../../node/host/open-stream.ts';
import type { RunningNode } from '../../../node/index.ts';
import { isZeroError } from '../../../protocol/errors/index.ts';
import { eventually, zerostate } from '../../support/cli.ts';
import { addressOf } from '../../support/nodes.ts';
import { keepApartFrom, type startRelays } from '../../support/relays.ts';

const WAIT_MS = 60_000;
const ECHO = '/test/echo';

type World = Awaited<ReturnType<typeof startRelays>>;

/** Tests of bounds in a world whose near relays are relay-a and relay-c, and whose relays ask 10 TEST for a MiB. */
export function boundsSuite(world: () => World): void {
  it('keeps a sender within its region, its ceiling, its guild’s bounds and out where it is denied, and says why', async () => {
    const { a, b, more, nodes, there } = world();
    const near = [a, more.get('relay-c')!];
    const start = async (name: string, conditions: object) => {
      const relay = { near: 3, far: 0, ...conditions };
      const edge = await nodes.start(name, { listen: [], region: 'near', join: [addressOf(a)], relay });
      await keepApartFrom(edge, [b.node.peerId, more.get('relay-d')!.node.peerId]);
      await eventually(`${name} to know the relays and the other edge`, WAIT_MS, async () => {
        const known = edge.node.routing.relays().filter(({ connected }) => connected);
        const priced = known.filter(({ terms }) => terms?.pricePerMiB === 10n);
        return (
          priced.length === near.length && (edge.node.directory.get(there.node.peerId)?.links.length ?? 0) > 0
        );
      });
      return edge;
    };
    const [homely, thrifty, fair, foreign, member, denied] = await Promise.all([
      start('homely', { stayIn: 'near' }),
      start('thrifty', { priceCeiling: '5', currency: 'TEST' }),
      start('fair', { priceCeiling: '10', currency: 'TEST' }),
      start('foreign', { priceCeiling: '50', currency: 'OTHER' }),
      start('member', { guild: 'zsg:test' }),
      start('denied', {}),
    ]);
    const text = `@id("rest") permit (principal, action, resource);
      @id("guild-stays") @detail("this guild stays near")
      forbid (principal, action == Zerostate::Action::"relay", resource)
      when { context.purpose == "forward" && context has guild && context.guild == "zsg:test"
        && context has nextRegion && context.nextRegion != "near" };
      @id("denied") @detail("this peer is on our list")
      forbid (principal == Zerostate::Peer::"${denied.node.peerId}", action == Zerostate::Action::"relay", resource);`;
    for (const { node } of near) await node.policy.bundles.applyFiles([{ name: 'relay.cedar', text }], null);
    const id = peerIdFromString(there.node.peerId);
    const refusalOf = async ({ node }: RunningNode): Promise<string> => {
      const opening = openStream(node.host, id, ECHO, AbortSignal.timeout(WAIT_MS));
      const error = await opening.then(
        () => assert.fail(`${node.config.name} got through`),
        (refusal: unknown) => refusal,
      );
      // On a machine that is held up a relay may have been too late to refuse.
      if (!isZeroError(error) || error.code !== 'ROUTE_REFUSED') return String(error);
      const [record] = node.routing.streams(1);
      const excluded = record!.attempts.flatMap(({ decision, error: why, guards }) => [
        why?.message ?? '',
        ...decision.candidates.map(({ excluded: by = '', neighbour }) => `${by} ${guards[neighbour] ?? ''}`),
      ]);
      return excluded.join('\n');
    };
    const isRefused = async (edge: RunningNode, why: RegExp) => {
      let said = '';
      await eventually(`${edge.node.config.name} to be refused`, WAIT_MS, async () => {
        said = await refusalOf(edge);
        return why.test(said);
      }).catch((cause: Error) => assert.fail(`${cause.message}: ${said}`));
    };
    try {
      await isRefused(homely, /: region/);
      await isRefused(thrifty, /price/);
      await eventually('the fair one to get through', WAIT_MS, async () => {
        const opening = openStream(fair.node.host, id, ECHO, AbortSignal.timeout(WAIT_MS));
        return await opening.then(
          (stream) => {
            stream.abort(new Error('enough'));
            return true;
          },
          () => false,
        );
      });
      await isRefused(foreign, /asks in TEST, and the ceiling is in OTHER/);
      await isRefused(member, /this guild stays near/);
      await isRefused(denied, /this peer is on our list/);
    } finally {
      const open = '@id("rest") permit (principal, action, resource);';
      for (const { node } of near)
        await node.policy.bundles.applyFiles([{ name: 'relay.cedar', text: open }], null);
    }
    const [refused] = thrifty.node.routing.streams(1);
    const { stdout } = await zerostate(['relay', 'why', refused!.id, '--home', nodes.home('thrifty')]);
    assert.match(stdout, /at most 5 TEST for a MiB/);
    assert.match(stdout, /not considered: price/);
    for (const name of ['homely', 'thrifty', 'fair', 'foreign', 'member', 'denied']) await nodes.stop(name);
  });
}

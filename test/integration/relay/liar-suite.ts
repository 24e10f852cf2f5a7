// Part of the test of forwarding: a relay that claims short links, hands streams on late and drops some loses the traffic, and whoever met it says so.

import assert from 'node:assert/strict';
import { peerIdFromString } from '@libp2p/peer-id';
import { eventually } from '../../support/cli.ts';
import type { Lies } from '../../support/lying-relay.ts';
import { lieFromNowOn } from '../../support/lying-relay-node.ts';
import type { startRelays } from '../../support/relays.ts';

const WAIT_MS = 60_000;
/** Late beyond doubt, also where the machine is slow with all of them. */
const LIES: Lies = { boasts: true, lateMs: 250, slowMs: 125, drops: 0.5 };
/** Paths that are tried through it at most until it is reported. */
const TRIALS_MAX = 40;

type World = Awaited<ReturnType<typeof startRelays>>;

/** Tests of a relay that lies in a world whose near relays are relay-a and relay-c. */
export function liarSuite(world: () => World): void {
  it('takes its traffic and its standing from a relay that lies about what it takes and drops streams', async () => {
    const { a, here, more, there } = world();
    const { links } = here.node.host.services;
    const peer = peerIdFromString(there.node.peerId);
    /** The first relay of a new link. */
    const first = async (): Promise<string> => {
      const connection = await links.call(peer, AbortSignal.timeout(WAIT_MS));
      const [relay] = here.node.routing.links().findLast((link) => link.peer === there.node.peerId)!.path;
      connection.abort(new Error('seen'));
      await eventually('the other end to know', WAIT_MS, async () =>
        there.node.routing.links().every((link) => link.peer !== here.node.peerId),
      );
      return relay!;
    };
    await here.node.host.hangUp(peer);
    const near = [a, more.get('relay-c')!];
    const home = await first();
    const liar = near.find(({ node }) => node.peerId === home)!;
    const honest = near.filter((one) => one !== liar).map(({ node }) => node.peerId);
    let lies = LIES;
    let handed = 0;
    await lieFromNowOn(
      liar.node,
      () => lies,
      // The second one: each that is dropped costs the caller seconds.
      () => (handed++ === 1 ? 0 : 1),
    );
    try {
      const agent = liar.node.vault.list()[0]!.agentId;
      const said = () => here.node.reputation.events(agent).filter(({ kind }) => kind === 'relay-failed');
      assert.deepEqual(said(), []);
      // What the node itself does every few seconds, without the pause.
      for (let trial = 0; trial < TRIALS_MAX && said().length === 0; trial++)
        await links.tryPath(peer, honest);
      await eventually('the report', WAIT_MS, async () => said().length > 0);
      for (let stream = 0; stream < 3; stream++) assert.notEqual(await first(), liar.node.peerId);
    } finally {
      lies = {};
    }
  });
}

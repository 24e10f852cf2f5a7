// A policy that refuses a peer is meant for those that are connected as well: they are hung up on, and not reached over relays instead.

import assert from 'node:assert/strict';
import { peerIdFromString } from '@libp2p/peer-id';
import { multiaddr } from '@multiformats/multiaddr';
import { eventually } from '../../support/cli.ts';
import { addressOf, TestNodes } from '../../support/nodes.ts';

const WAIT_MS = 120_000;

describe('a policy about peers', function () {
  this.timeout(300_000);

  it('ends the connection of a peer that it refuses, lets nobody round it, and brings it back when it goes', async () => {
    await using nodes = new TestNodes();
    const relay = await nodes.start('relay', { roles: ['boot', 'relay'] });
    const join = [addressOf(relay)];
    const one = await nodes.start('one', { join });
    const other = await nodes.start('other', { join });
    const id = peerIdFromString(other.node.peerId);
    const isUp = () => one.node.host.getConnections(id).some(({ status }) => status === 'open');
    await eventually('the two to be connected', WAIT_MS, async () => {
      if (!isUp()) await one.node.host.dial(multiaddr(addressOf(other)));
      const { routing } = one.node;
      return isUp() && routing.relays().some(({ connected }) => connected);
    });
    const { bundles } = one.node.policy;
    const text = `@id("rest") permit (principal, action, resource);
      @id("apart") forbid (principal == Zerostate::Peer::"${id}", action == Zerostate::Action::"peer", resource);`;
    await bundles.applyFiles([{ name: 'apart.cedar', text }], null);
    await eventually('the connection to end', WAIT_MS, async () => !isUp());
    await assert.rejects(one.node.host.services.links.call(id, AbortSignal.timeout(WAIT_MS)), /blocked/);
    assert.ok(one.node.host.getPeers().length > 0, 'others stay');
    await bundles.rollback(0, 'over');
    await eventually('the two to be connected again', WAIT_MS, async () => {
      if (!isUp()) await one.node.host.dial(multiaddr(addressOf(other))).catch(() => undefined);
      return isUp();
    });
  });
});

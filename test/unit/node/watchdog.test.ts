// Which peers the watchdog of gossip redials: those whose streams are gone, and none that is only slow to open them.

import assert from 'node:assert/strict';
import { GossipWatchdog } from '../../../node/gossip/watchdog.ts';

const GOSSIP = '/meshsub/1.2.0';
type Deps = ConstructorParameters<typeof GossipWatchdog>[0];

/** A host with one connected peer whose streams the test decides. */
function watched() {
  const streams: { status: string; protocol: string; direction: string }[] = [];
  const rig = { connection: { limits: undefined, streams }, streams, redials: 0 };
  const quiet = { info: () => {}, debug: () => {} };
  const host = {
    services: { pubsub: { protocols: [GOSSIP] } },
    getPeers: () => ['peer'],
    getConnections: () => [rig.connection],
    peerStore: { get: async () => ({ protocols: [GOSSIP] }) },
    hangUp: async () => {},
    dial: async () => {
      rig.redials += 1;
      rig.connection = { limits: undefined, streams };
    },
  };
  const deps = { host, clock: { after: () => () => {} }, log: quiet, metrics: { count: () => {} } };
  const watchdog = new GossipWatchdog(deps as unknown as Deps);
  const looks = async (count: number) => {
    for (let n = 0; n < count; n++) await watchdog.look();
  };
  const open = (...directions: string[]) => {
    streams.length = 0;
    for (const direction of directions) streams.push({ status: 'open', protocol: GOSSIP, direction });
  };
  return { looks, open, rig };
}

describe('the watchdog of gossip', () => {
  it('gives a fresh connection the time to open its streams', async () => {
    const { looks, open, rig } = watched();
    await looks(4);
    open('inbound', 'outbound');
    await looks(10);
    assert.equal(rig.redials, 0);
  });

  it('redials an old connection within two looks of losing a stream', async () => {
    for (const left of ['inbound', 'outbound']) {
      const { looks, open, rig } = watched();
      open('inbound', 'outbound');
      await looks(10);
      open(left);
      await looks(2);
      assert.equal(rig.redials, 1);
    }
  });

  it('redials a connection that never opens them, ever more rarely', async () => {
    const { looks, rig } = watched();
    await looks(5);
    assert.equal(rig.redials, 1);
    await looks(6);
    assert.equal(rig.redials, 1);
    await looks(1);
    assert.equal(rig.redials, 2);
  });
});

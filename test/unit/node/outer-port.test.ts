// A node that nobody outside can dial dials them from one port, tells what they see of it, and lets the dials of both sides cross. The transport, its
// connections and DCUtR are made here; real NATs are in scripts/nat-rig.ts.

import assert from 'node:assert/strict';
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr';
import { OuterPort } from '../../../node/host/outer-port.ts';

const PEER = '12D3KooWQk6zaau1nS5iASVMp2AAVo8GSob7YfpAAfZeZpo9pwso';
const RELAY = multiaddr(`/ip4/45.77.0.11/tcp/4001/p2p/${PEER}`);
const OTHER = multiaddr(`/ip4/45.77.0.12/tcp/4001/p2p/${PEER}`);
const HOME = '/ip4/192.168.1.2/tcp/4001';

interface Dialled {
  readonly localPort?: number;
  readonly initiator?: boolean;
  readonly signal?: AbortSignal;
  readonly upgrader: { upgradeOutbound(connection: object, options: object): Promise<object> };
}

/** A connection as far as it is looked at. */
class Fake extends EventTarget {
  status = 'open';
  end(): void {
    this.status = 'closed';
    this.dispatchEvent(new Event('close'));
  }
}

/** A port with a transport that notes what it is asked, in a node that has the addresses `own`. */
function setUp(
  own: string[] = [HOME, `${OTHER}/p2p-circuit`],
  refuse?: (options: Dialled) => string | undefined,
) {
  const outer = new OuterPort();
  const events = new EventTarget();
  const addressManager = {
    getAddresses: () => [],
    getAddressesWithMetadata: () => own.map((text) => ({ multiaddr: multiaddr(text) })),
  };
  const ports: (number | undefined)[] = [];
  const inner = {
    dial: async (_: Multiaddr, options: Dialled) => {
      ports.push(options.localPort);
      const code = refuse?.(options);
      if (code !== undefined) throw Object.assign(new Error(code), { code });
      return options.upgrader.upgradeOutbound({ direction: 'outbound' }, {});
    },
  };
  const directions: unknown[] = [];
  const upgrader = {
    upgradeOutbound: async (connection: { direction: string }) => {
      directions.push(connection.direction);
      return new Fake();
    },
  };
  const transport = outer.watch(() => inner as never)({ addressManager, events } as never) as {
    dial(address: Multiaddr, options: object): Promise<Fake>;
  };
  const dial = (address: Multiaddr, options: object = {}) =>
    transport.dial(address, { upgrader, ...options });
  const identify = (connection: Fake, observed: string) =>
    events.dispatchEvent(
      new CustomEvent('peer:identify', { detail: { connection, observedAddr: multiaddr(observed) } }),
    );
  const offered = () => outer.addresses().map(String);
  return { outer, addressManager, dial, directions, identify, offered, ports };
}

describe('the port that a hidden node dials from', () => {
  it('is one for all outside, and for nobody else', async () => {
    const { dial, ports } = setUp();
    for (const address of [RELAY, OTHER, multiaddr('/ip4/127.0.0.1/tcp/1'), multiaddr('/ip4/10.0.0.1/tcp/1')])
      await dial(address);
    const [port] = ports;
    assert.ok(port !== undefined && port > 0);
    assert.deepEqual(ports, [port, port, undefined, undefined]);
  });

  it('is none where others reach the node by itself', async () => {
    for (const own of ['/ip4/45.77.0.13/tcp/4001', '/dns4/node.example/tcp/4001']) {
      const { dial, ports } = setUp([HOME, own]);
      await dial(RELAY);
      assert.deepEqual(ports, [undefined], own);
    }
  });

  it('is left where it cannot be had, and nowhere else', async () => {
    for (const code of ['EADDRINUSE', 'EADDRNOTAVAIL', 'EACCES']) {
      const { dial, ports } = setUp([HOME], ({ localPort }) => (localPort === undefined ? undefined : code));
      await dial(RELAY);
      assert.equal(ports.length, 2, code);
      assert.equal(ports[1], undefined);
    }
    const { dial, ports } = setUp([HOME], () => 'ECONNREFUSED');
    await assert.rejects(dial(RELAY), { code: 'ECONNREFUSED' });
    assert.equal(ports.length, 1);
  });

  it('is told as most see it while they are connected, and not where each sees another', async () => {
    const { dial, identify, offered } = setUp();
    const [a, b, c] = [await dial(RELAY), await dial(OTHER), await dial(OTHER)];
    identify(new Fake(), '/ip4/45.77.0.20/tcp/1');
    assert.deepEqual(offered(), [], 'seen over a connection from another port');
    identify(a, '/ip4/192.168.1.9/tcp/5001');
    assert.deepEqual(offered(), [], 'no address of the internet');
    identify(a, '/ip4/45.77.0.20/tcp/5001');
    assert.deepEqual(offered(), ['/ip4/45.77.0.20/tcp/5001']);
    identify(b, '/ip4/45.77.0.20/tcp/6001');
    assert.deepEqual(offered(), [], 'a NAT that gives each another');
    identify(c, '/ip4/45.77.0.20/tcp/6001');
    assert.deepEqual(offered(), ['/ip4/45.77.0.20/tcp/6001']);
    b.end();
    c.end();
    assert.deepEqual(offered(), ['/ip4/45.77.0.20/tcp/5001']);
  });

  it('greets second where it is told so, to the upgrade and to the muxer', async () => {
    const { dial, directions } = setUp();
    await dial(RELAY, { initiator: true });
    await dial(RELAY, { initiator: false });
    assert.deepEqual(directions, ['outbound', 'inbound']);
  });

  it('is what DCUtR tells, and dials from, once it is known', async () => {
    const { outer, addressManager, dial, identify } = setUp();
    const crossed: [string, boolean | undefined, AbortSignal | undefined][] = [];
    let queued = 0;
    const won = new Fake();
    const components = outer.punches((given: object) => given)({
      addressManager,
      connectionManager: {
        openConnection: async () => {
          queued += 1;
          return won;
        },
      },
      transportManager: {
        dial: (address: Multiaddr, { initiator, signal }: Dialled) => {
          crossed.push([String(address), initiator, signal]);
          return address === OTHER ? Promise.resolve(won) : new Promise(() => undefined);
        },
      },
    }) as {
      addressManager: { getAddresses(): Multiaddr[] };
      connectionManager: { openConnection(target: unknown, options: object): Promise<Fake> };
    };
    const open = (options: object) =>
      components.connectionManager.openConnection([RELAY, multiaddr(HOME), OTHER], {
        signal: new AbortController().signal,
        ...options,
      });
    await open({ priority: 100, initiator: false });
    assert.deepEqual([queued, components.addressManager.getAddresses()], [1, []], 'nothing is known yet');
    identify(await dial(RELAY), '/ip4/45.77.0.20/tcp/5001');
    assert.deepEqual(components.addressManager.getAddresses().map(String), ['/ip4/45.77.0.20/tcp/5001']);
    await open({});
    assert.equal(queued, 2, 'a dial that is not to cross');
    for (const initiator of [false, undefined]) {
      crossed.length = 0;
      assert.equal(await open({ priority: 100, initiator }), won);
      assert.deepEqual(
        crossed.map(([address, greets, signal]) => [address, greets, signal?.aborted]),
        [
          [String(RELAY), initiator ?? true, true],
          [String(OTHER), initiator ?? true, false],
        ],
      );
    }
    assert.equal(queued, 2);
  });
});

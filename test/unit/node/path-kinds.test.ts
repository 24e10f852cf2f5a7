// How peers are said to be connected: directly, by a punched hole, by a circuit, by forwarded streams.

import assert from 'node:assert/strict';
import type { Connection } from '@libp2p/interface';
import type { Host } from '../../../node/host/create.ts';
import { PathKinds } from '../../../node/host/path-kinds.ts';
import { pathsText } from '../../../relay/cli/text.ts';

interface Fake {
  readonly remotePeer: string;
  readonly limits: object | undefined;
  readonly routed?: boolean;
  status: string;
}

/** A host whose connections are made here, and its account of them. */
function host() {
  const connections: Fake[] = [];
  let opened: ((event: { detail: Fake }) => void) | undefined;
  const fake = {
    addEventListener: (_: string, told: typeof opened) => {
      opened = told;
    },
    getConnections: (peer?: string) =>
      connections.filter(({ remotePeer }) => (peer ?? remotePeer) === remotePeer),
    services: { links: { has: (one: Fake) => one.routed === true } },
  };
  const kinds = new PathKinds(fake as unknown as Host);
  const open = (remotePeer: string, by: 'dial' | 'circuit' | 'links'): Fake => {
    const one = {
      remotePeer,
      limits: by === 'dial' ? undefined : {},
      routed: by === 'links',
      status: 'open',
    };
    connections.push(one);
    opened?.({ detail: one });
    return one;
  };
  const of = (peer: string) =>
    kinds.of(connections.filter(({ remotePeer }) => remotePeer === peer) as unknown as Connection[]);
  return { kinds, open, of };
}

describe('how peers are connected', () => {
  it('tells the four ways apart, and counts each peer once, by its best', () => {
    const { kinds, of, open } = host();
    open('a', 'dial');
    open('b', 'circuit');
    open('c', 'links');
    open('d', 'circuit');
    open('d', 'dial');
    assert.deepEqual(['a', 'b', 'c', 'd', 'e'].map(of), [
      'direct',
      'relayed',
      'routed',
      'punched',
      undefined,
    ]);
    assert.deepEqual(kinds.count(), { direct: 1, punched: 1, relayed: 1, routed: 1 });
  });

  it('calls a hole punched only what came after a circuit, and forgets what was closed', () => {
    const { of, open } = host();
    open('late', 'links');
    open('late', 'dial');
    assert.equal(of('late'), 'direct', 'a dial that was slower than forwarding');
    open('before', 'dial');
    open('before', 'circuit');
    assert.equal(of('before'), 'direct');
    const circuit = open('closed', 'circuit');
    circuit.status = 'closed';
    assert.equal(of('closed'), undefined);
  });

  it('is said with its shares', () => {
    assert.equal(
      pathsText({ direct: 6, punched: 1, relayed: 0, routed: 3 }),
      '10 peers connected: 6 direct (60 %), 1 punched (10 %), 0 relayed, 3 routed (30 %)',
    );
    assert.equal(
      pathsText({ direct: 0, punched: 0, relayed: 0, routed: 0 }),
      '0 peers connected: 0 direct, 0 punched, 0 relayed, 0 routed',
    );
  });
});

// The gate of a host: so many connections in all, of one site, and of one peer; who leaves makes room.

import assert from 'node:assert/strict';
import type { MultiaddrConnection, PeerId } from '@libp2p/interface';
import { multiaddr } from '@multiformats/multiaddr';
import type { Admission } from '../../../node/admission/index.ts';
import { type ConnectionPolicy, Gater } from '../../../node/host/gater.ts';
import {
  CONNECTIONS_PER_PEER_MAX,
  INBOUND_PER_SITE_MAX,
  INBOUND_SHARE_MAX,
  PENDING_PER_SITE_MAX,
} from '../../../node/host/limits.ts';
import { createMetrics } from '../../../node/metrics/index.ts';

const PEER = { toString: () => 'peer' } as PeerId;

function gate(maxConnections = 1_000, policy?: ConnectionPolicy) {
  const admission = {
    isPenalized: (peer: string) => peer === 'bad',
    confined: (peer: string) => (peer === 'apart' ? 'in quarantine' : undefined),
  } as unknown as Admission;
  return new Gater({ admission, metrics: createMetrics(), maxConnections, groupPrivate: false, policy });
}

/** A connection that comes in from an address; dispatch 'close' to end it. */
function from(ip: string): MultiaddrConnection {
  const connection = Object.assign(new EventTarget(), {
    remoteAddr: multiaddr(`/ip4/${ip}/tcp/1`),
    abort: () => connection.dispatchEvent(new Event('close')),
  });
  return connection as unknown as MultiaddrConnection;
}

/** Lets connections in, handshake and all; answers those that stay open, as the test goes on. */
function visitors(gater: Gater) {
  const open = new Set<MultiaddrConnection>();
  const come = (ip: string): boolean => {
    const connection = from(ip);
    if (gater.denyInboundConnection(connection)) return false;
    open.add(connection);
    connection.addEventListener('close', () => open.delete(connection));
    if (!gater.denyInboundUpgradedConnection(PEER, connection)) return true;
    connection.dispatchEvent(new Event('close'));
    return false;
  };
  const at = (site: string) =>
    [...open].filter(({ remoteAddr }) => String(remoteAddr).includes(`/${site}.`)).length;
  return { come, at, open };
}

describe('the gate', () => {
  it('lets in so many handshakes and so many connections of one site, and others still', () => {
    const gater = gate();
    const open: MultiaddrConnection[] = [];
    for (let i = 0; i < PENDING_PER_SITE_MAX; i++) {
      open.push(from(`8.8.8.${i + 1}`));
      assert.equal(gater.denyInboundConnection(open.at(-1)!), false);
    }
    assert.equal(gater.denyInboundConnection(from('8.8.8.200')), true, 'too many handshakes of one site');
    assert.equal(gater.denyInboundConnection(from('8.8.9.1')), false, 'another site');
    for (const connection of open) gater.denyInboundUpgradedConnection(PEER, connection);
    while (open.length < INBOUND_PER_SITE_MAX) {
      open.push(from('8.8.8.7'));
      assert.equal(gater.denyInboundConnection(open.at(-1)!), false);
      gater.denyInboundUpgradedConnection(PEER, open.at(-1)!);
    }
    assert.equal(gater.denyInboundConnection(from('8.8.8.201')), true, 'too many connections of one site');
    open[0]!.dispatchEvent(new Event('close'));
    assert.equal(gater.denyInboundConnection(from('8.8.8.201')), false, 'one has left');
  });

  it('asks the policy about peers and about circuits, each way', () => {
    const asked: string[] = [];
    const policy = {
      allowPeer: (peer: string, direction: string) => {
        asked.push(`${direction} ${peer}`);
        return peer !== 'peer';
      },
      allowRelay: (peer: string, destination: string | undefined) => {
        asked.push(`relay ${peer} ${destination}`);
        return destination !== 'peer';
      },
      onChange: () => {},
    };
    const gater = gate(1_000, policy);
    const other = { toString: () => 'other' } as PeerId;
    assert.deepEqual([gater.denyDialPeer(PEER), gater.denyDialPeer(other)], [true, false]);
    assert.equal(gater.denyOutboundConnection(PEER), true, 'over relays nobody is dialled');
    assert.equal(gater.denyInboundEncryptedConnection(PEER, from('8.8.8.8')), true);
    assert.equal(gater.denyInboundRelayReservation(other), false);
    assert.equal(gater.denyInboundRelayReservation({ toString: () => 'apart' } as PeerId), true);
    assert.equal(gater.denyOutboundRelayedConnection(other, PEER), true);
    assert.deepEqual(asked, [
      'outbound peer',
      'outbound other',
      'outbound peer',
      'inbound peer',
      'relay other undefined',
      'relay other peer',
    ]);
  });

  it('keeps a share of all connections for dialling out', () => {
    const gater = gate(10);
    for (let i = 0; i < 10 * INBOUND_SHARE_MAX; i++)
      assert.equal(gater.denyInboundConnection(from(`8.${i}.0.1`)), false);
    assert.equal(gater.denyInboundConnection(from('9.0.0.1')), true);
  });

  it('shares the places of a full table among sites: few sites keep out nobody, and nobody loses the only one', () => {
    const gater = gate(20);
    const { at, come, open } = visitors(gater);
    for (let i = 1; i <= 18; i++) assert.equal(come(`8.8.8.${i}`), true);
    assert.equal(come('8.8.8.99'), false, 'more of the same');
    const first = [...open].slice(0, 6);
    for (let i = 1; i <= 9; i++) assert.equal(come(`9.9.9.${i}`), true);
    assert.equal(come('9.9.9.99'), false, 'both have as many');
    for (let i = 1; i <= 6; i++) assert.equal(come(`11.0.0.${i}`), true);
    assert.deepEqual([at('8.8.8'), at('9.9.9'), at('11.0.0'), gater.inbound], [6, 6, 6, 18]);
    assert.ok(
      first.every((one) => open.has(one)),
      'who came first stays',
    );
    for (let i = 0; i < 200; i++) come(`12.0.${i}.1`);
    const alone = [...open].filter(({ remoteAddr }) => String(remoteAddr).includes('/12.0.'));
    assert.deepEqual([alone.length, at('8.8.8'), at('9.9.9'), at('11.0.0')], [15, 1, 1, 1]);
    assert.equal(come('13.0.0.1'), false, 'nobody has two');
    assert.deepEqual([gater.inbound, open.size], [18, 18]);
    // A key that is never shown costs nobody a place.
    for (const one of [...open].slice(0, 2)) one.dispatchEvent(new Event('close'));
    assert.deepEqual([come('13.0.0.1'), come('13.0.0.2')], [true, true]);
    assert.equal(gater.denyInboundConnection(from('14.0.0.1')), false);
    assert.equal(open.size, 18);
  });

  it('lets in so many connections of one peer, and none of one that is shut out', () => {
    const gater = gate();
    const open = Array.from({ length: CONNECTIONS_PER_PEER_MAX }, () => from('8.8.8.8'));
    for (const connection of open)
      assert.equal(gater.denyInboundEncryptedConnection(PEER, connection), false);
    assert.equal(gater.denyInboundEncryptedConnection(PEER, from('8.8.8.8')), true);
    open[0]!.dispatchEvent(new Event('close'));
    assert.equal(gater.denyInboundEncryptedConnection(PEER, from('8.8.8.8')), false);
    const bad = { toString: () => 'bad' } as PeerId;
    assert.equal(gater.denyInboundEncryptedConnection(bad, from('8.8.8.8')), true);
    assert.equal(gater.denyDialPeer(bad), true);
  });
});

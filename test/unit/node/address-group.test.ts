// Address groups: what counts as one network, and what counts at all.

import assert from 'node:assert/strict';
import { multiaddr } from '@multiformats/multiaddr';
import fc from 'fast-check';
import {
  groupOf,
  ipOf,
  isGloballyRoutable,
  PROVIDER_BITS,
  SITE_BITS,
} from '../../../node/host/address-group.ts';

describe('address groups', () => {
  it('cuts addresses at the prefix', () => {
    assert.equal(groupOf('203.113.7.9', SITE_BITS), '203.113.7.0/24');
    assert.equal(groupOf('203.113.7.9', PROVIDER_BITS), '203.113.0.0/16');
    assert.equal(groupOf('2a01:4f8:c2c:1::1', SITE_BITS), '2a01:4f8:c2c:0:0:0:0:0/48');
    assert.equal(groupOf('2a01:4f8:c2c:1::1', PROVIDER_BITS), '2a01:4f8:0:0:0:0:0:0/32');
    assert.equal(
      groupOf('::ffff:203.113.7.9', SITE_BITS),
      '203.113.7.0/24',
      'a mapped address is a v4 address',
    );
    assert.equal(groupOf('::ffff:cb71:709', SITE_BITS), '203.113.7.0/24');
    assert.throws(() => groupOf('example.org', SITE_BITS), RangeError);
  });

  it('knows which addresses the internet routes', () => {
    for (const ip of ['8.8.8.8', '203.113.7.9', '172.32.0.1', '100.128.0.1', '2a01:4f8::1', '::ffff:8.8.8.8'])
      assert.equal(isGloballyRoutable(ip), true, ip);
    for (const ip of [
      '127.0.0.1',
      '10.1.2.3',
      '192.168.1.1',
      '172.16.0.1',
      '169.254.1.1',
      '100.64.0.1',
      '0.0.0.0',
    ])
      assert.equal(isGloballyRoutable(ip), false, ip);
    for (const ip of ['::1', 'fe80::1', 'fd00::1', '::', '2001:db8::1', '::ffff:10.0.0.1', '224.0.0.1'])
      assert.equal(isGloballyRoutable(ip), false, ip);
  });

  it('two v4 addresses share a group exactly when their first bytes agree', () => {
    const ip = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
    fc.assert(
      fc.property(ip, ip, (a, b) => {
        const same = a.slice(0, 3).join('.') === b.slice(0, 3).join('.');
        assert.equal(groupOf(a.join('.'), SITE_BITS) === groupOf(b.join('.'), SITE_BITS), same);
      }),
    );
  });

  it('a relayed address tells nothing of the peer behind it', () => {
    const relay = '/ip4/8.8.8.8/tcp/1/p2p/12D3KooWG1HxGf7qgW3QVyJKMryTSXUE3nJtR7sSFYkFnwwwg1Z7';
    assert.equal(ipOf(multiaddr(relay)), '8.8.8.8');
    assert.equal(ipOf(multiaddr(`${relay}/p2p-circuit`)), undefined);
    assert.equal(ipOf(multiaddr('/dns4/example.org/tcp/1')), undefined);
  });
});

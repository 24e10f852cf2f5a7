// First contact: what a profile and a boot list are worth, what is kept of them in the home, and what is never taken back.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BootList, bootListsToJson, signBootList } from '../../../bootstrap/boot-list.ts';
import { firstContact } from '../../../bootstrap/first-contact.ts';
import { completeConfig } from '../../../node/config/index.ts';
import { createLogger } from '../../../node/logger/index.ts';
import { didKeyOf, type Envelope, seedSigner } from '../../../protocol/envelope/index.ts';
import { PEER, publicKey, refused, seed } from '../../support/agents.ts';

const log = createLogger({ level: 'silent', name: 'test' });
const NOW = Date.parse('2026-04-01T00:00:00Z');
const keys = (...ns: number[]) => ns.map((n) => didKeyOf(publicKey(n)));
const signer = (n: number) => seedSigner(seed(n));
const node = (last: number) => `/ip4/192.0.2.${last}/tcp/4001/p2p/${PEER}`;

function listOf(sequence: number, changes: Partial<BootList> = {}): BootList {
  return {
    type: 'BootList',
    network: 'acme',
    sequence,
    issuedAt: '2026-03-01T00:00:00Z',
    expiresAt: '2026-06-01T00:00:00Z',
    nodes: [node(sequence)],
    signers: { keys: keys(1), threshold: 1 },
    ...changes,
  };
}
const first = signBootList(listOf(1), [signer(1)]);
const handsOver = signBootList(listOf(2, { signers: { keys: keys(2), threshold: 1 } }), [
  signer(1),
  signer(2),
]);
const byNewKey = signBootList(listOf(3, { signers: { keys: keys(2), threshold: 1 } }), [signer(2)]);
const byOldKey = signBootList(listOf(4), [signer(1)]);

describe('first contact', () => {
  let folder: string;
  let now: number;
  const contact = firstContact(() => now);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'zerostate-contact-'));
    now = NOW;
    profile({});
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const path = (name: string) => join(folder, name);
  const publish = (...lists: Envelope[]) =>
    writeFileSync(path('lists.json'), JSON.stringify(bootListsToJson(lists)));
  function profile(changes: object): void {
    writeFileSync(
      path('acme.json'),
      JSON.stringify({
        kind: 'zerostate-network-profile/v1',
        network: 'acme',
        signers: { keys: keys(1), threshold: 1 },
        bootList: 'lists.json',
        ...changes,
      }),
    );
  }
  const adopt = () => contact.adopt({ home: folder, profile: path('acme.json') });
  /** A node that starts (again) on this home. */
  async function source() {
    const { config } = await adopt();
    const made = contact.source({ home: folder, config: completeConfig(config), log });
    assert.ok(made);
    return made;
  }

  it('a profile gives the network, the list and its signers; the list is verified before anything is written', async () => {
    publish(first);
    const { config } = await adopt();
    assert.deepEqual(config, {
      network: 'acme',
      boot: { list: path('lists.json'), signers: keys(1), threshold: 1, sequence: 1 },
    });
    publish(signBootList(listOf(1), [signer(9)]));
    await assert.rejects(adopt(), refused('SIGNATURE_INVALID'));
    publish(signBootList(listOf(1, { network: 'other' }), [signer(1)]));
    await assert.rejects(adopt(), refused('SIGNATURE_INVALID'));
  });

  it('says what is wrong with a profile', async () => {
    publish(first);
    for (const wrong of [
      { network: 'A B' },
      { signers: { keys: [], threshold: 1 } },
      { more: 1 },
      { kind: 'x' },
    ]) {
      profile(wrong);
      await assert.rejects(adopt(), refused('CONFIG_INVALID'));
    }
    profile({ signers: { keys: keys(1), threshold: 2 } });
    await assert.rejects(adopt(), refused('CONFIG_INVALID'));
    profile({ bootList: undefined });
    await assert.rejects(adopt(), refused('USAGE'));
    profile({ bootList: 'elsewhere.json' });
    await assert.rejects(adopt(), refused('BOOT_LIST_UNAVAILABLE'));
    await assert.rejects(contact.adopt({ home: folder, profile: 'nowhere.json' }), refused('CONFIG_INVALID'));
    await assert.rejects(
      contact.adopt({ home: folder, profile: 'testnet' }),
      refused('BOOT_LIST_UNAVAILABLE'),
    );
  });

  it('follows new keys, keeps them over a restart, and takes no list of the old ones any more', async () => {
    publish(first);
    const before = await source();
    assert.deepEqual(await before.read(), [node(1)]);
    publish(first, handsOver);
    assert.deepEqual(await before.read(), [node(2)]);
    // Only the newest list is published: who has kept the trust so far can follow it.
    publish(byNewKey);
    const config = completeConfig({
      network: 'acme',
      boot: { list: path('lists.json'), signers: keys(1), threshold: 1 },
    });
    const again = contact.source({ home: folder, config, log });
    assert.deepEqual(await again?.read(), [node(3)]);
    publish(byOldKey);
    assert.deepEqual(await again?.read(), [node(3)], 'a key that was replaced signs nothing');
    publish(first, handsOver);
    assert.deepEqual(await again?.read(), [node(3)], 'an older list is never taken back');
    // A list that the first key signed proves nothing to a newcomer with the newest profile either.
    profile({ signers: { keys: keys(2), threshold: 1 }, sequence: 3 });
    await assert.rejects(adopt(), refused('DECODE_FAILED'));
  });

  it('goes on with the list it has while none can be read, and takes none that is not in force', async () => {
    publish(first);
    const kept = await source();
    assert.deepEqual(await kept.read(), [node(1)]);
    rmSync(path('lists.json'));
    assert.deepEqual(await kept.read(), [node(1)]);
    publish(first, handsOver);
    now = Date.parse('2026-06-01T00:00:00Z');
    assert.deepEqual(await kept.read(), [node(1)], 'an expired list may be old news');
    await assert.rejects(adopt(), refused('BOOT_LIST_EXPIRED'));
  });

  it('a damaged file in the home is as good as none; other roots of trust start anew', async () => {
    publish(first);
    const kept = await source();
    await kept.read();
    writeFileSync(path('boot-list.json'), '{"kind":"zerostate-kept-boot-list/v1"');
    assert.deepEqual(await (await source()).read(), [node(1)]);
    profile({ signers: { keys: keys(5), threshold: 1 } });
    await assert.rejects(adopt(), refused('SIGNATURE_INVALID'));
  });

  it('reads over HTTP, within bounds, and follows no redirect', async () => {
    const bodies: Record<string, () => [number, string | Buffer]> = {
      '/lists.json': () => [200, JSON.stringify(bootListsToJson([first]))],
      '/huge': () => [200, Buffer.alloc(5_000_000, 32)],
      '/gone': () => [404, ''],
      '/away': () => [302, ''],
    };
    const server = createServer((request, response) => {
      const [status, body] = bodies[request.url ?? '']?.() ?? [500, ''];
      response.writeHead(status, status === 302 ? { location: '/lists.json' } : {}).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const over = (name: string) =>
      contact.adopt({ home: folder, profile: path('acme.json'), bootList: `${base}${name}` });
    try {
      assert.equal((await over('/lists.json')).config.boot?.list, `${base}/lists.json`);
      for (const name of ['/huge', '/gone', '/away'])
        await assert.rejects(over(name), refused('BOOT_LIST_UNAVAILABLE'));
    } finally {
      server.closeAllConnections();
      server.close();
    }
    await assert.rejects(over('/lists.json'), refused('BOOT_LIST_UNAVAILABLE'));
  });

  it('an address that holds a password or a token is not said again with it', async () => {
    for (const place of [
      `http://${'me:hunter2'}@127.0.0.1:1/x.json`,
      'http://127.0.0.1:1/x.json?token=hunter2',
    ])
      await assert.rejects(
        contact.adopt({ home: folder, profile: path('acme.json'), bootList: place }),
        (error: Error) => {
          assert.match(error.message, /127\.0\.0\.1:1\/x\.json/);
          assert.doesNotMatch(error.message, /hunter2/);
          return true;
        },
      );
  });
});

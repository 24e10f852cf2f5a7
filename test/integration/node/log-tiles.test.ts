// The logs of a running node as others read them: C2SP tlog-tiles over HTTP without a token, and the same over libp2p.

import assert from 'node:assert/strict';
import {
  auditLog,
  decodeEquivocation,
  peerIdOfOrigin,
  verifyEquivocation,
  verifyNodeCheckpoint,
} from '../../../protocol/log/index.ts';
import { refused, seed } from '../../support/agents.ts';
import { eventually } from '../../support/cli.ts';
import { note } from '../../support/log-stores.ts';
import { MemoryLog, sampleEntry } from '../../support/memory-log.ts';
import { addressOf, TestNodes } from '../../support/nodes.ts';
import { startPartner } from '../../support/partners.ts';
import { TileClient } from '../../support/tile-client.ts';

const SOON_MS = 60_000;
/** Two full tiles and a part of the third. */
const ENTRIES = 600;

describe('logs for readers', function () {
  this.timeout(300_000);

  it('are read whole by an independent client over HTTP, and over libp2p, at their author and at a peer', async () => {
    await using nodes = new TestNodes();
    const author = await nodes.start('author');
    const { origin } = author.node.ownLog;
    await Promise.all(
      Array.from({ length: ENTRIES }, (_, n) => author.node.ownLog.append(note(`entry ${n}`))),
    );
    const peer = await nodes.start('peer', { join: [addressOf(author)] });
    await eventually(
      'the copy',
      SOON_MS,
      async () => peer.node.store.state(origin).size === author.node.ownLog.state().size,
    );
    for (const { api } of [author, peer]) {
      const prefix = `${api.url}/log/${author.node.peerId}`;
      const vkey = await (await fetch(`${prefix}/key`)).text();
      const { size, entries } = await new TileClient(prefix, vkey).readAll();
      assert.equal(size, ENTRIES);
      assert.deepEqual(entries[599], Buffer.from((await author.node.store.record(origin, 599))!));
    }
    const get = async (path: string) =>
      await peer.node.logProtocol.fetch(author.node.host.peerId, origin, path);
    const head = verifyNodeCheckpoint(await get('checkpoint'), origin);
    const older = await peer.node.logProofs.checkpointHistory(origin);
    const report = await auditLog({
      head,
      older: older.map(({ checkpoint }) => verifyNodeCheckpoint(checkpoint, origin)),
      get,
    });
    assert.deepEqual([report.size, report.bundles], [ENTRIES, 3]);
    assert.ok(report.heads > 0);
  });

  it('says what may be kept by caches, and has nothing beyond the signed head', async () => {
    await using nodes = new TestNodes();
    const { node, api } = await nodes.start('author');
    await Promise.all(Array.from({ length: 300 }, (_, n) => node.ownLog.append(note(`entry ${n}`))));
    const prefix = `${api.url}/log/${node.peerId}`;
    const look = async (path: string) => {
      const response = await fetch(`${prefix}/${path}`);
      const bytes = (await response.arrayBuffer()).byteLength;
      return [response.status, response.headers.get('cache-control')?.includes('immutable') ?? null, bytes];
    };
    assert.deepEqual(await look('tile/0/000'), [200, true, 256 * 32]);
    assert.deepEqual(await look('tile/0/001.p/44'), [200, true, 44 * 32]);
    assert.deepEqual(await look('tile/0/001.p/3'), [200, true, 3 * 32]);
    assert.deepEqual(await look('tile/1/000.p/1'), [200, true, 32]);
    assert.deepEqual(await look('tile/entries/001.p/44'), [200, true, 44 * 51]);
    const [status, isImmutable] = await look('checkpoint');
    assert.deepEqual([status, isImmutable], [200, false]);
    const heads = await node.logProofs.checkpointHistory(node.ownLog.origin);
    assert.equal((await look(`checkpoint/${heads.at(-1)!.size}`))[0], 200);
    for (const absent of [
      'tile/0/001',
      'tile/0/001.p/45',
      'tile/2/000.p/1',
      'tile/entries/002.p/1',
      'tile/0/01',
      'tile/0/x000/001',
      'tile/0/000.p/0',
      'witnessed',
      'evidence',
      'other',
      'checkpoint/301',
      '',
    ])
      assert.equal((await look(absent))[0], 404, absent);
    const stranger = await fetch(`${api.url}/log/${'1'.repeat(52)}/checkpoint`);
    assert.equal(stranger.status, 404);
  });

  it('of an author who forked have no head, and the evidence instead', async () => {
    await using nodes = new TestNodes();
    const { node, api } = await nodes.start('reader');
    const entries = [sampleEntry(1), sampleEntry(2)];
    let shown = new MemoryLog(1).append(...entries);
    await using partner = await startPartner({ seed: seed(40), logs: () => [shown] });
    await partner.dial(String(node.host.getMultiaddrs()[0]));
    await eventually('the first history', SOON_MS, async () => node.store.state(shown.origin).size === 2);
    shown = new MemoryLog(1).append(entries[0]!, sampleEntry(3));
    await eventually('the fork to be seen', SOON_MS, async () => node.forks.has(shown.origin));
    const prefix = `${api.url}/log/${peerIdOfOrigin(shown.origin)}`;
    const response = await fetch(`${prefix}/checkpoint`);
    assert.equal(response.status, 409);
    assert.equal(((await response.json()) as { error: { code: string } }).error.code, 'LOG_FORKED');
    const evidence = new Uint8Array(await (await fetch(`${prefix}/evidence`)).arrayBuffer());
    assert.equal(verifyEquivocation(decodeEquivocation(evidence)).origin, shown.origin);
    assert.equal((await fetch(`${prefix}/tile/0/000.p/2`)).status, 200);
    await assert.rejects(node.logResources.read(shown.origin, 'witnessed'), refused('LOG_FORKED'));
  });
});

// Witnesses among real nodes: heads are cosigned and the cosignatures reach everybody; a log that shows two histories is found out by
// whoever compares, and the evidence reaches those who saw one history only.

import assert from 'node:assert/strict';
import {
  consistencyProof,
  encodeAddCheckpoint,
  encodeEquivocation,
  verifyEquivocation,
} from '../../../protocol/log/index.ts';
import { seed } from '../../support/agents.ts';
import { eventually } from '../../support/cli.ts';
import { note } from '../../support/log-stores.ts';
import { MemoryLog, sampleEntry } from '../../support/memory-log.ts';
import { addressOf, TestNodes } from '../../support/nodes.ts';
import { startPartner } from '../../support/partners.ts';

const SOON_MS = 60_000;

describe('witnesses among nodes', function () {
  this.timeout(300_000);

  it('cosign a head until there is a quorum, and every node comes to know it', async () => {
    await using nodes = new TestNodes();
    const author = await nodes.start('author', { logs: { quorum: 2 } });
    const join = [addressOf(author)];
    const first = await nodes.start('first', { join });
    const second = await nodes.start('second', { join });
    const { origin } = author.node.ownLog;
    await author.node.ownLog.append(note('one'));
    await eventually('the quorum', SOON_MS, async () => {
      const { reached } = await author.node.logProofs.witnessQuorumOf(origin);
      return reached;
    });
    const proof = await author.node.logProofs.proveEntry(origin, 0);
    assert.deepEqual(
      proof.witnesses.counted.map(({ peerId }) => peerId).sort(),
      [first.node.peerId, second.node.peerId].sort(),
    );
    // The others learn it by gossip; what counts for them follows their own policy.
    for (const { node } of [first, second])
      await eventually('the cosignatures', SOON_MS, async () => {
        const { counted } = await node.logProofs.witnessQuorumOf(origin);
        return counted.length === 2;
      });
    const witnessed = await fetch(`${second.api.url}/log/${author.node.peerId}/witnessed`);
    assert.equal(witnessed.status, 200);
    await author.node.ownLog.append(note('two'));
    await eventually('the next head', SOON_MS, async () => {
      const { reached, size } = await author.node.logProofs.witnessQuorumOf(origin);
      return reached && size === 2;
    });
    assert.deepEqual(
      author.node.cosignatures.asked().map(({ size, reason }) => [size, reason]),
      [
        [2, ''],
        [2, ''],
      ],
    );
  });

  it('say why there is no quorum', async () => {
    await using nodes = new TestNodes();
    const author = await nodes.start('author', { logs: { quorum: 1 } });
    const never = await nodes.start('never', { join: [addressOf(author)], logs: { witness: 'never' } });
    await author.node.ownLog.append(note('one'));
    assert.equal((await author.node.cosignatures.collect())?.reached, false);
    await nodes.stop('author');
    const logs = { witnesses: [never.node.peerId], quorum: 1 };
    const again = await nodes.start('author', { join: [addressOf(never)], logs });
    assert.equal((await again.node.cosignatures.collect())?.reached, false);
    const [asked] = again.node.cosignatures.asked();
    assert.equal(asked?.peerId, never.node.peerId);
    assert.notEqual(asked?.reason, '');
  });

  it('answer over HTTP as C2SP tlog-witness says', async () => {
    await using nodes = new TestNodes();
    const { api } = await nodes.start('witness', { logs: { witness: 'open' } });
    const log = new MemoryLog(1).append(sampleEntry(1), sampleEntry(2), sampleEntry(3));
    const post = async (oldSize: number, size: number) => {
      const proof = consistencyProof(oldSize, size, log.nodes);
      const body = encodeAddCheckpoint({ oldSize, proof, checkpoint: log.checkpointAt(size) });
      const response = await fetch(`${api.url}/witness/add-checkpoint`, { method: 'POST', body });
      return [response.status, response.headers.get('content-type'), await response.text()] as const;
    };
    const key = await (await fetch(`${api.url}/witness/key`)).text();
    const [status, , line] = await post(0, 2);
    assert.equal(status, 200);
    assert.ok(line.startsWith(`— ${key.split('+')[0]} `));
    assert.deepEqual(await post(0, 3), [409, 'text/x.tlog.size', '2\n']);
    assert.equal((await fetch(`${api.url}/witness/add-checkpoint`, { method: 'POST' })).status, 400);
  });

  it('learn of a fork that only one of them could see, by gossip and by comparing later', async () => {
    await using nodes = new TestNodes();
    const [first, second] = [await nodes.start('first'), await nodes.start('second')];
    const entries = Array.from({ length: 6 }, (_, n) => sampleEntry(n));
    const [one, other] = [
      new MemoryLog(1).append(...entries.slice(0, 4)),
      new MemoryLog(1).append(...entries.slice(0, 2), ...entries.slice(4)),
    ];
    // One history for each of them.
    await using left = await startPartner({ seed: seed(40), logs: () => [one] });
    await using right = await startPartner({ seed: seed(41), logs: () => [other] });
    await left.dial(addressOf(first));
    await right.dial(addressOf(second));
    const { origin } = one;
    for (const { node } of [first, second])
      await eventually('a history', SOON_MS, async () => node.store.state(origin).size === 4);
    // Holds what the first one holds: it can only be told.
    const told = await nodes.start('told', { join: [addressOf(first)] });
    await eventually('a copy', SOON_MS, async () => told.node.store.state(origin).size === 4);
    assert.deepEqual([first.node.forks.size, second.node.forks.size], [0, 0]);
    await first.node.host.dial(second.node.host.getMultiaddrs());
    for (const { node } of [first, second, told])
      await eventually('the fork', SOON_MS, async () => node.forks.has(origin));
    const evidence = first.node.forks.get(origin)!;
    assert.equal(verifyEquivocation(evidence).origin, origin);
    assert.ok(encodeEquivocation(evidence).length <= 2_048);
    assert.equal((await first.node.logProofs.proveEntry(origin, 0)).isForked, true);
    // Who comes later with the same history takes the evidence when it compares.
    const late = await nodes.start('late');
    await using still = await startPartner({ seed: seed(42), logs: () => [one] });
    await still.dial(addressOf(late));
    await eventually('a history', SOON_MS, async () => late.node.store.state(origin).size === 4);
    await late.node.host.dial(first.node.host.getMultiaddrs());
    await eventually('the evidence', SOON_MS, async () => late.node.forks.has(origin));
  });
});

// A peer that gossips invalid objects: shut out, kept out, and shown to people with the reason.

import assert from 'node:assert/strict';
import type { PeersView } from '../../../node/api/views.ts';
import { topicOf } from '../../../node/gossip/index.ts';
import { signAnnouncement } from '../../../node/network/announcement.ts';
import { publicKeyOfSeed } from '../../../protocol/crypto/index.ts';
import { peerIdOfKey } from '../../../protocol/log/index.ts';
import { eventually, zerostate } from '../../support/cli.ts';
import { addressOf, TestNodes } from '../../support/nodes.ts';
import { type Rogue, startRogue } from '../../support/rogue.ts';

/** Announcements of made-up nodes that a rogue sends, and how many it may bring at once. */
const MADE_UP = 1_500;
const NEW_FROM_ONE = 256;
/** And how many more in each second that the siege lasts. */
const NEW_A_SECOND = 4;

/** A node that a rogue gossips with, an honest node beside it, and what the victim says of itself. */
async function besiege(nodes: TestNodes, rogue: Rogue) {
  const victim = await nodes.start('victim');
  const honest = await nodes.start('honest', { join: [addressOf(victim)] });
  await rogue.dial(addressOf(victim));
  const topic = topicOf('test', 'announce');
  await eventually('the rogue to hear subscriptions', 60_000, async () =>
    rogue.host.services.pubsub?.getSubscribers(topic).some((peer) => peer.equals(victim.node.host.peerId)),
  );
  await eventually('the two to hear each other', 60_000, async () =>
    victim.node.directory.get(honest.node.peerId),
  );
  const { heardAtMs: _, ...claim } = victim.node.directory.self();
  return { victim, honest, topic, claim };
}

describe('admission at work', function () {
  this.timeout(300_000);

  it('shuts out who gossips invalid signatures; others are heard; people see why', async () => {
    await using nodes = new TestNodes();
    await using rogue = await startRogue({ gossip: true });
    const { claim, honest, topic, victim } = await besiege(nodes, rogue);
    const started = Date.now();
    let sent = 0;
    await eventually('the penalty', 60_000, async () => {
      for (let i = 0; i < 20; i++) {
        // Claims to be the honest node, signed with a key that is not its own.
        const forged = { ...claim, peerId: honest.node.peerId, issuedAtMs: started + sent++ };
        await rogue.host.services.pubsub?.publish(
          topic,
          signAnnouncement(forged, new Uint8Array(32).fill(7)),
        );
      }
      return victim.node.admission.isPenalized(rogue.peerId);
    });
    await eventually('the rogue to be hung up', 60_000, async () =>
      victim.node.host.getPeers().every((peer) => peer.toString() !== rogue.peerId),
    );
    // It may dial again, and is turned away before anything is served.
    const again = await rogue.dial(addressOf(victim)).catch(() => undefined);
    await eventually('the second connection to be closed', 60_000, async () => again?.status !== 'open');

    const response = await fetch(`${victim.api.url}/v1/peers`, {
      headers: { authorization: `Bearer ${victim.token}` },
    });
    const { peers } = (await response.json()) as PeersView;
    const shown = peers.find(({ peerId }) => peerId === rogue.peerId);
    assert.equal(shown?.state, 'penalized');
    assert.equal(shown?.reason, 'invalid objects');
    assert.equal(peers.find(({ peerId }) => peerId === honest.node.peerId)?.state, 'ok');
    const told = await zerostate(['peers', '--home', nodes.home('victim')]);
    assert.match(
      told.stdout,
      new RegExp(`shut out .*invalid objects, until .* \\(\\d+ refused.*${rogue.peerId}`),
    );
    assert.match(told.stdout, /1 connected .*, 0 limited, 1 shut out/);

    const before = Date.now();
    await eventually('the honest node to be heard', 60_000, async () => {
      await honest.node.directory.announce();
      return (victim.node.directory.get(honest.node.peerId)?.issuedAtMs ?? 0) > before;
    });
  });

  it('hears of so many made-up nodes from one peer and no more, passes no more on, and keeps those that are real', async () => {
    await using nodes = new TestNodes();
    await using rogue = await startRogue({ gossip: true });
    const { claim, honest, topic, victim } = await besiege(nodes, rogue);
    // Each is signed by a key of its own, and valid.
    const began = performance.now();
    for (let n = 0; n < MADE_UP; n++) {
      const seed = new Uint8Array(32).fill(n & 255);
      seed[0] = n >> 8;
      const peerId = peerIdOfKey(publicKeyOfSeed(seed));
      await rogue.host.services.pubsub?.publish(topic, signAnnouncement({ ...claim, peerId }, seed));
    }
    const heard = async () => {
      const rendered = await victim.node.metrics.render();
      return Number(
        /zerostate_gossip_messages_total\{topic="announce",verdict="ignore"\} (\d+)/.exec(rendered)?.[1],
      );
    };
    await eventually(
      'the rest to be ignored',
      60_000,
      async () => (await heard()) > MADE_UP - 2 * NEW_FROM_ONE,
    );
    // However slow the machine is: what time adds is counted.
    const most = 2 * NEW_FROM_ONE + (NEW_A_SECOND * (performance.now() - began)) / 1_000;
    const known = victim.node.directory.nodes().length;
    assert.ok(known < most, `${known} nodes`);
    assert.ok(victim.node.directory.get(honest.node.peerId));
    assert.ok(honest.node.directory.nodes().length < most);
    assert.equal(honest.node.admission.standing(victim.node.peerId).state, 'ok');
  });

  it('passes on so many words of one node and no more, however fast it speaks', async () => {
    await using nodes = new TestNodes();
    await using rogue = await startRogue({ gossip: true });
    const { claim, honest, topic, victim } = await besiege(nodes, rogue);
    const seed = new Uint8Array(32).fill(7);
    const said = { ...claim, peerId: peerIdOfKey(publicKeyOfSeed(seed)) };
    const began = said.issuedAtMs;
    const count = 200;
    for (let n = 1; n <= count; n++)
      await rogue.host.services.pubsub?.publish(
        topic,
        signAnnouncement({ ...said, issuedAtMs: began + n }, seed),
      );
    const judged = async ({ node }: typeof victim, verdict: string) =>
      Number(
        new RegExp(`zerostate_gossip_messages_total\\{topic="announce",verdict="${verdict}"\\} (\\d+)`).exec(
          await node.metrics.render(),
        )?.[1] ?? 0,
      );
    await eventually(
      'the rest to be ignored',
      60_000,
      async () => (await judged(victim, 'ignore')) > count - 40,
    );
    // Which of them were passed on depends on when they came; how many does not.
    assert.ok((await judged(honest, 'accept')) < 60);
  });
});

// A process of its own that gossips announcements with invalid signatures at a steady rate: node flooder.ts ADDRESS RATE SECONDS.
// It prints its peer id when it is ready, and how many it sent when it ends.

import { setTimeout as delay } from 'node:timers/promises';
import { topicOf } from '../../node/gossip/index.ts';
import { signAnnouncement } from '../../node/network/announcement.ts';
import { startRogue } from '../support/rogue.ts';

const [address = '', rate = '1000', seconds = '5'] = process.argv.slice(2);
const TICK_MS = 20;

const rogue = await startRogue({ gossip: true });
await rogue.dial(address);
const topic = topicOf('test', 'announce');
const pubsub = rogue.host.services.pubsub!;
while (pubsub.getSubscribers(topic).length === 0) await delay(50);
const bytes = signAnnouncement(
  {
    type: 'NodeAnnouncement',
    peerId: rogue.peerId,
    name: 'flood',
    region: 'here',
    roles: ['edge'],
    version: '0',
    addresses: [],
    links: [],
    log: { size: 0, root: '' },
    issuedAtMs: Date.now(),
  },
  new Uint8Array(32).fill(9),
);
process.stdout.write(`${rogue.peerId}\n`);
const started = performance.now();
let sent = 0;
while (performance.now() - started < Number(seconds) * 1_000) {
  const due = ((performance.now() - started) / 1_000) * Number(rate);
  for (; sent < due; sent++) {
    // Another signature each time, so that no two are the same message.
    const forged = Uint8Array.from(bytes);
    new DataView(forged.buffer).setUint32(forged.length - 8, sent);
    await pubsub.publish(topic, forged).catch(() => undefined);
  }
  await delay(TICK_MS);
}
process.stdout.write(`${sent}\n`);
await rogue.stop();
process.disconnect?.();

// A process of its own that gossips announcements with invalid signatures at a steady rate: node flooder.ts ADDRESS RATE SECONDS.
// Shut out, it comes back as somebody else: peer ids are free. It prints its first peer id when it is ready, and how many messages it
// sent under how many ids when it ends.

import { setTimeout as delay } from 'node:timers/promises';
import { topicOf } from '../../node/gossip/index.ts';
import { signAnnouncement } from '../../node/network/announcement.ts';
import { type Rogue, startRogue } from '../support/rogue.ts';

const [address = '', rate = '1000', seconds = '5'] = process.argv.slice(2);
const TICK_MS = 20;
/** Hosts made ahead, so that the next identity is there when the one before is shut out. */
const READY_MAX = 4;

const topic = topicOf('test', 'announce');
const claim: Omit<Parameters<typeof signAnnouncement>[0], 'issuedAtMs'> = {
  type: 'NodeAnnouncement',
  peerId: '',
  name: 'flood',
  region: 'here',
  roles: ['edge'],
  version: '0',
  addresses: [],
  links: [],
  log: { size: 0, root: '' },
};

async function connected(): Promise<Rogue | undefined> {
  const rogue = await startRogue({ gossip: true });
  try {
    await rogue.dial(address);
    for (let i = 0; i < 100; i++) {
      if (rogue.host.services.pubsub!.getSubscribers(topic).length > 0) return rogue;
      await delay(5);
    }
  } catch {
    // Refused: too many connections at once. It tries again.
  }
  await rogue.stop();
  return undefined;
}

async function flooder(): Promise<Rogue> {
  for (;;) {
    const rogue = await connected();
    if (rogue !== undefined) return rogue;
  }
}

let rogue = await flooder();
const ready = Array.from({ length: READY_MAX }, flooder);
let ids = 1;
let bytes = forgedBy(rogue);
process.stdout.write(`${rogue.peerId}\n`);
const started = performance.now();
const elapsed = () => (performance.now() - started) / 1_000;
let sent = 0;
let lost = 0;
while (elapsed() < Number(seconds)) {
  const due = elapsed() * Number(rate) - lost;
  while (sent < due && rogue.host.getPeers().length > 0) {
    // Another signature each time, so that no two are the same message.
    const forged = Uint8Array.from(bytes);
    new DataView(forged.buffer).setUint32(forged.length - 8, sent++);
    await rogue.host.services.pubsub!.publish(topic, forged).catch(() => undefined);
  }
  if (rogue.host.getPeers().length === 0) {
    void rogue.stop();
    const at = ids % READY_MAX;
    rogue = await (ready[at] as Promise<Rogue>);
    ready[at] = flooder();
    ids += 1;
    bytes = forgedBy(rogue);
    // What could not be sent meanwhile is not made up for in one burst.
    lost = Math.max(lost, elapsed() * Number(rate) - sent);
  } else await delay(TICK_MS);
}
process.stdout.write(`${sent} ${ids}\n`);
await Promise.all([rogue.stop(), ...ready.map(async (one) => (await one).stop())]);
process.disconnect?.();

function forgedBy({ peerId }: Rogue): Uint8Array {
  return signAnnouncement({ ...claim, peerId, issuedAtMs: Date.now() }, new Uint8Array(32).fill(9));
}

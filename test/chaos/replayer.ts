// A process of its own that puts one record at several nodes at a steady rate, under several ids:
// node replayer.ts ADDRESSES(,) KEY(base64) VALUE(base64) RATE SECONDS IDS. It prints how many it sent and how many were taken.

import { setTimeout as delay } from 'node:timers/promises';
import { startRogue } from '../support/rogue.ts';

const [list = '', key = '', value = '', rate = '1000', seconds = '5', ids = '5'] = process.argv.slice(2);
const addresses = list.split(',');
const TICK_MS = 10;
/** Puts under way at once; past it the nodes are the slow side, and the rate drops honestly. */
const UNDER_WAY_MAX = 256;

const record = [Buffer.from(key, 'base64'), Buffer.from(value, 'base64')] as const;
const rogues = await Promise.all(Array.from({ length: Number(ids) }, () => startRogue()));
await Promise.all(rogues.flatMap((rogue) => addresses.map((address) => rogue.dial(address))));
process.stdout.write('ready\n');
const started = performance.now();
const idle = performance.eventLoopUtilization();
const elapsed = () => (performance.now() - started) / 1_000;
const underWay = new Set<Promise<void>>();
let sent = 0;
let taken = 0;
let lost = 0;
while (elapsed() < Number(seconds)) {
  const due = elapsed() * Number(rate) - lost;
  while (sent < due && underWay.size < UNDER_WAY_MAX) {
    const rogue = rogues[sent % rogues.length]!;
    const address = addresses[Math.floor(sent / rogues.length) % addresses.length]!;
    sent += 1;
    const put: Promise<void> = rogue
      .put(address, ...record)
      .catch(() => false)
      .then((wasTaken) => {
        underWay.delete(put);
        if (wasTaken) taken += 1;
      });
    underWay.add(put);
  }
  lost = Math.max(lost, elapsed() * Number(rate) - sent);
  await delay(TICK_MS);
}
const took = elapsed();
const busy = performance.eventLoopUtilization(idle).utilization;
await Promise.all(underWay);
process.stdout.write(`${JSON.stringify({ perSecond: sent / took, taken, busy })}\n`);
await Promise.all(rogues.map((rogue) => rogue.stop()));
process.disconnect?.();

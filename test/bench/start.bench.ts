// How long a node takes to be up when it holds ten thousand statements, from the start of its process until its API answers. At a start
// every record is compared with its hash, and every statement that counts is verified again: nothing on the disk is believed.

import { join } from 'node:path';
import { systemClock } from '../../node/clock/index.ts';
import { OwnLog } from '../../node/log/index.ts';
import { openStores } from '../../node/log/open-stores.ts';
import { createLogger } from '../../node/logger/index.ts';
import { publicKeyOfSeed } from '../../protocol/crypto/index.ts';
import { type Envelope, seedSigner } from '../../protocol/envelope/index.ts';
import { createAgentKeys } from '../../protocol/identity/index.ts';
import { noteSigner, peerIdOfKey } from '../../protocol/log/index.ts';
import type { RandomStream } from '../../sim/random.ts';
import { startChaosNode } from '../chaos/node-processes.ts';
import { makeCard, VALIDITY } from '../support/agents.ts';
import type { Bench } from './bench.ts';
import { median } from './measure.ts';

/** Whoever waits for a node should not have to look away. */
const START_MS_MAX = 2_000;
const STARTS = 5;
const STATEMENTS = 10_000;
/** Logs that the statements are in. */
const LOGS = 20;
const SEED_BYTES = 32;

export const bench: Bench = {
  name: 'start',
  summary:
    'start of a node that holds 10,000 statements, from its process until its API answers, against two seconds',
  bar: { sign: '<=', value: 1 },
  async run({ folder, full, note, report, random }) {
    const measure = async (label: string, versions: number) => {
      const home = join(folder(), 'home');
      await (await startChaosNode(home)).end('SIGTERM');
      if (versions > 0) await fill(home, random(label), versions);
      const starts: number[] = [];
      for (let n = 0; n < STARTS; n++) {
        const node = await startChaosNode(home);
        starts.push(node.startMs);
        await node.end('SIGTERM');
      }
      note(
        `${label}: ${starts.map((ms) => ms.toFixed(0)).join(', ')} ms, the first without a memory of checked keys`,
      );
      report({
        case: label,
        sizes: { statements: versions > 0 ? STATEMENTS : 0 },
        unit: 'ms',
        better: 'lower',
        ours: median(starts),
        peer: START_MS_MAX,
        peerName: 'two seconds',
      });
    };
    await measure('nothing held', 0);
    await measure('ten versions of each card', 10);
    // Making so many agents takes a minute.
    if (full) await measure('each the card of another agent', 1);
  },
};

/** Fills the logs of some other nodes with cards, signed by as many agents as it takes. */
async function fill(home: string, random: RandomStream, versions: number): Promise<void> {
  const { db, store } = await openStores({
    dir: join(home, 'db'),
    clock: systemClock,
    log: createLogger({ level: 'error', name: 'fill' }),
  });
  const logs = Array.from({ length: LOGS }, () => {
    const seed = random.bytes(SEED_BYTES);
    const listener = { entry: () => {}, head: () => {} };
    return new OwnLog({
      store,
      clock: systemClock,
      peerId: peerIdOfKey(noteSigner(seed).publicKey),
      seed,
      listener,
    });
  });
  for (let agent = 0; agent * versions < STATEMENTS; agent++) {
    const log = logs[agent % LOGS]!;
    const envelopes = cardsOf(random, versions);
    const appended = envelopes.map((envelope) => log.append(envelope));
    if (agent % 100 === 0 || (agent + LOGS) * versions >= STATEMENTS) await Promise.all(appended);
  }
  await Promise.all(logs.map((log) => log.flush()));
  await db.end();
}

function cardsOf(random: RandomStream, versions: number): Envelope[] {
  const [identity, next, operational] = [0, 1, 2].map(() => random.bytes(SEED_BYTES)) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const { keychain } = createAgentKeys({
    identitySeed: identity,
    nextIdentityPublicKey: publicKeyOfSeed(next),
    operationalPublicKey: publicKeyOfSeed(operational),
    ...VALIDITY,
  });
  const agent = { keychain, operational: seedSigner(operational) };
  return Array.from({ length: versions }, (_, n) => makeCard(agent, { sequence: n + 1 }));
}

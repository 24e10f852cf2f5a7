// Row 2: bits flip, or a file of the database is cut off, while the node is down. Damage is found at start, never served, and what it
// hit comes back from a peer, the node's own log included.

import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningNode } from '../../node/index.ts';
import { type RandomStream, randomStream } from '../../sim/random.ts';
import { addressOf, draft, TestNodes } from '../support/nodes.ts';
import { type ChaosRow, sameState, secondsUntil, timeMax } from './rig.ts';

const REPAIR_SECONDS_MAX = 30;

/** Flips bits in one file of the database, or cuts it off; answers what it did. */
function damage(dir: string, random: RandomStream): string {
  const files = readdirSync(dir).filter(
    (name) => /\.(log|ldb)$|^MANIFEST/.test(name) && statSync(join(dir, name)).size > 0,
  );
  const name = files[Math.floor(random.unit() * files.length)] as string;
  const path = join(dir, name);
  const { size } = statSync(path);
  if (random.unit() < 0.3) {
    truncateSync(path, Math.floor(random.unit() * size));
    return `${name} cut`;
  }
  const bytes = readFileSync(path);
  for (let flips = 0; flips < 3; flips++) {
    const at = Math.floor(random.unit() * size);
    bytes[at] = (bytes[at] as number) ^ (1 << Math.floor(random.unit() * 8));
  }
  writeFileSync(path, bytes);
  return `${name} flipped`;
}

/** Entries that a node would serve although they are damaged: reading them back compares every hash. */
async function unsound({ node }: RunningNode): Promise<number> {
  let wrong = 0;
  for (const { origin, size } of node.store.states()) {
    try {
      for await (const { body } of node.store.entries(origin, 0, size)) if (body === null) wrong += 1;
    } catch {
      wrong += 1;
    }
  }
  return wrong;
}

export const row02: ChaosRow = {
  row: 2,
  title: 'bit flips and cut files in the database',
  pass: 'detected, set aside, never served; repaired from peers',
  async run({ quick }) {
    const secondsMax = timeMax(REPAIR_SECONDS_MAX, { quick });
    const rounds = quick ? 3 : 25;
    const random = randomStream(2, 'row-02');
    await using nodes = new TestNodes();
    const listen = ['/ip4/127.0.0.1/tcp/29841'];
    const sound = await nodes.start('sound', { listen });
    const joined = { join: [addressOf(sound)] };
    let hurt = await nodes.start('hurt', joined);
    for (let n = 0; n < 12; n++) {
      await sound.node.cards.publish(draft(`Sound ${n}`));
      await hurt.node.cards.publish(draft(`Hurt ${n}`));
    }
    await secondsUntil(() => sameState([sound, hurt]), secondsMax);
    const cards = sound.node.book.size;
    let slowest = 0;
    let served = 0;
    let detected = 0;
    let lost = 0;
    for (let round = 0; round < rounds; round++) {
      await nodes.stop('hurt');
      damage(join(nodes.home('hurt'), 'db'), random);
      hurt = await nodes.start('hurt', joined);
      served += await unsound(hurt);
      const found = /zerostate_log_damaged_total (\d+)/.exec(await hurt.node.metrics.render())?.[1];
      if (found !== undefined && found !== '0') detected += 1;
      const seconds = await secondsUntil(
        () => hurt.node.ownLog.lost === undefined && sameState([sound, hurt]),
        secondsMax,
      );
      slowest = Math.max(slowest, seconds);
      served += await unsound(hurt);
      lost = Math.max(lost, cards - hurt.node.book.size);
    }
    return [
      { name: 'damages', value: rounds, unit: 'files' },
      { name: 'of them found by the checks', value: detected, unit: 'files' },
      { name: 'unsound entries readable', value: served, unit: 'entries', max: 0 },
      { name: 'slowest repair from a peer', value: slowest, unit: 's', max: secondsMax },
      { name: 'cards lost', value: lost, unit: 'cards', max: 0 },
      { name: 'forks made by the repair', value: sound.node.forks.size, unit: 'logs', max: 0 },
    ];
  },
};

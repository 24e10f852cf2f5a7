// Preloaded (--import) into a node's process: makes its links what the file named by LINK_FILE says, and follows that file as it changes.
// What LINK_SEED says draws jitter and loss; without it the process id.

import { readFileSync, watchFile } from 'node:fs';
import { randomStream } from '../../sim/random.ts';
import { type Link, slowLinks } from './link.ts';

const LOOK_MS = 200;
const file = process.env.LINK_FILE;

if (file !== undefined) {
  const link: { -readonly [K in keyof Link]: Link[K] } = { oneWayMs: 0 };
  const read = () => Object.assign(link, { jitterMs: 0, loss: 0 }, JSON.parse(readFileSync(file, 'utf8')));
  read();
  watchFile(file, { interval: LOOK_MS, persistent: false }, read);
  const random = randomStream(Number(process.env.LINK_SEED ?? process.pid), 'link');
  slowLinks(link, () => random.unit());
}

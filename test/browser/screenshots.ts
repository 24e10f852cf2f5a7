// Makes the picture of the console that the README shows, from a real devnet: `npm run screenshots`.

import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { call, type DevnetNode, runWordCount, startDevnet } from '../support/devnet.ts';
import { launchChromium, openPage, WIDE } from './chromium.ts';

const PICTURE = join(import.meta.dirname, '../../docs/images/console.png');
/** A README loads its pictures each time it is read. */
const PICTURE_BYTES_MAX = 300_000;
/** Sharp on dense screens, and still small: the page is flat colour. */
const SCALE = 1.5;

const devnet = await startDevnet();
const chromium = await launchChromium();
try {
  const [, first, second] = devnet.nodes as [DevnetNode, DevnetNode, DevnetNode];
  const { page } = await openPage(chromium.browser, `${first.api}/#token=${first.token}`, {
    viewport: WIDE,
    deviceScaleFactor: SCALE,
    colorScheme: 'light',
  });
  await page.locator('.live-state', { hasText: 'Live' }).waitFor();
  for (const node of [second, first, second]) await runWordCount(node);
  await page.locator('.tile', { hasText: 'Receipts' }).getByText('3 OK').waitFor();
  const { cards } = await call<{ cards: { agentId: string; local: boolean }[] }>(second, '/v1/cards');
  const card = cards.find((one) => one.local);
  await call(second, `/v1/cards/${encodeURIComponent(card?.agentId ?? '')}/revoke`, {
    reason: 'the operational key was lost',
  });
  await page.locator('.feed .feed-bad').waitFor();
  await page.locator('.tile', { hasText: 'Agents' }).getByText('1 not valid').waitFor();
  // Round trips are measured every 10 s; the picture waits until each neighbour has one.
  await page.locator('.node-rtt').nth(3).waitFor();
  mkdirSync(dirname(PICTURE), { recursive: true });
  await page.screenshot({ path: PICTURE, animations: 'disabled' });
  const { size } = statSync(PICTURE);
  if (size > PICTURE_BYTES_MAX)
    throw new Error(`${PICTURE} has ${size} bytes, more than ${PICTURE_BYTES_MAX}`);
  console.log(`${PICTURE}: ${size} bytes`);
} finally {
  await chromium.close();
  await devnet.stop();
}

// Makes the pictures of the console that the documents show, from a real devnet: `npm run screenshots`.

import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { readArguments } from '../../scripts/source/arguments.ts';
import { call, type DevnetNode, runWordCount, startDevnet } from '../support/devnet.ts';
import { launchChromium, openPage, WIDE } from './chromium.ts';
import { goTo } from './suite-free.ts';

const PICTURES = join(import.meta.dirname, '../../docs/images');
/** A README loads its pictures each time it is read. */
const PICTURE_BYTES_MAX = 300_000;
/** Sharp on dense screens, and still small: the page is flat colour. */
const SCALE = 1.25;

interface Card {
  readonly agentId: string;
  readonly name: string;
  readonly local: boolean;
}

/** Writes one picture. Throws when it is larger than a document should load. */
async function take(page: Page, name: string): Promise<void> {
  const path = join(PICTURES, `${name}.png`);
  await page.screenshot({ path, animations: 'disabled' });
  const { size } = statSync(path);
  if (size > PICTURE_BYTES_MAX) throw new Error(`${path} has ${size} bytes, more than ${PICTURE_BYTES_MAX}`);
  console.log(`${path}: ${size} bytes`);
}

readArguments(import.meta.filename, {});
const devnet = await startDevnet();
const chromium = await launchChromium();
try {
  mkdirSync(PICTURES, { recursive: true });
  const [, first, second] = devnet.nodes as [DevnetNode, DevnetNode, DevnetNode];
  const open = async (colorScheme: 'light' | 'dark') => {
    const { page } = await openPage(chromium.browser, `${first.api}/#token=${first.token}`, {
      viewport: WIDE,
      deviceScaleFactor: SCALE,
      colorScheme,
      reducedMotion: 'reduce',
    });
    await page.locator('.live-state', { hasText: 'Live' }).waitFor();
    return page;
  };
  const page = await open('light');
  for (const node of [second, first, first]) await runWordCount(node);
  await page.locator('.tile', { hasText: 'Receipts' }).getByText('3 OK').waitFor();
  const { cards } = await call<{ cards: Card[] }>(second, '/v1/cards');
  const card = cards.find((one) => one.local);
  await call(second, `/v1/cards/${encodeURIComponent(card?.agentId ?? '')}/revoke`, {
    reason: 'the operational key was lost',
  });
  await page.locator('.feed .feed-bad').waitFor();
  await page.locator('.tile', { hasText: 'Agents' }).getByText('1 not valid').waitFor();
  // Round trips are measured every 10 s; the picture waits until each neighbour has one.
  await page.locator('.node-rtt').nth(3).waitFor();
  await take(page, 'console');

  await goTo(page, '#/find?q=turn+scanned+invoices+into+a+spreadsheet', '.results .result');
  await take(page, 'console-find');
  await goTo(page, '#/tasks', '.table-tasks .row-link');
  await page.locator('.table-tasks .row-link').first().click();
  await page.locator('.badge', { hasText: /^settled$/ }).waitFor();
  await take(page, 'console-task');
  const receipt = await page.locator('.view-detail .plain-table a[href^="#/receipts/"]').getAttribute('href');
  await goTo(page, `#/provenance/${receipt?.split('/').at(-1)}`, '.walk-item');
  await page.locator('.walk-sources .walk-item').first().click();
  await page.locator('.walk-uses .walk-item').first().waitFor();
  await take(page, 'console-provenance');

  const dark = await open('dark');
  await goTo(dark, `#/trust/${encodeURIComponent(card?.agentId ?? '')}`, '.trust-lines li');
  await take(dark, 'console-trust');
} finally {
  await chromium.close();
  await devnet.stop();
}

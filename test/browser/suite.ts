// Gives test files one shared Chromium, closed when all of them are done. Where none can be had the suite says so loudly,
// and fails when CI is set: an untested console must not look like a tested one.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { eventually } from '../support/cli.ts';
import { APPEAR_MS_MAX, type LaunchedBrowser, launchChromium } from './chromium.ts';

export { APPEAR_MS_MAX } from './chromium.ts';
export { goTo } from './suite-free.ts';

const { launched, why } = await launchChromium().then(
  (browser): { launched?: LaunchedBrowser; why?: unknown } => ({ launched: browser }),
  (error: unknown): { launched?: LaunchedBrowser; why?: unknown } => ({ why: error }),
);
let folder: string | undefined;

after(async () => {
  await launched?.close();
  if (folder !== undefined) console.log(`screenshots: ${folder}`);
});

/** A describe block whose tests have a browser. */
export function browserSuite(title: string, define: (browser: Browser) => void): void {
  describe(title, () => {
    if (launched !== undefined) {
      define(launched.browser);
      return;
    }
    it('HAS NO CHROMIUM: nothing of the console was tested', () => {
      const words = `No Chromium runs here, so the console was NOT tested: ${why instanceof Error ? why.message : String(why)}\nSet CHROMIUM_PATH to a Chromium or Chrome program.`;
      if (process.env.CI) throw new Error(words);
      console.error(`\n${'!'.repeat(80)}\n${words}\n${'!'.repeat(80)}\n`);
    });
  });
}

/** Writes a picture of the window to the folder that SCREENSHOT_DIR names; without one there are no pictures, which take their time. */
export async function picture(page: Page, name: string): Promise<void> {
  folder ??= process.env.SCREENSHOT_DIR;
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
}

/** True when the page, or any view in it, is wider than the window. */
export function overflows(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const wide = [...document.querySelectorAll('body, main, .view, .view-list, .view-detail')];
    return wide
      .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0)
      .map((one) => `${one.tagName}.${one.className}: ${one.scrollWidth} > ${one.clientWidth}`);
  });
}

/** Waits until the page shows so many of them: what a view reads by and by is not there at its first drawing. */
export async function atLeast(locator: Locator, count: number): Promise<void> {
  await locator.nth(count - 1).waitFor({ state: 'attached' });
}

/** Waits until something reads as it should: what follows a key or a click may come a frame later. */
export async function settles(read: () => Promise<unknown>, wanted: unknown): Promise<void> {
  const isWanted = (value: unknown) =>
    wanted instanceof RegExp ? wanted.test(String(value)) : value === wanted;
  let last: unknown;
  await eventually(String(wanted), APPEAR_MS_MAX, async () => {
    last = await read();
    return isWanted(last);
  }).catch((cause: Error) => {
    throw new Error(`${cause.message}, and it is ${String(last)}`);
  });
}

/** The words inside an element, with single spaces. */
export async function words(locator: Locator): Promise<string> {
  return ((await locator.textContent()) ?? '').replace(/\s+/g, ' ').trim();
}

// Ways about the console that need no test runner: the suites and the command that makes pictures share them.

import type { Page } from 'playwright-core';
import { APPEAR_MS_MAX } from './chromium.ts';

/** Goes to a view by its hash route and waits until the view has drawn its data. */
export async function goTo(page: Page, route: string, selector: string): Promise<void> {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, route);
  await page.waitForSelector(selector, { timeout: APPEAR_MS_MAX });
}

// The console by keyboard alone: the order in which Tab goes through every kind of view, that the focus can always be seen, and that nothing
// holds it.

import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { NARROW, openPage, type WatchedPage } from './chromium.ts';
import { FixtureApi, TOKEN } from './fixture-api.ts';
import { browserSuite, goTo, settles } from './suite.ts';

/** Steps of one walk: more than any view has stops before its first row. */
const STEPS_MAX = 45;

interface Stop {
  readonly name: string;
  readonly part: string;
  /** Whether what has the focus looks as if it had. */
  readonly seen: boolean;
}

/** What has the focus now. */
function stopOf(page: Page): Promise<Stop> {
  return page.evaluate(async () => {
    await new Promise(requestAnimationFrame);
    const one = document.activeElement as HTMLElement;
    const drawn = (element: Element | null, pseudo?: string) => {
      if (element === null) return false;
      const { boxShadow, outlineStyle, outlineWidth } = getComputedStyle(element, pseudo);
      return (
        (outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0) ||
        (pseudo === undefined && boxShadow !== 'none' && element !== one)
      );
    };
    const ring = one.querySelector('.node-ring');
    return {
      name: (one.getAttribute('aria-label') ?? one.textContent ?? '').trim().slice(0, 40),
      part: one.closest('nav')?.id ?? one.closest('header, main')?.id ?? '',
      seen:
        drawn(one) ||
        drawn(one, '::after') ||
        drawn(one.closest('.search, .find-box')) ||
        (ring !== null && Number.parseFloat(getComputedStyle(ring).strokeWidth) === 3),
    };
  });
}

browserSuite('console, by keyboard alone', (browser: Browser) => {
  let api: FixtureApi;
  let watched: WatchedPage;
  let page: Page;

  before(async () => {
    api = new FixtureApi();
    await api.start();
  });
  after(() => api.stop());
  afterEach(async () => {
    await watched.close();
    assert.deepEqual([...watched.faults, ...watched.strangers], []);
  });

  const open = async (options: Parameters<typeof openPage>[2] = {}): Promise<void> => {
    watched = await openPage(browser, `${api.url}#token=${TOKEN}`, options);
    page = watched.page;
    await page.waitForSelector('.figures .tile');
  };

  it('goes from the skip link through the views into each page, always seen, and never stuck', async () => {
    await open();
    for (const [route, drawn, last] of [
      ['#/network', '.map .node', /^boot-1/],
      ['#/cards', '.table-cards .row-link', /^Alembic/],
      ['#/peers', '.view-peers .plain-table tbody tr', /^edge-3/],
      ['#/provenance', '.begin li', /agent card|execution receipt/],
      ['#/health', '.health-line', /policy id/],
    ] as const) {
      await goTo(page, route, drawn);
      await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
      const stops: Stop[] = [];
      while (stops.length < STEPS_MAX && !last.test(stops.at(-1)?.name ?? '')) {
        await page.keyboard.press('Tab');
        stops.push(await stopOf(page));
      }
      assert.match(stops.at(-1)?.name ?? '', last, `${route}: ${stops.map(({ name }) => name).join(' > ')}`);
      assert.deepEqual(
        stops.filter(({ seen }) => !seen).map(({ name }) => name),
        [],
        `${route}: a focus that cannot be seen`,
      );
      // Of the other pages the walk begins where the last one ended.
      if (route !== '#/network') continue;
      assert.equal(stops[0]?.name, 'Skip to the content');
      const parts = [...new Set(stops.map(({ part }) => part))].filter(Boolean);
      assert.deepEqual(parts, ['side', 'nav', 'main']);
    }
    await page.locator('.skip-link').focus();
    await page.keyboard.press('Enter');
    await settles(() => page.evaluate(() => document.activeElement?.id), 'main');
  });

  it('opens the views of a narrow window with Enter, and closes them with Escape', async () => {
    await open({ viewport: NARROW });
    const menu = page.getByRole('button', { name: 'Views' });
    await menu.focus();
    await page.keyboard.press('Enter');
    await settles(() => menu.getAttribute('aria-expanded'), 'true');
    await page.locator('.nav-link', { hasText: 'Freshness' }).focus();
    await page.keyboard.press('Escape');
    await settles(() => menu.getAttribute('aria-expanded'), 'false');
    await settles(() => page.evaluate(() => document.activeElement?.className), 'menu');
    await page.keyboard.press('Enter');
    await page.locator('.nav-link', { hasText: 'Freshness' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('.view-freshness .plain-table').waitFor();
    await settles(() => page.evaluate(() => document.activeElement?.tagName), 'H1');
    await settles(() => page.locator('.nav').isVisible(), false);
  });

  it('walks through provenance, and a redraw moves nobody', async () => {
    await open();
    await goTo(page, `#/provenance/sha256:${'a'.repeat(64)}`, '.walk-item');
    await page.locator('.walk-sources .walk-item').first().focus();
    await page.keyboard.press('Enter');
    await page.locator('.trail a', { hasText: /^a+…a+$/ }).waitFor();
    await settles(() => page.evaluate(() => document.activeElement?.tagName), 'H1');
    await goTo(page, '#/peers', '.view-peers .plain-table tbody tr');
    const link = page.locator('.view-peers .plain-table a').nth(2);
    await link.focus();
    (api.data.network.nodes[0] as { name: string }).name = 'boot-renamed';
    api.emit('peer', api.data.network);
    await page.getByText('boot-renamed').first().waitFor();
    await page.locator('.view-peers .plain-table', { hasText: 'boot-renamed' }).first().waitFor();
    await settles(() => page.evaluate(() => document.activeElement?.tagName), 'A');
  });
});

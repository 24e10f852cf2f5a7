// The console with many rows, in narrow windows, by keyboard and in both themes, against the double of the API.

import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { eventually } from '../support/cli.ts';
import { NARROW, NARROWEST, openPage, type WatchedPage, WIDE } from './chromium.ts';
import { FixtureApi, TOKEN } from './fixture-api.ts';
import { cardRow, receiptOf } from './fixture-data.ts';
import { axeViolations, lowContrast, unnamed } from './page-checks.ts';
import { APPEAR_MS_MAX, browserSuite, goTo, overflows, picture, settles, words } from './suite.ts';
import { viewsOf } from './views.ts';

const CARDS = 5_000;
const RECEIPTS = 20_000;
/** Rows in the page at one time: what fits the window, and a little beyond each edge. */
const ROWS_DRAWN_MAX = 60;
/** A filter key to a new list, in ms: the aim is 100 on an idle machine; a machine that is held up is forgiven all but a list that is drawn whole. */
const FILTER_MS_MAX = 5_000;
/** All views of one window, each judged: some 200 ms each on an idle machine. */
const VIEWS_MS_MAX = 300_000;

browserSuite('console, with many rows and in every window', (browser: Browser) => {
  let api: FixtureApi;
  let watched: WatchedPage;
  let page: Page;
  const open = async (options: Parameters<typeof openPage>[2] = {}, view = '/network'): Promise<void> => {
    watched = await openPage(browser, `${api.url}#token=${TOKEN}&view=${view}`, options);
    page = watched.page;
  };

  before(async () => {
    api = new FixtureApi();
    await api.start();
  });
  after(() => api.stop());
  afterEach(async () => {
    await watched.close();
    assert.deepEqual(watched.faults, []);
    assert.deepEqual(watched.strangers, []);
  });

  // The rules of axe-core look at colours and at the tree, not at the width: they are asked once in each theme.
  for (const [name, viewport, colorScheme, axe] of [
    ['wide', WIDE, 'light', true],
    ['dark', WIDE, 'dark', true],
    ['narrow', NARROW, 'light', false],
    ['narrowest', NARROWEST, 'dark', false],
  ] as const) {
    it(`draws every view in a ${name} window, ${colorScheme}: no overflow, low contrast, unnamed control or violation`, async function () {
      this.timeout(VIEWS_MS_MAX);
      await open({ viewport, colorScheme, reducedMotion: 'reduce' });
      await page.waitForSelector('.figures .tile');
      const wrong: string[] = [];
      for (const { drawn, name: view, route } of viewsOf(api.data)) {
        await goTo(page, route, drawn);
        await picture(page, `double-${view}-${name}`);
        const found = [
          await overflows(page),
          await unnamed(page),
          await lowContrast(page),
          axe ? await axeViolations(page) : [],
        ];
        wrong.push(...found.flat().map((one) => `${view}: ${one}`));
      }
      assert.deepEqual(wrong, []);
    });
  }

  it('can be used with the keyboard alone', async () => {
    await open({}, '/cards');
    await page.waitForSelector('.table-cards .row-link');
    await page.keyboard.press('/');
    await settles(() => page.evaluate(() => document.activeElement?.getAttribute('type')), 'search');
    await page.keyboard.type('chemistry');
    await page.locator('.count', { hasText: /^1 of/ }).waitFor();
    await page.locator('.table-cards .row-link').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Alembic' }).waitFor();
    await settles(() => page.evaluate(() => document.activeElement?.textContent), 'Alembic');
    await page.keyboard.press('Escape');
    await page.locator('.view-detail').waitFor({ state: 'hidden' });
    await settles(() => page.evaluate(() => document.activeElement?.className), 'row-link');
    await settles(async () => new URL(page.url()).hash, '#/cards?q=chemistry');
    await page.keyboard.press('/');
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.press('Delete');
    await page.locator('.count', { hasText: /^32 cards/ }).waitFor();
    await page.locator('.table-cards .row-link').first().focus();
    await page.keyboard.press('End');
    await settles(() => page.evaluate(() => document.activeElement?.textContent ?? ''), /^Windrose/);
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    await settles(() => page.evaluate(() => document.activeElement?.textContent ?? ''), /^Alt Text/);
  });

  it('remembers the theme that was chosen', async () => {
    await open({ colorScheme: 'light' });
    const theme = page.getByRole('button', { name: /Theme/ });
    await theme.click();
    await theme.click();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
    await page.reload();
    await page.waitForSelector('.figures .tile');
    assert.equal(
      await page.evaluate(() => getComputedStyle(document.body).backgroundColor),
      'rgb(15, 21, 25)',
    );
  });

  describe('with thousands of rows', () => {
    before(() => {
      for (let index = 100; index < CARDS; index += 1) api.data.cards.push(cardRow(index));
      for (let index = 100; index < RECEIPTS; index += 1)
        api.data.receipts.push(receiptOf(index, api.data.cards));
    });

    it('keeps few rows in the page, reads further pages as one goes down, and filters at once', async () => {
      await open({}, '/cards');
      const rows = page.locator('.table-cards .row-link');
      await rows.first().waitFor();
      assert.ok((await rows.count()) < ROWS_DRAWN_MAX);
      const asked = () => api.asked.filter((one) => one === 'GET /v1/cards').length;
      const before = asked();
      const last = () => page.evaluate(() => document.activeElement?.textContent ?? '');
      await rows.first().focus();
      const seen = new Set<string>();
      for (let step = 0; step < 3; step += 1) {
        await page.keyboard.press('End');
        await eventually(`End ${step + 1} to reach further`, APPEAR_MS_MAX, async () => {
          seen.add(await last());
          return seen.size > step;
        });
        await page.waitForFunction(() => {
          const index = Number(document.activeElement?.closest('.row')?.getAttribute('aria-rowindex'));
          return [...document.querySelectorAll('.table-cards .row')].some(
            (row) => Number(row.getAttribute('aria-rowindex')) > index,
          );
        });
      }
      assert.equal(seen.size, 3, 'each End reaches further');
      assert.ok(asked() > before && asked() < before + 8, `${asked() - before} pages for three`);
      assert.ok((await rows.count()) < ROWS_DRAWN_MAX);
      assert.equal(
        await page.locator('.table-cards .grid').getAttribute('aria-rowcount'),
        String(api.data.cards.length + 1),
      );
      const took = await page.evaluate(async () => {
        const input = document.querySelector('[data-search]') as HTMLInputElement;
        const start = performance.now();
        input.value = 'number 4999.';
        input.dispatchEvent(new Event('input', { bubbles: true }));
        while (document.querySelectorAll('.table-cards .row-link').length !== 1)
          await new Promise((resolve) => requestAnimationFrame(resolve));
        return performance.now() - start;
      });
      assert.equal(await words(page.locator('.count')), '1 of 4,932 cards');
      assert.ok(took < FILTER_MS_MAX, `the filter took ${took.toFixed(0)} ms`);
    });

    it('takes a burst of live events without redrawing for each', async () => {
      await open({}, '/receipts');
      await page.waitForSelector('.table-receipts .row-link');
      await page.locator('.live-state', { hasText: 'Live' }).waitFor();
      const burst = Array.from({ length: 300 }, (_, index) => ({
        ...receiptOf(index, api.data.cards),
        id: `burst-${index}`,
        executorName: `Burst ${index}`,
        issuedAt: new Date(Date.now() + index).toISOString(),
      }));
      const before = api.asked.length;
      for (const receipt of burst) {
        api.data.receipts.push(receipt);
        api.emit('receipt', receipt);
      }
      await page.locator('.table-receipts .row-link', { hasText: 'Burst 299' }).waitFor();
      assert.equal(
        await words(page.locator('.count')),
        `${api.data.receipts.length.toLocaleString('en')} receipts`,
      );
      assert.ok(api.asked.length - before < 60, `${api.asked.length - before} requests for 300 events`);
      assert.ok((await page.locator('.table-receipts .row-link').count()) < ROWS_DRAWN_MAX);
    });
  });
});

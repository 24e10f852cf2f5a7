// The console with many rows, in narrow windows, by keyboard and in both themes, against the double of the API.

import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { NARROW, NARROWEST, openPage, type WatchedPage, WIDE } from './chromium.ts';
import { FixtureApi, TOKEN } from './fixture-api.ts';
import { cardRow, receiptOf } from './fixture-data.ts';
import { lowContrast, unnamed } from './page-checks.ts';
import { browserSuite, goTo, overflows, picture, words } from './suite.ts';

const CARDS = 5_000;
const RECEIPTS = 20_000;
/** Rows in the page at one time: what fits the window, and a little beyond each edge. */
const ROWS_DRAWN_MAX = 60;
/** A filter key to a new list, in ms; the aim is 100 on an idle machine, the test leaves room for a busy one. */
const FILTER_MS_MAX = 400;

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

  const views = (): [string, string, string][] => [
    ['network', '#/network', '.map .node'],
    ['node', `#/network/${api.data.network.nodes[0]?.peerId}`, '.view-detail h2'],
    ['find', '#/find?q=diagnose+plant+leaves', '.refused .result'],
    ['cards', '#/cards', '.table-cards .row-link'],
    ['card', `#/cards/${encodeURIComponent(String(api.data.cards[4]?.agentId))}`, '.view-detail h2'],
    ['receipts', '#/receipts', '.table-receipts .row-link'],
    ['receipt', `#/receipts/${api.data.receipts[4]?.id}`, '.view-detail .button-main:not(:disabled)'],
    ['log', '#/log', '.table-entries .row-link'],
    ['revocations', '#/revocations', '.table-revocations .row-link'],
  ];

  for (const [name, viewport, colorScheme] of [
    ['wide', WIDE, 'light'],
    ['dark', WIDE, 'dark'],
    ['narrow', NARROW, 'light'],
    ['narrowest', NARROWEST, 'dark'],
  ] as const) {
    it(`draws every view in a ${name} window without overflow, low contrast or controls without a name`, async () => {
      await open({ viewport, colorScheme, reducedMotion: 'reduce' });
      await page.waitForSelector('.figures .tile');
      for (const [view, route, selector] of views()) {
        await goTo(page, route, selector);
        await picture(page, `double-${view}-${name}`);
        assert.deepEqual(await overflows(page), [], `${view} is wider than its window`);
        assert.deepEqual(await unnamed(page), [], view);
        assert.deepEqual(await lowContrast(page), [], view);
      }
    });
  }

  it('can be used with the keyboard alone', async () => {
    await open({}, '/cards');
    await page.waitForSelector('.table-cards .row-link');
    await page.keyboard.press('/');
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('type')), 'search');
    await page.keyboard.type('chemistry');
    await page.locator('.count', { hasText: /^1 of/ }).waitFor();
    await page.locator('.table-cards .row-link').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Alembic' }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Alembic');
    await page.keyboard.press('Escape');
    await page.locator('.view-detail').waitFor({ state: 'hidden' });
    assert.equal(await page.evaluate(() => document.activeElement?.className), 'row-link');
    assert.equal(new URL(page.url()).hash, '#/cards?q=chemistry');
    await page.keyboard.press('/');
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.press('Delete');
    await page.locator('.count', { hasText: /^32 cards/ }).waitFor();
    await page.locator('.table-cards .row-link').first().focus();
    await page.keyboard.press('End');
    assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ''), /^Windrose/);
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowDown');
    assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ''), /^Alt Text/);
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

    it('keeps few rows in the page, reaches the last one, and filters at once', async () => {
      await open({}, '/cards');
      await page.waitForSelector('.table-cards .row-link');
      assert.ok((await page.locator('.table-cards .row-link').count()) < ROWS_DRAWN_MAX);
      await page.locator('.table-cards .row-link').first().focus();
      await page.keyboard.press('End');
      assert.match(await page.evaluate(() => document.activeElement?.textContent ?? ''), /^Windrose/);
      assert.ok((await page.locator('.table-cards .row-link').count()) < ROWS_DRAWN_MAX);
      const took = await page.evaluate(() => {
        const input = document.querySelector('[data-search]') as HTMLInputElement;
        const start = performance.now();
        input.value = 'number 4999.';
        input.dispatchEvent(new Event('input', { bubbles: true }));
        document.body.getBoundingClientRect();
        return performance.now() - start;
      });
      assert.equal(await page.locator('.table-cards .row-link').count(), 1);
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
      for (const receipt of burst) api.emit('receipt', receipt);
      await page.locator('.table-receipts .row-link', { hasText: 'Burst 299' }).waitFor();
      assert.equal(
        await words(page.locator('.count')),
        `${(api.data.receipts.length + burst.length).toLocaleString('en')} receipts`,
      );
      assert.ok((await page.locator('.table-receipts .row-link').count()) < ROWS_DRAWN_MAX);
    });
  });
});

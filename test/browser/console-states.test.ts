// What every view of the console says when it has nothing to show, and when the node answers with an error: always with what can be done.

import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { NARROW, openPage, type WatchedPage, WIDE } from './chromium.ts';
import { FixtureApi, TOKEN } from './fixture-api.ts';
import { axeViolations } from './page-checks.ts';
import { browserSuite, goTo, words } from './suite.ts';

browserSuite('console, with nothing to show', (browser: Browser) => {
  let api: FixtureApi;
  let watched: WatchedPage;
  let page: Page;

  const open = async (hash = `#token=${TOKEN}`, viewport = WIDE): Promise<void> => {
    watched = await openPage(browser, `${api.url}${hash}`, { viewport });
    page = watched.page;
  };

  beforeEach(async () => {
    api = new FixtureApi();
    await api.start();
  });
  afterEach(async () => {
    await watched.close();
    await api.stop();
    // What the browser says of a failed request is expected here.
    assert.deepEqual(
      watched.faults.filter((fault) => !fault.includes('Failed to load resource')),
      [],
    );
    assert.deepEqual(watched.strangers, []);
  });

  it('shows empty lists with the command that fills them', async () => {
    const { cards, orders, partners, receipts, revocations, standings, tasks } = api.data;
    for (const list of [cards, orders, partners, receipts, revocations, standings, tasks]) list.length = 0;
    Object.assign(api.data.log, { size: 0, checkpoint: '', entries: [] });
    api.data.logs.length = 0;
    await open(`#token=${TOKEN}&view=/cards`, NARROW);
    for (const [view, command] of [
      ['cards', 'zerostate card publish'],
      ['receipts', 'zerostate task run'],
      ['tasks', 'zerostate task run'],
      ['revocations', 'zerostate card revoke'],
      ['reputation', 'zerostate task run'],
      ['partners', 'zerostate partner add'],
      ['quarantine', 'zerostate quarantine order'],
      ['routing', 'zerostate relay'],
      ['provenance', 'zerostate prov add'],
      ['log', 'zerostate card publish'],
    ] as const) {
      await goTo(page, `#/${view}`, `:text("${command}")`);
      assert.match(new URL(page.url()).hash, new RegExp(`^#/${view}$`));
    }
    assert.deepEqual(await axeViolations(page), []);
  });

  it('shows the error of every view with its code and remedy, and tries again', async () => {
    const problem = {
      code: 'STORAGE_FAILED',
      message: 'the disk is full',
      hint: 'Free some space.',
      retryable: true,
    };
    const routes = [
      'peers',
      'tasks',
      'reputation',
      'partners',
      'quarantine',
      'freshness',
      'log',
      'log/witnesses',
      'overrides',
    ];
    for (const route of routes) api.faults.set(`GET /v1/${route}`, { status: 503, body: { error: problem } });
    api.faults.set('POST /v1/provenance/query', { status: 503, body: { error: problem } });
    await open();
    await page.waitForSelector('.figures .tile');
    for (const view of [
      'peers',
      'tasks',
      'reputation',
      'partners',
      'quarantine',
      'freshness',
      'log',
      'witnesses',
      'health',
      'provenance/sha256:00',
    ]) {
      await goTo(page, `#/${view}`, `.main .state-error:has-text("STORAGE_FAILED")`);
      assert.match(
        await words(page.locator('.state-error').first()),
        /the disk is full[\s\S]*Free some space/,
        view,
      );
    }
    api.faults.clear();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.waitForSelector('.statement');
  });
});

// The console against a real network: five node processes, as `npm start` starts them. Join, find, run, prove, revoke,
// each seen in the page as it happens and without a reload.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { eventually } from '../support/cli.ts';
import {
  call,
  DEVNET_START_MS_MAX,
  type DevnetNode,
  type RunningDevnet,
  runWordCount,
  startDevnet,
} from '../support/devnet.ts';
import { NARROW, openPage, type WatchedPage, WIDE } from './chromium.ts';
import { axeViolations, lowContrast, unnamed } from './page-checks.ts';
import { APPEAR_MS_MAX, atLeast, browserSuite, goTo, overflows, picture, settles, words } from './suite.ts';

const QUESTION = 'turn scanned invoices into a spreadsheet';
const DRAFT = {
  name: 'Bellfounder',
  description: 'Tunes church bells and computes the thickness of their walls.',
  capabilities: [{ name: 'tune-bell', description: 'Compute the partials of a bell.', tags: ['bells'] }],
  tags: ['music', 'metal'],
  prices: [{ unit: 'request', amount: '7000', currency: 'EUR' }],
  sla: 'standard',
};

interface Cards {
  readonly cards: readonly { readonly agentId: string; readonly name: string; readonly local: boolean }[];
}

browserSuite('console of a real network', (browser: Browser) => {
  let devnet: RunningDevnet;
  let first: DevnetNode;
  let watched: WatchedPage;
  let page: Page;

  before(async function () {
    this.timeout(DEVNET_START_MS_MAX + 5_000);
    devnet = await startDevnet();
    first = devnet.nodes[1] as DevnetNode;
    watched = await openPage(browser, devnet.console, { viewport: WIDE });
    page = watched.page;
  });
  after(async function () {
    this.timeout(180_000);
    await watched?.close();
    await devnet?.stop();
  });
  afterEach(() => {
    assert.deepEqual(watched.faults, []);
    assert.deepEqual(watched.strangers, []);
  });

  it('opens from the printed address, and draws five nodes in two regions with their connections', async () => {
    await page.locator('.live-state', { hasText: 'Live' }).waitFor();
    await page.locator('.map .node').nth(4).waitFor();
    await settles(async () => new URL(page.url()).hash, '#/network');
    await atLeast(page.locator('.zone-name'), 2);
    assert.deepEqual((await page.locator('.zone-name').allTextContents()).sort(), ['eu-west', 'us-east']);
    assert.match(
      (await page.locator('.node.is-self').getAttribute('aria-label')) ?? '',
      /^edge-1 edge, eu-west, this node$/,
    );
    await atLeast(page.locator('.map .link'), 4);
    await page.locator('.tile', { hasText: 'Nodes online' }).getByText('of 5 known').waitFor();
    await page.locator('.map .node', { hasText: 'edge-2' }).click();
    await page.locator('.view-detail h2', { hasText: 'edge-2' }).waitFor();
    await atLeast(page.locator('.agents li'), 8);
    assert.equal(await page.locator('.agents li').count(), 8);
  });

  it('lists the card of every example, and a new card of another node within seconds', async () => {
    await goTo(page, '#/cards', '.table-cards .row-link');
    // 32 examples, and the card that the relay publishes once it has measured its neighbours.
    await page.locator('.tab', { hasText: /^\s*Valid\s*3[23]\s*$/ }).waitFor();
    await call(devnet.nodes[2] as DevnetNode, '/v1/cards', { draft: DRAFT });
    await page.getByLabel('Filter the cards by words').fill('bells');
    await page.locator('.table-cards .row-link', { hasText: 'Bellfounder' }).click();
    await page.getByRole('heading', { name: 'Bellfounder' }).waitFor();
    await page.getByText('Signed envelope').click();
    await page
      .locator('.view-detail pre', { hasText: 'application/vnd.zerostate.agent-card+json' })
      .waitFor();
    await page.getByText('0.007 EUR / request').first().waitFor();
  });

  it('finds by meaning and says why', async () => {
    await goTo(page, `#/find?q=${encodeURIComponent(QUESTION)}`, '.results .result');
    const first = page.locator('.results .result').first();
    assert.match(await words(first), /Ledgerleaf[\s\S]*signature[\s\S]*revocation/);
    await picture(page, 'find-wide');
  });

  it('shows a receipt as soon as the task has run, and verifies it check by check', async () => {
    await goTo(page, '#/receipts', '.table-receipts');
    await runWordCount(devnet.nodes[3] as DevnetNode);
    await page.locator('.table-receipts .row-link').first().click();
    await page.getByRole('button', { name: 'Verify', exact: true }).click();
    await page.getByRole('heading', { name: /^Verified: all \d+ checks passed$/ }).waitFor();
    const checks = (await page.locator('.report .checks strong').allTextContents()).join(' ');
    for (const check of ['signature', 'inclusion', 'checkpoint']) assert.ok(checks.includes(check), check);
    await picture(page, 'receipt-wide');
  });

  it('refuses a receipt file of which one byte was changed', async () => {
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save the file' }).click();
    const file = JSON.parse(await readFile(await (await download).path(), 'utf8'));
    const payload = Buffer.from(file.receipt.payload, 'base64');
    payload.writeUInt8(payload.readUInt8(200) ^ 1, 200);
    file.receipt.payload = payload.toString('base64');
    await page.getByRole('button', { name: 'Verify a file…' }).click();
    await page.getByLabel(/ends in .receipt.json/).setInputFiles({
      name: 'changed.receipt.json',
      mimeType: 'application/json',
      buffer: Buffer.from(JSON.stringify(file)),
    });
    await page.getByRole('dialog').getByRole('button', { name: 'Verify' }).click();
    await page.getByRole('heading', { name: /^Refused: \d+ of \d+ checks failed$/ }).waitFor();
    await atLeast(page.locator('dialog .checks .is-bad'), 1);
    await page.keyboard.press('Escape');
  });

  it('shows the log of an edge with its signed checkpoint, and the heads of the others', async () => {
    const edge = devnet.nodes[2] as DevnetNode;
    const other = await openPage(browser, `${edge.api}/#token=${edge.token}&view=/log`, { viewport: WIDE });
    await other.page.waitForSelector('.table-entries .row-link');
    // The log may grow between the two looks.
    await eventually('the page to show the head of now', APPEAR_MS_MAX, async () => {
      const log = await call<{ size: number; checkpoint: string }>(edge, '/v1/log');
      const shown = [
        await other.page.locator('.log-card .code pre').textContent(),
        await words(other.page.locator('.log-card .figure')),
      ];
      return shown.join() === [log.checkpoint, log.size].join();
    });
    await other.page.locator('.table-entries .row-link', { hasText: 'agent card' }).first().waitFor();
    await atLeast(other.page.locator('.table-origins .row-link'), 3);
    await picture(other.page, 'log-of-edge-wide');
    assert.deepEqual([...other.faults, ...other.strangers], []);
    await other.close();
  });

  it('learns of a revocation on another node within seconds, and find refuses the agent with the reason', async () => {
    await goTo(page, '#/revocations', '.table-revocations');
    const owner = devnet.nodes.slice(1);
    const mine = await Promise.all(
      owner.map(async (node) => ({ node, ...(await call<Cards>(node, '/v1/cards')) })),
    );
    const found = mine.flatMap(({ node, cards }) =>
      cards.filter((card) => card.local && card.name === 'Ledgerleaf').map((card) => ({ node, card })),
    )[0];
    assert.ok(found, 'an edge hosts Ledgerleaf');
    await call(found.node, `/v1/cards/${encodeURIComponent(found.card.agentId)}/revoke`, {
      reason: 'the laptop was stolen',
    });
    await page.locator('.table-revocations .row-link', { hasText: 'Ledgerleaf' }).waitFor();
    await goTo(page, `#/cards/${encodeURIComponent(found.card.agentId)}`, '.view-detail .note-bad');
    assert.match(await words(page.locator('.view-detail .note-bad')), /the laptop was stolen/);
    await page.getByRole('link', { name: 'See its trust card' }).click();
    await page.locator('.trust-lines .is-bad', { hasText: 'the laptop was stolen' }).first().waitFor();
    await page.getByRole('heading', { name: 'Ledgerleaf' }).waitFor();
    await picture(page, 'trust-wide');
    assert.deepEqual(
      [await overflows(page), await unnamed(page), await lowContrast(page)],
      [[], [], []],
      'trust card',
    );
    await goTo(page, `#/find?q=${encodeURIComponent(`${QUESTION} `)}`, '.refused .result');
    assert.match(
      await words(page.locator('.refused .result', { hasText: 'Ledgerleaf' })),
      /revo[\s\S]*the laptop was stolen/i,
    );
    assert.doesNotMatch(await words(page.locator('.answer > div > ol.results')), /Ledgerleaf/);
  });

  it('shows a task from its find to its settlement, and walks from its receipt to the module and back', async () => {
    await goTo(page, '#/tasks', '.table-tasks .state');
    assert.match(await words(page.locator('.table-tasks .state')), /zerostate task run/);
    await runWordCount(first);
    await page.locator('.table-tasks .row-link', { hasText: 'word-count' }).click();
    await page.locator('.timeline li').nth(2).waitFor();
    await page.locator('.badge', { hasText: /^settled$/ }).waitFor();
    await atLeast(page.locator('.members > li'), 1);
    assert.deepEqual(await axeViolations(page), []);
    await picture(page, 'task-wide');
    const receipt = page.locator('.view-detail .plain-table a[href^="#/receipts/"]');
    const id = (await receipt.getAttribute('href'))?.split('/').at(-1);
    await goTo(page, `#/provenance/${id}`, '.walk-item');
    const source = page.locator('.walk-sources .walk-item', { hasText: 'ran' }).first();
    const module = await words(source.locator('code'));
    await source.focus();
    await page.keyboard.press('Enter');
    await page.locator('.walk-uses .walk-item', { hasText: 'run by' }).first().waitFor();
    assert.ok(
      (await words(page.locator('.trail [aria-current] code'))).endsWith(module.split('…')[1] ?? '-'),
    );
    await settles(() => page.evaluate(() => document.activeElement?.tagName), 'H1');
    assert.deepEqual(await axeViolations(page), []);
    await picture(page, 'walk-wide');
    await page.locator('.trail a').nth(1).click();
    await page.locator('.walk-self', { hasText: 'execution-receipt' }).waitFor();
  });

  for (const [name, viewport, colorScheme] of [
    ['wide', WIDE, 'light'],
    ['dark', WIDE, 'dark'],
    ['narrow', NARROW, 'light'],
  ] as const) {
    it(`is whole in a ${name} window`, async () => {
      const other = await openPage(browser, `${first.api}/#token=${first.token}`, {
        viewport,
        colorScheme,
        reducedMotion: 'reduce',
      });
      await other.page.locator('.live-state', { hasText: 'Live' }).waitFor();
      for (const [view, selector] of [
        ['network', '.map .node'],
        ['find', '.welcome'],
        ['cards', '.table-cards .row-link'],
        ['receipts', '.table-receipts .row-link'],
        ['log', '.table-origins .row-link'],
        ['revocations', '.table-revocations .row-link'],
        ['peers', '.view-peers .plain-table tbody tr'],
        ['health', '.health-line'],
        ['tasks', '.table-tasks .row-link'],
        ['witnesses', '.view-witnesses .page-panel'],
        ['freshness', '.view-freshness .plain-table tbody tr'],
        ['routing', '.routing .block'],
        ['partners', '.view-partners .state'],
        ['quarantine', '.table-orders .state'],
      ] as const) {
        await goTo(other.page, `#/${view}`, selector);
        await picture(other.page, `${view}-${name}`);
        assert.deepEqual(
          [
            await overflows(other.page),
            await unnamed(other.page),
            await lowContrast(other.page),
            name === 'wide' ? await axeViolations(other.page) : [],
          ],
          [[], [], [], []],
          view,
        );
      }
      assert.deepEqual([...other.faults, ...other.strangers], []);
      await other.close();
    });
  }
});

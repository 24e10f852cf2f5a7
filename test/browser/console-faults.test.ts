// The console when something is wrong: no token, hostile cards, a node that is down or failing, a changed receipt.
// The node is a double here (fixture-api.ts), because a real one cannot be brought into these states on demand.

import assert from 'node:assert/strict';
import type { Browser, Page } from 'playwright-core';
import { openPage, type WatchedPage, WIDE } from './chromium.ts';
import { FixtureApi, TOKEN } from './fixture-api.ts';
import { cardRow, type Row, receiptFile } from './fixture-data.ts';
import { APPEAR_MS_MAX, browserSuite, goTo, words } from './suite.ts';

/** A card that tries everything a text can try. */
const HOSTILE: Row = {
  ...cardRow(900),
  name: '<img src=x onerror="window.owned=1">Bank\u202eknaB',
  description:
    '<script>window.owned=2</script><svg onload="window.owned=3">{{constructor.constructor("window.owned=4")()}}',
  region: '"><iframe src="javascript:window.owned=5">',
  tags: ['<b onmouseover="window.owned=6">', 'x'.repeat(5000)],
  capabilities: [
    { name: '</code><script>window.owned=7</script>', description: 'javascript:window.owned=8', tags: [] },
  ],
  prices: [{ unit: '<i>', amount: '1e999', currency: '<u>' }],
  host: '"onclick="window.owned=9',
};

browserSuite('console, when something is wrong', (browser: Browser) => {
  let api: FixtureApi;
  let watched: WatchedPage;
  let page: Page;

  const open = async (hash = `#token=${TOKEN}`, viewport = WIDE): Promise<void> => {
    watched = await openPage(browser, `${api.url}${hash}`, { viewport });
    page = watched.page;
  };
  /** Faults of the page itself: what the browser says of a failed request is expected in some tests. */
  const ownFaults = (): string[] =>
    watched.faults.filter((fault) => !fault.includes('Failed to load resource'));

  beforeEach(async () => {
    api = new FixtureApi();
    await api.start();
  });
  afterEach(async () => {
    await watched.close();
    await api.stop();
    assert.deepEqual(ownFaults(), []);
    assert.deepEqual(watched.strangers, []);
  });

  it('asks for a token, refuses a wrong one with a remedy, and keeps the right one out of the address', async () => {
    await open('');
    await page.getByRole('heading', { name: 'Open the console of a node' }).waitFor();
    await page.getByLabel(/paste the token/i).fill('short');
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByText('That is not a token').waitFor();
    await page.getByLabel(/paste the token/i).fill('wrong-token-0123456789');
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('heading', { name: 'The node refused this token' }).waitFor();
    await page.getByLabel(/paste the token/i).fill(TOKEN);
    await page.getByRole('button', { name: 'Open' }).click();
    await page.waitForSelector('.figures .tile');
    await page.goto(`${api.url}#token=${TOKEN}&view=/cards`);
    await page.waitForSelector('.table-cards .row-link');
    assert.equal(new URL(page.url()).hash, '#/cards');
    assert.equal(
      await page.evaluate(
        () => history.length > 0 && (document.body.textContent ?? '').includes('fixture-token'),
      ),
      false,
    );
  });

  it('shows a hostile card as text in every view, and runs nothing of it', async () => {
    api.data.cards.push(HOSTILE);
    api.data.revocations.push({
      ...api.data.revocations[0],
      statementId: 'bafkrei-hostile',
      reason: HOSTILE.name,
      target: { kind: HOSTILE.name, id: HOSTILE.agentId, name: HOSTILE.description },
    } as Row);
    api.data.network.nodes.push({
      peerId: String(HOSTILE.host),
      name: String(HOSTILE.name),
      region: String(HOSTILE.region),
      roles: [String(HOSTILE.description)],
      self: false,
      connected: true,
      online: true,
      lastSeenMs: 1,
    });
    await open(`#token=${TOKEN}&view=/cards`);
    await page.waitForSelector('.table-cards .row-link');
    await goTo(page, `#/cards/${encodeURIComponent(String(HOSTILE.agentId))}`, '.view-detail h2');
    const title = await words(page.locator('.view-detail h2'));
    assert.equal(title, '<img src=x onerror="window.owned=1">Bank\ufffdknaB');
    await page.locator('.view-detail .tag').first().hover();
    await goTo(page, '#/find?q=Bank+script', '.results .result');
    await goTo(page, '#/revocations/bafkrei-hostile', '.view-detail h2');
    await goTo(page, '#/network', '.map .node');
    api.emit('card', HOSTILE);
    api.emit('revocation', {
      ...HOSTILE,
      statementId: 'x',
      target: { kind: 'agent', id: '<script>window.owned=10</script>' },
    });
    await page.locator('.feed li', { hasText: '<img src=x' }).first().waitFor();
    assert.deepEqual(
      await page.evaluate(() => [
        (window as unknown as { owned?: number }).owned,
        document.images.length,
        document.scripts.length,
        document.querySelectorAll('iframe, [onclick], [onerror], [style*="javascript"]').length,
      ]),
      [undefined, 0, 2, 0],
    );
  });

  it('forbids inline script, inline style and HTML sinks by policy', async () => {
    await open();
    await page.waitForSelector('.figures .tile');
    const refused = await page.evaluate(() => {
      const outcome: string[] = [];
      try {
        document.body.insertAdjacentHTML('beforeend', '<p>x</p>');
      } catch (error) {
        outcome.push((error as Error).name);
      }
      try {
        const script = document.createElement('script');
        script.textContent = 'window.owned = 1';
        document.body.append(script);
      } catch (error) {
        outcome.push((error as Error).name);
      }
      return [...outcome, String((window as unknown as { owned?: number }).owned)];
    });
    assert.deepEqual(refused, ['TypeError', 'TypeError', 'undefined']);
    watched.faults.splice(0);
  });

  it('says that the node is down with a remedy, counts down to the next try, and comes back by itself', async () => {
    await open(`#token=${TOKEN}&view=/cards`);
    await page.waitForSelector('.table-cards .row-link');
    await page.locator('.live-state', { hasText: 'Live' }).waitFor();
    await api.stop();
    await page.locator('.live-state', { hasText: /Offline/ }).waitFor();
    assert.ok((await page.locator('.table-cards .row-link').count()) > 0, 'what was known stays in view');
    await goTo(page, '#/find?q=invoices', '.state-error');
    assert.match(await words(page.locator('.state-error')), /does not answer[\s\S]*zerostate up/);
    api.data.cards.push({ ...cardRow(77), name: 'Born while offline' });
    await api.start();
    await page.locator('.live-state', { hasText: 'Live' }).waitFor({ timeout: APPEAR_MS_MAX });
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.waitForSelector('.results .result');
    await goTo(page, '#/cards?q=born', '.table-cards .row-link:has-text("Born while offline")');
  });

  it('shows an error of one list with its code and remedy, and leaves the other views alone', async () => {
    api.faults.set('GET /v1/receipts', {
      status: 503,
      body: {
        error: {
          code: 'STORAGE_FAILED',
          message: 'the disk is full',
          hint: 'Free some space and try again.',
          retryable: true,
        },
      },
    });
    await open(`#token=${TOKEN}&view=/receipts`);
    await page.waitForSelector('.state-error');
    assert.match(
      await words(page.locator('.state-error')),
      /the disk is full[\s\S]*Free some space[\s\S]*STORAGE_FAILED/,
    );
    await goTo(page, '#/cards', '.table-cards .row-link');
    await goTo(page, '#/receipts', '.state-error');
    api.faults.clear();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.waitForSelector('.table-receipts .row-link');
  });

  it('keeps what it knows when a refresh fails, and says how old it is', async () => {
    await open(`#token=${TOKEN}&view=/cards`);
    await page.waitForSelector('.table-cards .row-link');
    api.faults.set('GET /v1/cards', {
      status: 500,
      body: { error: { code: 'INTERNAL', message: 'internal error', hint: '', retryable: false } },
    });
    api.emit('revocation', api.data.revocations[0]);
    await page.waitForSelector('.stale');
    assert.match(await words(page.locator('.stale')), /internal error Shown as of/);
    assert.ok((await page.locator('.table-cards .row-link').count()) > 0);
  });

  it('answers a partial or empty find honestly, and shows why each refused agent was refused', async () => {
    await open(`#token=${TOKEN}&view=/find?q=${encodeURIComponent('diagnose plant leaves disease')}`);
    await page.waitForSelector('.refused .result');
    assert.match(
      await words(page.locator('.refused')),
      /Greenthumb[\s\S]*revocation: revoked: the operational key was lost/,
    );
    api.faults.set('POST /v1/find', {
      status: 200,
      body: { query: 'x', results: [], rejected: [], partial: true, missing: ['boot-1'], tookMs: 5000 },
    });
    await page.getByLabel('What do you need?').fill('something else');
    await page.keyboard.press('Enter');
    await page.getByText('This answer is partial: boot-1 did not answer').waitFor();
    await page.getByText('No agent was accepted').waitFor();
  });

  it('verifies a receipt check by check, and names the check that a changed file fails', async () => {
    const receipt = api.data.receipts[0] as Row;
    await open(`#token=${TOKEN}&view=/receipts/${receipt.id}`);
    await page.getByRole('button', { name: 'Verify', exact: true }).click();
    await page.getByRole('heading', { name: 'Verified: all 4 checks passed' }).waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save the file' }).click();
    assert.match((await download).suggestedFilename(), /\.receipt\.json$/);
    const changed = {
      ...receiptFile(receipt),
      receipt: { payloadType: 'text/plain', payload: '', signatures: [] },
    };
    await page.getByRole('button', { name: 'Verify a file…' }).click();
    await page.getByLabel(/ends in .receipt.json/).setInputFiles({
      name: 'changed.receipt.json',
      mimeType: 'application/json',
      buffer: Buffer.from(JSON.stringify(changed)),
    });
    await page.getByRole('dialog').getByRole('button', { name: 'Verify' }).click();
    await page.getByRole('heading', { name: 'Refused: 1 of 4 checks failed' }).waitFor();
    assert.match(
      await words(page.locator('dialog .checks .is-bad')),
      /signature[\s\S]*SIGNATURE_INVALID[\s\S]*does not match/,
    );
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
  });

  it('revokes a card of its own node with a reason, after asking', async () => {
    const card = api.data.cards.find((one) => one.local && one.status === 'valid') as Row;
    await open(`#token=${TOKEN}&view=/cards/${encodeURIComponent(String(card.agentId))}`);
    await page.getByRole('button', { name: 'Revoke this card…' }).click();
    await page.getByLabel(/Reason/).fill('the laptop was stolen');
    await page.getByRole('button', { name: 'Revoke the card', exact: true }).click();
    await page.locator('.view-detail .note-bad', { hasText: 'the laptop was stolen' }).waitFor();
    assert.equal(await words(page.locator('.view-detail .badge-bad')), 'revoked');
  });
});

// The routing view against real relays: two edges that nobody can dial, a stream between them over two relays, and what the view says of it.
// That nothing overflows, and everything is named and legible, is tested with all other views.

import assert from 'node:assert/strict';
import type { Stream } from '@libp2p/interface';
import type { Browser, Locator, Page } from 'playwright-core';
import { eventually } from '../support/cli.ts';
import { callThere, startRelays } from '../support/relays.ts';
import { openPage, type WatchedPage, WIDE } from './chromium.ts';
import { APPEAR_MS_MAX, browserSuite, goTo, picture } from './suite.ts';

const ECHO = '/test/echo';
const START_MS_MAX = 180_000;

/** Waits until the cells of a row, with a bar between them, read as they should: reports and measurements come by and by. */
async function shows(row: Locator, what: RegExp): Promise<void> {
  let read = '';
  await eventually(`a row that reads ${what}`, APPEAR_MS_MAX, async () => {
    const texts = await row.locator('th, td').allTextContents();
    read = texts.map((text) => text.trim()).join(' | ');
    return what.test(read);
  }).catch((cause: Error) => assert.match(read, what, cause.message));
}

browserSuite('console of an edge behind relays', (browser: Browser) => {
  let world: Awaited<ReturnType<typeof startRelays>>;
  let watched: WatchedPage;
  let page: Page;
  let stream: Stream;

  before(async function () {
    this.timeout(START_MS_MAX);
    world = await startRelays();
    const { here, there } = world;
    await there.node.host.handle(
      ECHO,
      (one) => {
        one.addEventListener('message', ({ data }) => one.send(data));
      },
      { runOnLimitedConnection: true },
    );
    stream = await callThere(world, ECHO);
    stream.send(new Uint8Array(1_000));
    watched = await openPage(browser, `${here.api.url}/#token=${here.token}`, { viewport: WIDE });
    page = watched.page;
  });
  after(async function () {
    this.timeout(START_MS_MAX);
    stream?.abort(new Error('over'));
    await watched?.close();
    await world?.[Symbol.asyncDispose]();
  });

  it('shows the relays, the way of every destination with its values and confidence, and the path of a peer behind them', async () => {
    await goTo(page, '#/routing', '.routing .block');
    const block = (title: string) => page.locator('.routing .block', { hasText: title }).first();
    const relay = block('Relays').locator('tbody tr', { hasText: 'relay-a' });
    await shows(relay, /^relay-a \| near \| connected \|.*\| \d+ ms \| \d+ % \| 1 of 1024 \|/);
    const way = block('To there: by relay-a');
    await way.waitFor();
    await shows(
      way.locator('tbody tr', { hasText: 'relay-a' }),
      /^relay-a \| \d+ ms \| [01]\.\d\d \| .*link \d+.*remainder \d+/,
    );
    await shows(
      block('Peers reached through relays').locator('tbody tr'),
      /^there \| outbound \| relay-a → relay-b \| [1-9]\d* \| \d+$/,
    );
    await picture(page, 'routing-real');
  });
});

// The console of a node with thousands of agents and tens of thousands of statements, in a real Chromium: how long until a view stands there
// with its data, and how long from a key or a click until what it asked for is drawn. The peer of each row is the promised limit.

import type { Page } from 'playwright-core';
import { launchChromium, openPage } from '../browser/chromium.ts';
import { fill } from '../support/many-statements.ts';
import { TestNodes } from '../support/nodes.ts';
import type { Bench } from './bench.ts';

/** Longest time until the first view stands, and from an act to its result, in ms. */
const VIEW_MS_MAX = 1_500;
const ACT_MS_MAX = 100;
/** A step that takes longer than this, in ms, has gone wrong. */
const STEP_MS_MAX = 20_000;
const TIMES = 5;

/** Acts on a view: where, what is done (in the page), and what stands there afterwards (in the page). */
const ACTS: readonly {
  readonly name: string;
  readonly at: string;
  readonly ready: string;
  readonly act: string;
  readonly done: string;
}[] = [
  {
    name: 'filter cards by a word',
    at: '#/cards',
    ready: `document.querySelectorAll('.table-cards .row-link').length > 5`,
    act: `type('loom')`,
    done: `/^500 of /.test(count()) && /^loom/.test(firstRow())`,
  },
  {
    name: 'open a card',
    at: '#/cards',
    ready: `document.querySelectorAll('.table-cards .row-link').length > 5`,
    act: `document.querySelectorAll('.table-cards .row-link')[4].click()`,
    done: `document.querySelector('.view-detail h2') !== null`,
  },
  {
    name: 'filter receipts by an id',
    at: '#/receipts',
    ready: `document.querySelectorAll('.table-receipts .row-link').length > 5`,
    act: `type('task-4242')`,
    done: `/ of /.test(count()) && document.querySelectorAll('.table-receipts .row-link').length < 20`,
  },
  {
    name: 'only receipts that failed',
    at: '#/receipts',
    ready: `document.querySelectorAll('.table-receipts .row-link').length > 5`,
    act: `document.querySelector('.tab[data-value="other"]').click()`,
    done: `/ of /.test(count()) && document.querySelectorAll('.table-receipts .badge-ok').length === 0`,
  },
  {
    name: 'the next page of receipts',
    at: '#/receipts',
    ready: `document.querySelectorAll('.table-receipts .row-link').length > 5`,
    act: `document.querySelector('.table-receipts .row-link').focus(), key('End')`,
    done: `[...document.querySelectorAll('.table-receipts .row')].some((row) => Number(row.getAttribute('aria-rowindex')) > 104)`,
  },
  {
    name: 'from cards to receipts',
    at: '#/cards',
    ready: `document.querySelectorAll('.table-cards .row-link').length > 5`,
    act: `document.querySelector('.nav-link[href="#/receipts"]').click()`,
    done: `document.querySelectorAll('.table-receipts .row-link').length > 5`,
  },
  {
    name: 'a step in provenance',
    at: '#/provenance',
    ready: `document.querySelectorAll('.begin a').length > 3`,
    act: `[...document.querySelectorAll('.begin a')].find((link) => /execution receipt/.test(link.textContent)).click()`,
    done: `document.querySelectorAll('.walk-item').length > 0`,
  },
];
const VIEWS: readonly (readonly [string, string])[] = [
  [
    '/network',
    `document.querySelectorAll('.table-nodes .row-link').length > 0 && /^[45],[0-9]{3}$/.test(document.querySelectorAll('.tile-figure')[1]?.textContent ?? '')`,
  ],
  ['/cards', `document.querySelectorAll('.table-cards .row-link').length > 5`],
  ['/receipts', `document.querySelectorAll('.table-receipts .row-link').length > 5`],
  ['/reputation', `document.querySelectorAll('.table-standings .row-link').length > 5`],
  ['/log', `document.querySelectorAll('.table-entries .row-link').length > 5`],
];

/** What the acts are written with. */
const HELPERS = `
  const count = () => document.querySelector('.count')?.textContent ?? '';
  const firstRow = () => document.querySelector('.row-link')?.textContent ?? '';
  const key = (name) => document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true }));
  const type = (words) => {
    const input = document.querySelector('[data-search]');
    input.value = words;
    input.dispatchEvent(new Event('input', { bubbles: true }));
  };
  const until = async (holds) => {
    const end = performance.now() + ${STEP_MS_MAX};
    while (!holds()) {
      if (performance.now() > end) throw new Error('it did not come: ' + holds);
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  };`;

const inPage = (page: Page, body: string): Promise<number> =>
  page.evaluate(`(async () => { ${HELPERS} ${body} })()`);

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] as number;

export const bench: Bench = {
  name: 'console',
  summary: 'views and acts of the console over a full node in a real Chromium, against the promised limits',
  bar: { sign: '<=', value: 1 },
  async run({ note, report, sizes }) {
    const amounts = sizes({ agents: 5_000, statements: 50_000 }, { agents: 5_000, statements: 50_000 });
    await using nodes = new TestNodes();
    const { api, node, token } = await nodes.start('desk', {
      api: { host: '127.0.0.1', port: 0, requestsPerSecond: 1_000 },
    });
    const started = performance.now();
    const { agentIds, ...made } = await fill(
      (envelope) => node.ownLog.append(envelope),
      node.peerId,
      Date.now(),
      amounts,
    );
    note(
      `${agentIds.length} cards and ${JSON.stringify(made)} signed, verified and stored in ${((performance.now() - started) / 1_000).toFixed(0)} s; ` +
        `known: ${node.book.size} cards, ${node.receipts.list(Number.MAX_SAFE_INTEGER).length} receipts; heap ${(process.memoryUsage().heapUsed / 2 ** 20).toFixed(0)} MiB`,
    );
    const row = (name: string, samples: readonly number[], limit: number) => {
      note(`${name}: ${samples.map((ms) => ms.toFixed(0)).join(', ')} ms`);
      report({
        case: name,
        peerName: 'limit',
        sizes: amounts,
        ours: median(samples),
        peer: limit,
        unit: 'ms',
        better: 'lower',
      });
    };
    const chromium = await launchChromium();
    try {
      for (const [view, drawn] of VIEWS) {
        const samples: number[] = [];
        for (let time = 0; time < TIMES; time += 1) {
          const { close, page } = await openPage(chromium.browser, `${api.url}/#token=${token}&view=${view}`);
          samples.push(await inPage(page, `await until(() => ${drawn}); return performance.now();`));
          await close();
        }
        row(`first view ${view}`, samples, VIEW_MS_MAX);
      }
      const { close, page } = await openPage(chromium.browser, `${api.url}/#token=${token}`);
      for (const { act, at, done, name, ready } of ACTS) {
        const samples: number[] = [];
        for (let time = 0; time < TIMES; time += 1) {
          await inPage(
            page,
            `location.hash = '#/health'; await until(() => document.querySelector('.health-line') !== null); return 0;`,
          );
          await inPage(page, `location.hash = '${at}'; await until(() => ${ready}); return 0;`);
          samples.push(
            await inPage(
              page,
              `const start = performance.now(); ${act}; await until(() => ${done}); return performance.now() - start;`,
            ),
          );
        }
        row(name, samples, ACT_MS_MAX);
      }
      await close();
    } finally {
      await chromium.close();
    }
  },
};

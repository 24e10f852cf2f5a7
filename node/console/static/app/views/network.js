// The network view: a map of the nodes and their connections, figures, what is happening now, and the nodes in a table.

import { fill, h } from '../dom.js';
import { clean, digits, plural, shorten } from '../format.js';
import { identifier, text, when } from '../parts/bits.js';
import { icon } from '../parts/icons.js';
import { createMap, lastSeenText, rttText } from '../parts/map.js';
import { emptyState, errorState, loadingState, staleBar } from '../parts/states.js';
import { createTable } from '../parts/table.js';
import { recentActivity } from '../recent.js';
import { routeTo } from '../router.js';
import { createAgents, nodeDetail, stateBadge, stateOf } from './node-detail.js';

/** @typedef {import('../api.js').NetworkNode} NetworkNode @typedef {import('../api.js').NetworkView} NetworkView */

const LEGEND = /** @type {const} */ ([
  ['boot', 'boot'],
  ['relay', 'relay'],
  ['index', 'index'],
  ['edge', 'edge'],
]);
/** @type {Record<string, import('../parts/icons.js').IconName>} */
const SIGNS = {
  card: 'cards',
  receipt: 'receipts',
  revocation: 'revocations',
  head: 'log',
  peer: 'network',
  task: 'clock',
};

/** @param {import('../main.js').Context} ctx @returns {import('../main.js').View} */
export function mountNetwork(ctx) {
  const { store, live } = ctx;
  let openId = '';
  /** @type {({ peerId: string } & ReturnType<typeof createAgents>) | null} */
  let agents = null;
  const stale = h('div');
  const status = h('div');
  const figures = h('div', { class: 'figures' });
  const map = createMap();
  const feed = h('ol', { class: 'feed' });
  const panel = h('aside', {
    class: 'view-detail',
    'aria-label': 'Node',
    hidden: true,
    on: {
      keydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key === 'Escape') location.hash = '#/network';
      },
    },
  });
  const list = h('section', { class: 'view-list', 'aria-labelledby': 'view-title' });
  const table = createTable({
    name: 'nodes',
    label: 'Nodes',
    scroller: list,
    key: (/** @type {NetworkNode} */ node) => node.peerId,
    href: (node) => routeTo(['network', node.peerId]),
    empty: () =>
      emptyState(
        'No node is known.',
        'Join a network with ',
        h('code', null, 'zerostate up --join ADDRESS'),
        '.',
      ),
    sort: { id: 'name', down: false },
    tone: (node) => (node.online ? '' : 'dim'),
    columns: [
      {
        id: 'name',
        title: 'Node',
        sort: (node) => String(node.name),
        cell: (node) => [
          h('strong', null, text(node.name, 60)),
          h('span', { class: 'sub' }, h('code', null, shorten(node.peerId, 10, 8))),
        ],
      },
      {
        id: 'region',
        title: 'Region',
        sort: (node) => String(node.region),
        cell: (node) => clean(node.region, 40),
      },
      {
        id: 'roles',
        title: 'Roles',
        sort: (node) => node.roles.join(' '),
        cell: (node) =>
          h(
            'span',
            { class: 'tags' },
            node.roles.map((role) => h('span', { class: 'tag' }, clean(role, 20))),
          ),
      },
      {
        id: 'rtt',
        title: 'Round trip',
        numeric: true,
        sort: (node) => rttOf(node.peerId) ?? Number.MAX_VALUE,
        cell: (node) => (node.self ? '–' : rttText(rttOf(node.peerId))),
      },
      {
        id: 'seen',
        title: 'Last heard',
        numeric: true,
        sort: (node) => node.lastSeenMs ?? Number.MAX_VALUE,
        cell: (node) => (node.self ? 'now' : lastSeenText(node.lastSeenMs)),
      },
      { id: 'state', title: 'State', sort: stateOf, cell: stateBadge },
    ],
  });
  const mapPanel = h(
    'section',
    { class: 'panel map-panel', 'aria-label': 'Map' },
    map.element,
    h(
      'p',
      { class: 'legend' },
      LEGEND.map(([role, sign]) => h('span', null, icon(sign), role)),
      h('span', { class: 'legend-self' }, 'this node'),
      h('span', { class: 'legend-down' }, 'silent'),
      h('span', { class: 'legend-route' }, 'live route through relays'),
    ),
  );
  const content = h(
    'div',
    { class: 'network-body', hidden: true },
    figures,
    h(
      'div',
      { class: 'network-columns' },
      mapPanel,
      h('section', { class: 'panel feed-panel' }, h('h2', null, 'Latest'), feed),
    ),
    h('h2', { class: 'list-title' }, 'Nodes'),
    table.element,
  );
  list.append(
    h(
      'header',
      { class: 'view-head' },
      h(
        'div',
        null,
        h('h1', { id: 'view-title', tabindex: '-1' }, 'Network'),
        h('p', { class: 'lead' }, 'The nodes this one knows, where they are, and how they are connected.'),
      ),
    ),
    stale,
    status,
    content,
  );
  const element = h('div', { class: 'view view-master view-network' }, list, panel);

  const network = () => /** @type {NetworkView | null} */ (store.get('network').data);
  const rttOf = (/** @type {string} */ peerId) => {
    const self = network()?.nodes.find((node) => node.self)?.peerId;
    const link = network()?.links.find(
      (one) =>
        one.rttMs !== null &&
        ((one.from === self && one.to === peerId) || (one.to === self && one.from === peerId)),
    );
    return link?.rttMs ?? null;
  };

  const draw = () => {
    const held = store.get('network');
    const retry = () => void store.load('network');
    fill(stale, staleBar(held, retry));
    const data = network();
    content.hidden = data === null;
    fill(
      status,
      data !== null ? null : held.error ? errorState(held.error, retry) : loadingState('the network'),
    );
    if (data === null) return;
    fill(figures, figureTiles(ctx, data));
    map.set(data, openId, routesOf(store.get('routing').data));
    table.setRows(data.nodes);
    drawDetail();
    drawFeed();
  };

  const drawFeed = () => {
    const lines = recentActivity(live.activity(), store);
    if (lines.length === 0)
      fill(
        feed,
        h(
          'li',
          { class: 'feed-none' },
          'Quiet so far. Cards, receipts, revocations and log heads appear here as they happen.',
        ),
      );
    else fill(feed, lines.map(feedLine));
  };

  const drawDetail = () => {
    const node = network()?.nodes.find((one) => one.peerId === openId);
    if (agents?.peerId !== openId)
      agents = openId === '' ? null : { peerId: openId, ...createAgents(openId) };
    table.select(openId);
    element.classList.toggle('has-detail', openId !== '');
    panel.hidden = openId === '';
    if (openId === '' || network() === null) return;
    const scroll = panel.scrollTop;
    const hadFocus = panel.contains(document.activeElement);
    fill(
      panel,
      h(
        'div',
        { class: 'detail-bar' },
        h(
          'a',
          { class: 'button button-quiet', href: '#/network' },
          icon('back'),
          h('span', null, 'All nodes'),
        ),
      ),
      node
        ? nodeDetail(
            ctx,
            node,
            rttOf(node.peerId),
            /** @type {NonNullable<typeof agents>} */ (agents).element,
          )
        : h(
            'div',
            { class: 'detail' },
            h('h2', { tabindex: '-1' }, 'This node is not known here'),
            identifier(openId, 'peer id'),
          ),
    );
    panel.scrollTop = scroll;
    if (hadFocus) panel.querySelector('h2')?.focus({ preventScroll: true });
  };

  const stops = [
    store.subscribe(
      ['network', 'node', 'cards', 'receipts', 'logs', 'revocations', 'tasks', 'routing'],
      draw,
    ),
    store.subscribe(['cards'], () => void agents?.read()),
    live.subscribe(({ activity }) => {
      if (!activity) return;
      drawFeed();
      map.pulse(activity.peer);
    }),
  ];

  return {
    element,
    update(route) {
      const next = route.path[1] ?? '';
      const moved = next !== openId;
      openId = next;
      draw();
      if (moved && openId !== '') panel.querySelector('h2')?.focus({ preventScroll: true });
    },
    destroy() {
      for (const stop of stops) stop();
      table.destroy();
      map.destroy();
    },
  };
}

/** @param {import('../main.js').Context} ctx @param {NetworkView} network */
function figureTiles(ctx, network) {
  const { store } = ctx;
  const held = (/** @type {import('../store.js').Name} */ name) => store.get(name).data;
  const up = network.nodes.filter((node) => node.online).length;
  const [cards, receipts, revoked, tasks] = [
    held('cards'),
    held('receipts'),
    held('revocations'),
    held('tasks'),
  ];
  const size = held('node')?.log?.size;
  const invalid = cards ? cards.total - cards.counts.valid : 0;
  return [
    tile('Nodes online', digits(up), `of ${digits(network.nodes.length)} known`, '#/network'),
    tile(
      'Agents',
      cards ? digits(cards.counts.valid) : '…',
      invalid > 0 ? `${digits(invalid)} not valid` : 'all valid',
      '#/cards',
    ),
    tile(
      'Tasks',
      tasks ? digits(tasks.total) : '…',
      tasks?.open ? `${digits(tasks.open)} open` : 'none open',
      '#/tasks',
    ),
    tile(
      'Receipts',
      receipts ? digits(receipts.total) : '…',
      receipts ? `${digits(receipts.counts.ok)} OK` : '',
      '#/receipts',
    ),
    tile(
      'Log size',
      size === undefined ? '…' : digits(size),
      plural((held('logs') ?? []).filter((/** @type {any} */ log) => !log.self).length, 'other log'),
      '#/log',
    ),
    tile(
      'Revocations',
      revoked ? digits(revoked.total) : '…',
      revoked?.total ? 'in force' : 'none in force',
      '#/revocations',
    ),
  ];
}

/** The paths that connections of this node take through relays now. @param {any} routing @returns {string[][]} */
function routesOf(routing) {
  return (routing?.links ?? [])
    .filter((/** @type {any} */ link) => link.attached && link.path?.length > 2)
    .map((/** @type {any} */ link) => link.path);
}

/** @param {string} name @param {string} figure @param {string} more @param {string} href */
function tile(name, figure, more, href) {
  return h(
    'a',
    { class: 'tile', href },
    h('span', { class: 'tile-name' }, name),
    h('span', { class: 'tile-figure' }, figure),
    h('span', { class: 'tile-more' }, more),
  );
}

/** @param {import('../live.js').Activity} line */
function feedLine(line) {
  const title = h('span', { class: 'feed-title' }, clean(line.title, 80));
  return h(
    'li',
    { class: `feed-${line.kind === 'revocation' ? 'bad' : 'plain'}` },
    icon(SIGNS[line.kind] ?? 'clock'),
    h(
      'div',
      null,
      line.href ? h('a', { href: line.href }, title) : title,
      h('span', { class: 'feed-detail' }, text(line.detail, 80)),
    ),
    when(line.at),
  );
}

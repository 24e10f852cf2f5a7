// The health view: whether this node can do what others rely on, and what it acts on: checks, clock, policy, overrides, forks.

import { apiGet } from '../api.js';
import { h } from '../dom.js';
import { absoluteTime, clean, digits, duration, shorten } from '../format.js';
import { badge, checkList, fields, identifier, panel, text, when } from '../parts/bits.js';
import { icon } from '../parts/icons.js';
import { mountPage } from '../parts/page.js';
import { plainTable } from '../parts/plain-table.js';
import { routeTo } from '../router.js';

/** Pause between two readings, in ms. */
const RELOAD_MS = 5000;
/** Not ready is an answer of the health route. */
const NOT_READY = 503;

/** @param {import('../main.js').Context} ctx @returns {import('../main.js').View} */
export function mountHealth(ctx) {
  return mountPage(ctx, {
    name: 'health',
    title: 'Health',
    intro: 'Whether this node can do what others rely on, and what it decides by.',
    what: 'the health of the node',
    every: RELOAD_MS,
    on: ['node'],
    async read(_route, signal) {
      const [ready, node, policy, overrides, forks] = await Promise.all([
        apiGet('/readyz', { signal, also: NOT_READY }),
        apiGet('/v1/node', { signal }),
        apiGet('/v1/policy', { signal }),
        apiGet('/v1/overrides', { signal }),
        apiGet('/v1/log/forks', { signal }),
      ]);
      return { ready, node, policy, overrides: overrides.overrides, forks: forks.forks };
    },
    draw: ({ forks, node, overrides, policy, ready }) => [
      headline(ready, node),
      h(
        'div',
        { class: 'page-columns' },
        panel('Checks', checkList(ready.checks)),
        panel('This node', nodeFields(node)),
        panel('Policy', policyFields(policy), overrideList(overrides)),
        panel('Logs that signed two histories', forkList(ctx, forks)),
      ),
    ],
  });
}

/** @param {any} ready @param {any} node */
function headline(ready, node) {
  const failed = ready.checks.filter((/** @type {any} */ check) => !check.ok).length;
  const [tone, sign, words] = ready.ok
    ? ready.degraded
      ? ['warn', 'warn', 'Ready, and acting on less than it should know']
      : ['ok', 'check', 'Ready']
    : ['bad', 'cross', `Not ready: ${failed} of ${ready.checks.length} checks failed`];
  return h(
    'p',
    { class: `health-line health-${tone}`, role: 'status' },
    icon(/** @type {import('../parts/icons.js').IconName} */ (sign)),
    h('strong', null, words),
    h('span', { class: 'muted' }, `${clean(node.name, 60)}, up for ${duration(node.uptimeSeconds)}`),
  );
}

/** @param {any} node */
function nodeFields(node) {
  const offset = node.clock?.offsetMs;
  return fields([
    ['Version', clean(node.version, 40)],
    ['Network', clean(node.network, 60)],
    ['Region', clean(node.region, 60)],
    ['Roles', clean(node.roles.join(', '), 120)],
    ['Peer', identifier(node.peerId, 'peer id')],
    ['Process', String(node.pid ?? '–')],
    ['Connected', `${digits(node.peers)} peers`],
    [
      'Clock',
      offset === null || offset === undefined
        ? 'too few neighbours to compare with'
        : `${Math.abs(offset)} ms ${offset > 0 ? 'behind' : 'ahead of'} the median of ${node.clock.neighbours} neighbours`,
    ],
    node.index
      ? [
          'Index',
          `${digits(node.index.cards)} cards, ${digits(node.index.waiting ?? 0)} waiting, ${clean(node.index.graph, 60)}`,
        ]
      : null,
  ]);
}

/** @param {any} policy */
function policyFields({ active, expired, line }) {
  return fields([
    [
      'In force',
      active.sequence === 0 ? 'the built-in policies' : `${clean(active.name, 80)} ${active.sequence}`,
    ],
    ['Id', identifier(active.id, 'policy id')],
    ['State', expired ? badge('bad', 'expired') : badge('ok', 'in force')],
    active.expiresAt ? ['Expires', when(active.expiresAt)] : null,
    ['Rules', digits(active.policies.length)],
    ['Signers', `${line.signers.threshold} of ${line.signers.keys.length}`],
  ]);
}

/** @param {{ id: string, agentId: string | null, tier: string, reason: string, by: string, from: number, until: number }[]} overrides */
function overrideList(overrides) {
  const now = Date.now();
  const active = overrides.filter(({ until }) => until > now);
  if (active.length === 0)
    return h(
      'p',
      { class: 'muted' },
      'No override is in force. A person sets one with ',
      h('code', null, 'zerostate policy override'),
      '.',
    );
  return plainTable(
    'Overrides in force',
    [
      {
        title: 'Agent',
        cell: (one) =>
          one.agentId === null
            ? 'all'
            : h('a', { href: routeTo(['trust', one.agentId]) }, h('code', null, shorten(one.agentId, 8, 6))),
      },
      { title: 'Tier', cell: (one) => clean(one.tier, 30) },
      { title: 'Reason', wide: true, cell: (one) => text(one.reason, 200) },
      { title: 'Until', cell: (one) => absoluteTime(one.until) },
    ],
    active,
  );
}

/** @param {import('../main.js').Context} ctx @param {{ origin: string, sizes: number[] }[]} forks */
function forkList(ctx, forks) {
  if (forks.length === 0)
    return h(
      'p',
      { class: 'muted' },
      'None is known. Check a whole log with ',
      h('code', null, 'zerostate log check LOG'),
      '.',
    );
  return h(
    'ul',
    { class: 'checks' },
    forks.map(({ origin, sizes }) =>
      h(
        'li',
        { class: 'is-bad' },
        icon('cross'),
        h(
          'div',
          null,
          h('strong', null, text(ctx.nodeName(origin.split('/').at(-1) ?? ''), 80)),
          h('p', null, `two histories at sizes ${sizes.map(digits).join(' and ')}; the proof is kept`),
          identifier(origin, 'log origin', { head: 22, tail: 8 }),
        ),
      ),
    ),
  );
}

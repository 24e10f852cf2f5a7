// The witnesses view: who vouches for this node's log, whom it vouches for, and what each witness said last.

import { apiGet } from '../api.js';
import { h } from '../dom.js';
import { absoluteTime, clean, digits } from '../format.js';
import { badge, codeBlock, fields, identifier, panel, text } from '../parts/bits.js';
import { mountPage } from '../parts/page.js';
import { plainTable } from '../parts/plain-table.js';
import { emptyState } from '../parts/states.js';
import { routeTo } from '../router.js';

/** Pause between two readings, in ms. */
const RELOAD_MS = 10_000;
const KINDS = /** @type {Record<string, string>} */ ({
  none: 'nobody is asked for',
  peers: 'any known peers',
  named: 'those that the configuration names',
  file: 'a policy file',
});

/**
 * @typedef {{ policy: string, known: number, required: number, counted: { name: string, peerId: string | null, at: string | number | null }[], reached: boolean, asOf: string | null }} Quorum
 * @typedef {{ origin: string, size: number, root: string, checkpoint: string, witnesses: Quorum }} Head
 * @typedef {{ self: { name: string, cosigns: boolean, logs: number }, policy: { kind: string, required: number, named: string[], text: string },
 *   head: Head | null, witnessed: Head | null, asked: { peerId: string, size: number | null, at: number, reason: string }[] }} Witnesses
 */

/** @param {import('../main.js').Context} ctx @returns {import('../main.js').View} */
export function mountWitnesses(ctx) {
  return mountPage(ctx, {
    name: 'witnesses',
    title: 'Witnesses',
    intro: 'Who vouches that this node’s log has one history, and whom this node vouches for.',
    what: 'the witnesses',
    every: RELOAD_MS,
    on: ['log'],
    read: (_route, signal) => apiGet('/v1/log/witnesses', { signal }),
    draw: (/** @type {Witnesses} */ { asked, head, policy, self, witnessed }) => [
      h(
        'div',
        { class: 'page-columns' },
        panel(
          'Newest head',
          headView(
            ctx,
            head,
            'The log is empty: its first entry is written when an agent publishes a card, with ',
            'zerostate card publish FILE',
          ),
        ),
        panel(
          'Newest head with enough witnesses',
          headView(ctx, witnessed, 'None yet. Ask the witnesses now with ', 'zerostate log witness --ask'),
        ),
        panel(
          'Whose word counts here',
          fields([
            ['Policy', clean(KINDS[policy.kind] ?? policy.kind, 80)],
            ['Asked for', `${policy.required} cosignatures`],
            [
              'Named',
              policy.named.length === 0
                ? 'nobody'
                : h(
                    'ul',
                    { class: 'plain' },
                    policy.named.map((name) =>
                      h('li', null, identifier(name, 'witness', { head: 26, tail: 8 })),
                    ),
                  ),
            ],
          ]),
          policy.text
            ? h(
                'details',
                { class: 'fold' },
                h('summary', null, 'As a policy file'),
                codeBlock(policy.text, 'witness policy'),
              )
            : null,
        ),
        panel(
          'This node as a witness',
          fields([
            ['Name', identifier(self.name, 'witness name', { head: 26, tail: 8 })],
            ['Cosigns', self.cosigns ? badge('ok', 'for others') : badge('plain', 'for nobody')],
            ['Logs watched', digits(self.logs)],
          ]),
        ),
      ),
      h('h2', { class: 'list-title' }, 'What each witness said last'),
      asked.length === 0
        ? emptyState(
            'No witness was asked yet.',
            'Ask them with ',
            h('code', null, 'zerostate log witness --ask'),
            '.',
          )
        : plainTable(
            'Witnesses that were asked to cosign this log',
            [
              {
                title: 'Witness',
                wide: true,
                cell: (one) =>
                  h('a', { href: routeTo(['network', one.peerId]) }, text(ctx.nodeName(one.peerId), 60)),
              },
              {
                title: 'Answer',
                cell: (one) => (one.reason === '' ? badge('ok', 'cosigned') : badge('warn', 'did not')),
              },
              {
                title: 'Head cosigned',
                numeric: true,
                cell: (one) => (one.size === null ? '–' : digits(one.size)),
              },
              { title: 'Asked', cell: (one) => absoluteTime(one.at) },
              { title: 'Reason', cell: (one) => text(one.reason || '–', 200) },
            ],
            asked,
          ),
    ],
  });
}

/** @param {import('../main.js').Context} ctx @param {Head | null} head @param {string} none @param {string} command */
function headView(ctx, head, none, command) {
  if (head === null) return h('p', { class: 'muted' }, none, h('code', null, command), '.');
  const { counted, reached, required } = head.witnesses;
  return fields([
    ['Size', h('span', { class: 'figure' }, digits(head.size))],
    ['Root', identifier(head.root, 'root', { head: 12, tail: 8 })],
    ['Cosigned by', `${digits(counted.length)} of ${digits(required)} asked for`],
    [
      'State',
      required === 0
        ? badge('plain', 'nobody is asked for')
        : reached
          ? badge('ok', 'vouched for')
          : badge('warn', 'not yet'),
    ],
    counted.length === 0
      ? null
      : [
          'Witnesses',
          h(
            'ul',
            { class: 'plain' },
            counted.map(({ name, peerId }) =>
              h(
                'li',
                null,
                peerId === null
                  ? text(name, 80)
                  : h('a', { href: routeTo(['network', peerId]) }, text(ctx.nodeName(peerId), 60)),
              ),
            ),
          ),
        ],
  ]);
}

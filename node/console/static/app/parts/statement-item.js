// One statement of a provenance answer: what it says, who says it, and what this node makes of it.

import { h } from '../dom.js';
import { clean, duration, entryKind, shorten } from '../format.js';
import { routeTo } from '../router.js';
import { badge, fields, identifier, text, when } from './bits.js';

const VERDICTS = /** @type {const} */ ({
  accept: ['ok', 'relied on'],
  reject: ['bad', 'refused'],
  unknown: ['warn', 'unknown'],
});
/** Edges of one statement that are listed. */
const EDGES_SHOWN = 24;
/** Reputation is told in millionths. */
const UNIT = 1_000_000;

/**
 * @typedef {{ statementId: string, origin: string, index: number, issuer: string | null, predicateType: string | null, issuedAt: string | null,
 *   knownAt: string, edges: import('./walk.js').Edge[], says: Record<string, string>,
 *   witnesses: { policy: string, required: number, counted: number, reached: boolean },
 *   freshness: { state: string, ageMs: number | null } | null, reputation: { status: string, lower: number } | null,
 *   verdict: { verdict: keyof typeof VERDICTS, reason: string, decision: string | null } }} StatementRow
 */

/** @param {StatementRow} row @param {(id: string) => string} hrefOf a step to a thing */
export function statementItem(row, hrefOf) {
  const [tone, word] = VERDICTS[row.verdict.verdict] ?? VERDICTS.unknown;
  const said = Object.entries(row.says).filter(([name, value]) => name !== 'kind' && value !== '');
  return h(
    'article',
    { class: 'statement' },
    h(
      'div',
      { class: 'statement-head' },
      badge(tone, word),
      h(
        'a',
        { href: hrefOf(row.statementId) },
        h('strong', null, clean(entryKind(row.predicateType) || row.says.kind || 'statement', 80)),
      ),
      row.issuedAt ? when(row.issuedAt) : null,
    ),
    h('p', { class: 'statement-why' }, text(row.verdict.reason, 400)),
    h(
      'details',
      { class: 'fold' },
      h('summary', null, 'Who says so, and what bears it out'),
      fields([
        ['Statement', identifier(row.statementId, 'statement id')],
        row.issuer === null
          ? ['Issuer', 'not shown here']
          : [
              'Issuer',
              h('a', { href: routeTo(['trust', row.issuer]) }, h('code', null, shorten(row.issuer, 14, 8))),
            ],
        ...said.map(([name, value]) => /** @type {[string, Node]} */ ([clean(name, 40), text(value, 400)])),
        ['Log', h('a', { href: routeTo(['log', row.origin.split('/').at(-1) ?? '']) }, `entry ${row.index}`)],
        [
          'Witnesses',
          `${row.witnesses.counted} of ${row.witnesses.required} asked for${row.witnesses.reached ? '' : ', not enough'}`,
        ],
        row.freshness
          ? [
              'Revocation',
              `${clean(row.freshness.state, 30)}${row.freshness.ageMs === null ? '' : `, as of ${duration(row.freshness.ageMs / 1000)} ago`}`,
            ]
          : null,
        row.reputation
          ? [
              'Reputation of the issuer',
              `${clean(row.reputation.status, 30)}, at least ${(row.reputation.lower / UNIT).toFixed(3)}`,
            ]
          : null,
        ['Known here since', when(row.knownAt)],
        row.verdict.decision ? ['Decision', identifier(row.verdict.decision, 'decision')] : null,
      ]),
      row.edges.length === 0
        ? null
        : h(
            'ul',
            { class: 'edges' },
            row.edges
              .slice(0, EDGES_SHOWN)
              .map(({ from, relation, to }) =>
                h(
                  'li',
                  null,
                  h(
                    'a',
                    { href: hrefOf(from) },
                    h('code', null, shorten(from.replace(/^sha256:/, ''), 8, 4)),
                  ),
                  ` ${clean(relation, 20)} `,
                  h('a', { href: hrefOf(to) }, h('code', null, shorten(to.replace(/^sha256:/, ''), 8, 4))),
                ),
              ),
          ),
    ),
  );
}

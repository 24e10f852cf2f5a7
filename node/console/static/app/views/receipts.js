// The receipts view: what was run, by whom, with what result; and the proof of one receipt, checked by the node.

import { apiGet, apiPost } from '../api.js';
import { fill, h } from '../dom.js';
import { clean, digits, originPeer, shorten } from '../format.js';
import {
  button,
  checkList,
  codeBlock,
  fields,
  identifier,
  runBadge,
  section,
  text,
  when,
} from '../parts/bits.js';
import { openDialog } from '../parts/dialog.js';
import { statementOf } from '../parts/envelope.js';
import { icon } from '../parts/icons.js';
import { mountMaster } from '../parts/master.js';
import { emptyState, errorState, fillFrom, loadingState } from '../parts/states.js';
import { routeTo } from '../router.js';

/** @typedef {import('../api.js').ReceiptView} ReceiptView */

/** Largest receipt file read from disk, in bytes: what the API takes in one request. */
const FILE_BYTES_MAX = 24 * 1024 * 1024;

/** @param {import('../main.js').Context} ctx */
export function mountReceipts(ctx) {
  return mountMaster(ctx, {
    segment: 'receipts',
    title: 'Receipts',
    intro: 'What was run, signed by the agent that ran it, and included in its node’s log.',
    noun: 'receipt',
    what: 'receipts',
    source: { path: '/v1/receipts', list: 'receipts', key: 'id' },
    events: ['receipts'],
    names: ['network'],
    tools: [button('Verify a file…', { on: { click: openFileDialog } }, 'upload')],
    table: {
      name: 'receipts',
      label: 'Execution receipts',
      key: (/** @type {ReceiptView} */ receipt) => receipt.id,
      columns: [
        {
          id: 'executor',
          title: 'Run by',
          cell: (one) => [
            h('strong', null, text(one.executorName, 80)),
            h('span', { class: 'sub' }, h('code', null, shorten(one.taskId, 14, 6))),
          ],
        },
        {
          id: 'module',
          title: 'Module',
          cell: (one) => h('code', null, shorten(String(one.module ?? '').replace(/^sha256:/, ''), 8, 6)),
        },
        {
          id: 'fuel',
          title: 'Fuel',
          numeric: true,
          cell: (one) => digits(one.fuel),
        },
        {
          id: 'exit',
          title: 'Exit',
          numeric: true,
          cell: (one) => (one.exitCode === null ? '–' : String(one.exitCode)),
        },
        {
          id: 'entry',
          title: 'Log entry',
          numeric: true,
          cell: (one) => `${clean(ctx.nodeName(originPeer(one.origin)), 24)} #${one.logIndex}`,
        },
        {
          id: 'issued',
          title: 'Issued',
          cell: (one) => when(one.issuedAt),
        },
        {
          id: 'result',
          title: 'Result',
          cell: (one) => runBadge(one.status),
        },
      ],
    },
    filters: [
      {
        id: 'q',
        kind: 'text',
        label: 'Filter the receipts by words',
        placeholder: 'Filter by agent, task, module or id',
      },
      { id: 'result', kind: 'tabs', label: 'Result', options: resultChoices },
    ],
    none: () =>
      emptyState(
        'Nothing has been run yet.',
        'Run the example with ',
        h('code', null, 'zerostate task run examples/tasks/word-count/task.yaml'),
        '.',
      ),
    detail: (_id, receipt) => receiptDetail(ctx, receipt),
    missing: (id) =>
      h(
        'div',
        { class: 'detail' },
        h('h2', { tabindex: '-1' }, 'This receipt is not known here'),
        h('p', null, identifier(id, 'receipt id')),
      ),
  });
}

/** @param {{ total: number, counts: { ok: number, other: number } }} answer */
function resultChoices({ counts, total }) {
  return [
    { value: '', label: 'All', count: total },
    { value: 'ok', label: 'OK', count: counts.ok },
    { value: 'other', label: 'Other', count: counts.other },
  ];
}

/** @param {import('../main.js').Context} ctx @param {ReceiptView} receipt */
function receiptDetail(ctx, receipt) {
  const proof = h('div', { class: 'proof', 'aria-live': 'polite' });
  const content = h('div', null, loadingState('the receipt'));
  const verify = button('Verify', { class: 'button button-main' }, 'check');
  const save = button('Save the file', {}, 'download');
  verify.disabled = save.disabled = true;
  const article = h(
    'article',
    { class: 'detail' },
    h(
      'div',
      { class: 'detail-title' },
      h('h2', { tabindex: '-1' }, text(receipt.executorName, 120)),
      runBadge(receipt.status),
    ),
    h(
      'p',
      { class: 'muted' },
      'Ran ',
      h('a', { href: routeTo(['tasks', receipt.taskId]) }, h('code', null, shorten(receipt.taskId, 18, 8))),
      ' and signed the result ',
      when(receipt.issuedAt),
      '.',
    ),
    h('div', { class: 'detail-actions' }, verify, save),
    proof,
    section(
      'Summary',
      fields([
        ['Run by', h('a', { href: routeTo(['cards', receipt.executor]) }, text(receipt.executorName, 120))],
        ['Asked by', identifier(receipt.requester, 'requester')],
        ['Exit code', receipt.exitCode === null ? '–' : String(receipt.exitCode)],
        ['Fuel', digits(receipt.fuel)],
        ['Module', identifier(receipt.module, 'module digest', { head: 15, tail: 6 })],
        ['Receipt', identifier(receipt.id, 'receipt id')],
        ['Provenance', h('a', { href: routeTo(['provenance', receipt.id]) }, 'what it ran and what it made')],
        [
          'Log entry',
          h(
            'a',
            { href: routeTo(['log', originPeer(receipt.origin)]) },
            `#${receipt.logIndex} of ${clean(ctx.nodeName(originPeer(receipt.origin)), 60)}`,
          ),
        ],
      ]),
    ),
    content,
  );
  void fillFrom(content, async () => {
    fill(content, loadingState('the receipt'));
    const file = await apiGet(`/v1/receipts/${encodeURIComponent(receipt.id)}`);
    const sections = fileSections(file);
    verify.disabled = save.disabled = false;
    verify.onclick = () => void verifyInto(proof, file, verify);
    save.onclick = () =>
      saveFile(file, `${shorten(receipt.id, 12, 0).replaceAll(/[^a-zA-Z0-9-]/g, '')}.receipt.json`);
    return sections;
  });
  return article;
}

/** @param {any} file */
function fileSections(file) {
  const statement = statementOf(file?.receipt);
  const predicate = statement?.predicate ?? {};
  return [
    predicate.deterministic
      ? section('Deterministic: the same on every machine', tree(predicate.deterministic))
      : null,
    predicate.observed ? section('Observed: true of this one run', tree(predicate.observed)) : null,
    typeof file?.proof === 'string'
      ? h(
          'details',
          { class: 'fold' },
          h('summary', null, 'Proof of inclusion and checkpoint'),
          codeBlock(file.proof, 'proof'),
        )
      : null,
    h(
      'details',
      { class: 'fold' },
      h('summary', null, 'Signed envelope (DSSE)'),
      codeBlock(JSON.stringify(file?.receipt, null, 2) ?? '', 'signed envelope'),
    ),
    section(
      'Check it anywhere',
      h(
        'p',
        null,
        'Save the file. Verifying needs no network; replaying runs the module again and compares bytes and fuel.',
      ),
      codeBlock('zerostate receipt verify FILE\nzerostate receipt replay FILE', 'commands'),
    ),
  ].filter((one) => one !== null);
}

/** Nested values as dotted names. @param {any} value */
function tree(value) {
  /** @type {[string, import('../dom.js').Child][]} */
  const rows = [];
  const walk = (/** @type {string} */ prefix, /** @type {any} */ node, /** @type {number} */ depth) => {
    if (rows.length >= 80) return;
    if (node !== null && typeof node === 'object' && depth < 4) {
      for (const [name, child] of Object.entries(node))
        walk(prefix ? `${prefix}.${name}` : name, child, depth + 1);
      return;
    }
    const shown = typeof node === 'string' ? node : JSON.stringify(node);
    rows.push([
      clean(prefix, 80),
      shown.length > 30
        ? identifier(shown, prefix, { head: 15, tail: 6 })
        : h('span', { class: 'mono' }, /^\d{5,}$/.test(shown) ? digits(shown) : clean(shown, 200)),
    ]);
  };
  walk('', value, 0);
  return fields(rows);
}

/** @param {HTMLElement} host @param {unknown} file @param {HTMLButtonElement} [trigger] */
async function verifyInto(host, file, trigger) {
  if (trigger) trigger.disabled = true;
  fill(host, loadingState('the proof'));
  try {
    const report = /** @type {import('../api.js').Report} */ (await apiPost('/v1/verify', file));
    fill(host, reportView(report));
  } catch (error) {
    fill(host, errorState(/** @type {import('../api.js').ApiError} */ (error)));
  } finally {
    if (trigger) trigger.disabled = false;
  }
}

/** @param {import('../api.js').Report} report */
function reportView(report) {
  const checks = report.checks ?? [];
  const failed = checks.filter((check) => !check.ok);
  return h(
    'section',
    { class: `report ${report.ok ? 'report-ok' : 'report-bad'}` },
    h(
      'h3',
      null,
      icon(report.ok ? 'check' : 'cross'),
      report.ok
        ? `Verified: all ${checks.length} checks passed`
        : `Refused: ${failed.length} of ${checks.length} checks failed`,
    ),
    checkList(checks),
  );
}

function openFileDialog() {
  const proof = h('div', { class: 'proof', 'aria-live': 'polite' });
  const input = h('input', {
    type: 'file',
    id: 'receipt-file',
    accept: '.json,application/json',
    required: true,
  });
  openDialog({
    title: 'Verify a receipt file',
    body: [
      h('p', null, 'Signature, log inclusion and checkpoint are checked by this node. Nothing is stored.'),
      h('label', { for: 'receipt-file' }, 'A file that ends in .receipt.json'),
      input,
      proof,
    ],
    action: 'Verify',
    stay: true,
    async run() {
      const file = input.files?.[0];
      if (!file) return;
      if (file.size > FILE_BYTES_MAX)
        throw problem(
          'The file is larger than 24 MB.',
          'A receipt is smaller; this is probably another file.',
        );
      let value;
      try {
        value = JSON.parse(await file.text());
      } catch {
        throw problem(
          'The file is not JSON.',
          'Choose a file that was saved by "zerostate task run" or from this page.',
        );
      }
      await verifyInto(proof, value);
    },
  });
}

/** @param {string} message @param {string} hint */
function problem(message, hint) {
  return Object.assign(new Error(message), { code: 'FILE_REFUSED', hint, retryable: false, status: 0 });
}

/** @param {unknown} file @param {string} name */
function saveFile(file, name) {
  const url = URL.createObjectURL(new Blob([JSON.stringify(file, null, 2)], { type: 'application/json' }));
  h('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

// Answers and bundles against liars: rows left out, indexes that hide an entry, rows that do not fit, bundles that were tampered with.

import assert from 'node:assert/strict';
import { utf8 } from '../../../protocol/bytes/index.ts';
import {
  AnswerVerifier,
  BUNDLE_START,
  decodeBundle,
  encodeBundle,
  encodeOmission,
  type HeadRow,
  type ProvenanceQuery,
  type ProvenanceRow,
  provenanceQuery,
  verifyOmission,
} from '../../../protocol/provenance/index.ts';
import { RECEIPT_PREDICATE } from '../../../protocol/statement/index.ts';
import { verify } from '../../../protocol/verify/index.ts';
import { refused } from '../../support/agents.ts';
import { digestOf, MemoryAnswerer } from '../../support/provenance-answers.ts';

const NOW = Date.parse('2026-04-01T00:00:00Z');
const module0 = provenanceQuery({ start: [digestOf(0)], direction: 'both', depth: 1, prove: true });
const honest = new MemoryAnswerer(12, { modules: 3 });
const mine = [0, 3, 6, 9];

function check(query: ProvenanceQuery, rows: readonly ProvenanceRow[]) {
  const verifier = new AnswerVerifier(query);
  const verified = rows.flatMap((row) => verifier.push(row) ?? []);
  return { verified, ...verifier.finish() };
}
const nodeOf = (_origin: string, level: number, index: number) => honest.log.nodes.node(level, index);
const signed = (bytes: Uint8Array) =>
  decodeBundle(bytes).rows.map((row) => {
    if (row.kind === 'statement') return [row.index, row.record, row.body];
    return row.kind === 'head' ? [row.checkpoint] : [];
  });
const part = <K extends ProvenanceRow['kind']>(rows: readonly ProvenanceRow[], kind: K) =>
  rows.find((row) => row.kind === kind) as Extract<ProvenanceRow, { kind: K }>;

describe('provenance answers', () => {
  it('an honest answer is whole, and a row left out is named', () => {
    const { completeness, verified } = check(module0, honest.answer(module0, mine));
    assert.equal(verified.length, 4);
    assert.deepEqual(
      completeness.map(({ complete, size, treeSize }) => [complete, size, treeSize]),
      [[true, 12, 13]],
    );
    const cut = check(module0, honest.answer(module0, mine, [6]));
    assert.deepEqual(
      cut.completeness.map(({ complete, missing }) => [complete, missing]),
      [[false, [6]]],
    );
  });

  it('with a filter, only what can match is missed', () => {
    const types = (type: string) =>
      provenanceQuery({ start: [digestOf(0)], direction: 'both', predicateTypes: [type], prove: true });
    const other = types('https://slsa.dev/provenance/v1');
    assert.equal(check(other, honest.answer(other, [])).completeness[0]!.complete, true);
    const same = types(RECEIPT_PREDICATE);
    assert.deepEqual(check(same, honest.answer(same, [])).completeness[0]!.missing, mine);
    assert.throws(() => check(other, honest.answer(other, mine)), refused('ANSWER_INVALID'));
  });

  it('an index that hides an entry convicts its log, to anybody', () => {
    const liar = new MemoryAnswerer(12, { modules: 3, hide: [6] });
    const found = check(module0, liar.answer(module0, mine));
    assert.deepEqual(
      found.completeness.map(({ complete, unlisted }) => [complete, unlisted]),
      [[false, [6]]],
    );
    const alone = provenanceQuery({ start: [digestOf(0)], direction: 'both', prove: true });
    const rows = liar.answer(alone, [0, 3, 9]);
    const parts = { thing: digestOf(0), head: part(rows, 'head'), completeness: part(rows, 'completeness') };
    const evidence = encodeOmission({ ...parts, statement: liar.row(6) });
    assert.deepEqual({ ...verifyOmission(evidence) }.index, 6);
    assert.equal(verify(evidence, { now: NOW }).kind, 'omission');
    assert.equal(verify(evidence, { now: NOW }).ok, true);
    // Of a listed entry, of one that says nothing of the thing, and of another log there is no such evidence.
    assert.throws(() => encodeOmission({ ...parts, statement: liar.row(3) }), refused('OMISSION_UNPROVEN'));
    assert.throws(() => encodeOmission({ ...parts, statement: liar.row(1) }), refused('OMISSION_UNPROVEN'));
    const text = new TextDecoder().decode(evidence).replace(digestOf(0), digestOf(1));
    assert.throws(() => verifyOmission(utf8(text)), refused('PROOF_INVALID'));
  });

  it('rows that do not fit the question or each other are refused', () => {
    const rows = honest.answer(module0, mine);
    const statement = part(rows, 'statement');
    const bad: [string, ProvenanceRow[]][] = [
      ['no head', rows.slice(1)],
      ['two heads', [rows[0]!, ...rows]],
      ['a statement twice', [rows[0]!, statement, ...rows.slice(1)]],
      ['rows after the end', [...rows, statement]],
      ['another count', [...rows.slice(0, -1), { kind: 'end', rows: 9, reasons: [] }]],
      ['a proof twice', [...rows.slice(0, -1), part(rows, 'completeness'), rows.at(-1)!]],
      ['more than asked', rows],
    ];
    for (const [name, list] of bad) {
      const query = name === 'more than asked' ? { ...module0, limit: 3 } : module0;
      assert.throws(() => check(query, list), refused('ANSWER_INVALID'), name);
    }
    const swapped = rows.map((row) => (row === statement ? { ...statement, index: 3 } : row));
    assert.throws(() => check(module0, swapped), refused('PROOF_INVALID'));
    const body = honest.row(1).body;
    assert.throws(
      () =>
        check(
          module0,
          rows.map((row) => (row === statement ? { ...statement, body } : row)),
        ),
      refused('ANSWER_INVALID'),
    );
    const forged = { ...(rows[0] as HeadRow), checkpoint: honest.log.checkpoint.replace('\n13\n', '\n14\n') };
    assert.throws(() => check(module0, [forged, ...rows.slice(1)]), refused('SIGNATURE_INVALID'));
  });

  it('an index root of another log, or of entries to come, proves nothing', () => {
    const rows = honest.answer(module0, mine);
    const completeness = part(rows, 'completeness');
    const { body, record } = honest.row(2);
    const wrong = {
      ...completeness,
      root: { ...completeness.root, index: 2, record, body: body!, proof: honest.row(2).proof },
    };
    const replaced = rows.map((row) => (row === completeness ? wrong : row));
    assert.throws(() => check(module0, replaced), refused('DECODE_FAILED'));
    const other = new MemoryAnswerer(11, { modules: 3 });
    const theirs = part(other.answer(module0, mine), 'completeness');
    assert.throws(
      () =>
        check(
          module0,
          rows.map((row) => (row === completeness ? theirs : row)),
        ),
      refused('PROOF_INVALID'),
    );
  });
});

describe('provenance bundles', () => {
  it('verify without a network, whole and with what was withheld', async () => {
    const rows = honest.answer(module0, mine);
    const bytes = await encodeBundle({ query: module0, rows }, nodeOf);
    assert.deepEqual(decodeBundle(bytes), { query: module0, rows });
    const report = verify(bytes, { now: NOW });
    assert.equal(report.ok, true);
    assert.deepEqual(
      [report.kind, report.subject.statements, report.subject.revoked],
      ['provenance-bundle', 4, 0],
    );
    const hidden = rows.map((row) =>
      row.kind === 'statement' && row.index === 3 ? { ...row, body: null } : row,
    );
    const partial = await encodeBundle({ query: module0, rows: hidden }, nodeOf);
    assert.deepEqual(decodeBundle(partial).rows, hidden);
    assert.equal(verify(partial, { now: NOW }).subject.withheld, 1);
    assert.equal(verify(bytes, { now: Date.parse('2026-02-01T00:00:00Z') }).ok, false, 'from the future');
  });

  it('speak of the files that they are about, and of no others', async () => {
    const bytes = await encodeBundle({ query: module0, rows: honest.answer(module0, mine) }, nodeOf);
    const { issuer } = honest.facts[0]!;
    const failed = (file: string, by: string | null, type: string | null = null) =>
      verify(bytes, {
        now: NOW,
        about: { files: [{ name: 'file', digest: file }], issuer: by, predicateType: type },
      })
        .checks.filter(({ ok }) => !ok)
        .map(({ code, name }) => `${name} ${code}`);
    const [output] = [digestOf(3, 'b')];
    assert.deepEqual(failed(output, issuer, RECEIPT_PREDICATE), []);
    assert.deepEqual(failed(output, null), []);
    const missing = ['about SUBJECT_MISSING'];
    assert.deepEqual(failed(digestOf(77), null), missing, 'another file');
    assert.deepEqual(failed(output, `${issuer.slice(0, -1)}x`), missing, 'another agent');
    assert.deepEqual(failed(output, issuer, 'https://slsa.dev/provenance/v1'), missing, 'said otherwise');
    const card = verify(utf8('{}'), { now: NOW, about: { files: [], issuer: null, predicateType: null } });
    assert.equal(card.ok, false);
  });

  it('that omit, or were cut off, say so', async () => {
    const omitting = await encodeBundle({ query: module0, rows: honest.answer(module0, mine, [9]) }, nodeOf);
    const failed = verify(omitting, { now: NOW }).checks.filter(({ ok }) => !ok);
    assert.deepEqual(
      failed.map(({ name, code }) => [name, code]),
      [['completeness', 'ANSWER_INVALID']],
    );
    const cut = await encodeBundle(
      { query: module0, rows: honest.answer(module0, mine).slice(0, -1) },
      nodeOf,
    );
    assert.deepEqual(
      verify(cut, { now: NOW })
        .checks.filter(({ ok }) => !ok)
        .map(({ name }) => name),
      ['end'],
    );
  });

  it('that were changed anywhere do not verify, and none makes the verifier fail', async () => {
    const bytes = await encodeBundle({ query: module0, rows: honest.answer(module0, mine) }, nodeOf);
    for (let at = BUNDLE_START.length; at < bytes.length; at += 13) {
      const changed = bytes.slice();
      changed[at]! ^= 0x55;
      const report = verify(changed, { now: NOW });
      // What nothing vouches for may differ: since when the answerer knew it, how far away it says that it is, keys proven beside.
      if (report.ok) assert.deepEqual(signed(changed), signed(bytes), `byte ${at}`);
    }
    for (const end of [0, 5, BUNDLE_START.length, BUNDLE_START.length + 6, bytes.length - 9])
      assert.equal(verify(bytes.slice(0, end), { now: NOW }).ok, false);
  });

  it('that unpack to more than they say, or say too much, are refused before the memory is taken', async () => {
    const bytes = await encodeBundle({ query: module0, rows: honest.answer(module0, mine) }, nodeOf);
    const say = (length: number) => {
      const changed = bytes.slice();
      new DataView(changed.buffer).setUint32(BUNDLE_START.length, length);
      return changed;
    };
    assert.throws(() => decodeBundle(say(0xffffffff)), refused('LIMIT_EXCEEDED'));
    assert.throws(() => decodeBundle(say(100)), refused('DECODE_FAILED'));
    assert.throws(() => decodeBundle(say(10_000_000)), refused('DECODE_FAILED'));
  });
});

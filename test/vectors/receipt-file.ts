// Vectors of receipt files, the objects that requesters keep.

import { envelopeToJson } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { JsonObject } from '../../protocol/json/index.ts';
import { verify } from '../../protocol/verify/index.ts';
import { makeAgent, makeCard } from '../support/agents.ts';
import { jsonFile, NOW, sampleReceipt } from '../support/receipt-files.ts';
import { Cases, type Suite } from './suite.ts';

export function receiptFileSuite(): Suite {
  const check: Suite['check'] = ({ file, now }) => {
    const report = verify(jsonFile(file), { now: now as number });
    const failed = report.checks.find(({ ok }) => !ok);
    if (failed !== undefined) throw new ZeroError(failed.code!, failed.detail);
    return {
      kind: report.kind,
      statementId: report.subject.statementId!,
      executor: report.subject.executor!,
      logIndex: report.subject.logIndex!,
      checks: report.checks.map(({ name }) => name),
    };
  };
  const cases = new Cases(check);
  const { file } = sampleReceipt();
  const other = sampleReceipt({ taskId: 'task-2' }).file;
  const good = { file, now: NOW };
  cases.good('a receipt with its replay capsule', good);
  cases.good('without a capsule', { ...good, file: { ...file, inputs: null } });
  const bad = (name: string, code: Parameters<Cases['bad']>[1], change: JsonObject): unknown =>
    cases.bad(name, code, { ...good, file: { ...file, ...change } });
  bad('the receipt of another task', 'PARTS_MISMATCH', { receipt: other.receipt! });
  bad('the record of another receipt', 'PARTS_MISMATCH', { entry: other.entry! });
  bad('the proof of another receipt', 'PROOF_INVALID', { proof: other.proof! });
  bad('the card of another agent', 'PARTS_MISMATCH', {
    executorCard: envelopeToJson(makeCard(makeAgent(70))),
  });
  bad('another module', 'PARTS_MISMATCH', { inputs: { ...(file.inputs as JsonObject), module: 'AAAA' } });
  bad('another manifest', 'PARTS_MISMATCH', { inputs: { ...(file.inputs as JsonObject), manifest: 'AAAA' } });
  bad('a record that is none', 'DECODE_FAILED', { entry: 'AAAA' });
  bad('an unknown member', 'DECODE_FAILED', { more: 1 });
  bad('another version', 'DECODE_FAILED', { kind: 'zerostate-receipt/v2' });
  cases.bad('dated after the verification time', 'NOT_IN_FORCE', { ...good, now: NOW - 7_200_000 });
  return {
    name: 'receipt-file',
    what: 'A receipt file is verified whole: receipt, log entry, inclusion, head, card and capsule. The code is of the first check that fails.',
    input: { file: 'the JSON value', now: 'milliseconds since 1970' },
    output: 'kind, statementId, executor, logIndex, names of the checks',
    check,
    cases: cases.list,
  };
}

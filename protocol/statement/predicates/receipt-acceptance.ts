// Reads receipt acceptances: the requester's countersignature under a receipt. Only an accepted receipt earns payment or reputation.

import { Fields } from '../../fields/index.ts';
import { requireAgentId } from '../../identity/index.ts';
import type { JsonValue } from '../../json/index.ts';
import type { Subject } from '../types.ts';
import { AUTHORED_MEMBERS, NAME_RULE, readAuthored, readContentId, subjectOfContentId } from './common.ts';
import type { AcceptancePredicate } from './types.ts';

const CURRENCY_RULE = { max: 16, pattern: /^[A-Za-z0-9._-]+$/ };

function readPrice(value: JsonValue): NonNullable<AcceptancePredicate['price']> {
  const fields = new Fields(value, 'receipt-acceptance.price', ['amount', 'currency']);
  return { amount: fields.decimal('amount'), currency: fields.text('currency', CURRENCY_RULE) };
}

export function readAcceptance(value: JsonValue): AcceptancePredicate {
  const members = ['receipt', 'executor', 'taskId', 'manifest', 'resultDigest', 'price'];
  const fields = new Fields(value, 'receipt-acceptance', [...AUTHORED_MEMBERS, ...members]);
  const price = fields.raw('price');
  return {
    ...readAuthored(fields),
    receipt: readContentId(fields, 'receipt'),
    executor: requireAgentId(fields.raw('executor'), 'receipt-acceptance.executor'),
    taskId: fields.text('taskId', NAME_RULE),
    manifest: readContentId(fields, 'manifest'),
    resultDigest: fields.digest('resultDigest'),
    price: price === null ? null : readPrice(price),
  };
}

/** What an acceptance is about: the receipt, and the manifest that asked for it. */
export function acceptanceSubjects({
  receipt,
  manifest,
}: Pick<AcceptancePredicate, 'receipt' | 'manifest'>): Subject[] {
  return [subjectOfContentId('receipt', receipt), subjectOfContentId('manifest', manifest)];
}

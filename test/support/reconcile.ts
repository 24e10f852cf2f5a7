// Drives two sides of a reconciliation to its end, counting rounds and bytes.

import assert from 'node:assert/strict';
import { type RangeSet, startReconciliation, stepReconciliation } from '../../protocol/reconcile/index.ts';

export interface Reconciled {
  /** Hex ids that the starting side lacks, and that it alone has. */
  readonly need: Set<string>;
  readonly have: Set<string>;
  /** The same as the other side sees it. */
  readonly otherNeed: Set<string>;
  readonly otherHave: Set<string>;
  readonly messages: number;
  readonly bytes: number;
}

/** Runs a session. Asserts that no reply is longer than the credit of the side that it goes to. */
export function reconcile(
  mine: RangeSet,
  theirs: RangeSet,
  options: { credit?: number; salt?: Uint8Array; itemSalted?: boolean } = {},
): Reconciled {
  const credit = options.credit ?? 65_536;
  const sides = [
    { set: theirs, need: new Set<string>(), have: new Set<string>() },
    { set: mine, need: new Set<string>(), have: new Set<string>() },
  ];
  let message: Uint8Array | null = startReconciliation(mine, {
    salt: options.salt ?? new Uint8Array(16).fill(3),
    itemSalted: options.itemSalted ?? false,
  });
  let messages = 0;
  let bytes = 0;
  while (message !== null) {
    messages++;
    bytes += message.length;
    assert.ok(message.length <= credit, `${message.length} bytes of ${credit}`);
    assert.ok(messages < 5_000, 'no end');
    const side = sides[(messages + 1) % 2]!;
    const step = stepReconciliation(side.set, message, credit);
    for (const id of step.need) side.need.add(id.toHex());
    for (const id of step.have) side.have.add(id.toHex());
    message = step.reply;
  }
  const [other, own] = sides as [(typeof sides)[0], (typeof sides)[0]];
  return { need: own.need, have: own.have, otherNeed: other.need, otherHave: other.have, messages, bytes };
}

// The decision book holds little of each record: a node that is asked all day has thousands.

import assert from 'node:assert/strict';
import { DecisionBook } from '../../../node/policy/decision-book.ts';
import { makeDecision } from '../../../protocol/policy/index.ts';
import { weigh } from '../../fleet/memory.ts';
import { findQuestion, PolicyDesk } from '../../support/policy-desk.ts';

const RECORDS = 2_000;
/** Bytes in memory for each: its id of 59 characters, three numbers, and its places in a list and a map. */
const EACH_MAX = 300;

describe('the decision book', () => {
  it('holds of a record where it is, and neither the record nor its key', async () => {
    using desk = new PolicyDesk();
    const of = (nonce: number) =>
      makeDecision({
        ...{ kind: 'find', nonce, at: 1, constraints: {}, choice: [], candidates: [] },
        principal: findQuestion('a').principal,
        policy: { id: 'p', name: 'n', sequence: 1 },
      });
    await desk.run(async (_, db) => {
      const book = new DecisionBook(db);
      await book.load();
      await book.put(of(0));
      const { code, held } = await weigh();
      for (let nonce = 1; nonce <= RECORDS; nonce++) await book.put(of(nonce));
      const after = await weigh();
      const each = (after.held - after.code - held + code) / RECORDS;
      assert.ok(each < EACH_MAX, `${each} bytes for each`);
      const [newest] = await book.list(1);
      assert.equal(newest?.record.nonce, RECORDS);
    });
  });
});

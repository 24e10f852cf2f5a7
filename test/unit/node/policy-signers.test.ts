// A bundle that others signed is refused with the keys that are due, and with what to do about it.

import assert from 'node:assert/strict';
import type { ZeroError } from '../../../protocol/errors/index.ts';
import { keyOf, signedBundle } from '../../support/policies.ts';
import { PolicyDesk } from '../../support/policy-desk.ts';

describe('node/policy: signers', () => {
  it('says of a bundle by others whose signatures are due, and what to do about it', async () => {
    using desk = new PolicyDesk();
    const hintOf = async (signers: readonly string[]) =>
      await desk.run(
        ({ bundles }) =>
          bundles.apply([signedBundle({ sequence: 9 }, [2])]).then(
            () => assert.fail('it was taken'),
            (error: ZeroError) => {
              assert.equal(error.code, 'SIGNATURE_INVALID');
              return [error.message, error.hint] as const;
            },
          ),
        signers,
      );
    const [, first] = await hintOf([]);
    assert.match(first, /policy\.signers/);
    const [due, named] = await hintOf([keyOf(1)]);
    assert.match(due, new RegExp(`1 of ${keyOf(1)}`));
    assert.match(named, /policy\.signers/);
    await desk.run(({ bundles }) => bundles.apply([signedBundle({ sequence: 3 })]), [keyOf(1)]);
    const [, later] = await hintOf([keyOf(1)]);
    assert.match(later, /bundle 3 named.*whole chain/);
  });
});

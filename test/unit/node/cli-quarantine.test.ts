// What people type for a quarantine order: a slip is named by the option it was made in, before anything is asked or signed.

import assert from 'node:assert/strict';
import { checkTyped, moduleOf, type Typed } from '../../../node/cli/commands/quarantine-input.ts';
import { digestOfContentId } from '../../../protocol/envelope/index.ts';

const PEER = '12D3KooWL5gxabgvJ5ng4ma8Dx76MTzGPCaXShaCb6wf6oQEP4fZ';
const CID = 'bafkreiaazmp5sdcblybcmrnbmjp2ngpxfeixwuom36lymhsuqs5gz53ewy';

describe('what people type for a quarantine order', () => {
  it('passes where each is of its kind', () => {
    checkTyped({});
    checkTyped({
      peer: [PEER],
      module: [CID],
      partner: [`zs:${CID}`],
      evidence: [CID],
      hours: 2_160,
      releaseBy: ['a', 'b'],
      threshold: 2,
    });
  });

  it('names a module by the digest that receipts and "wasm inspect" print, or by its content id', () => {
    const digest = `sha256:${Buffer.from(digestOfContentId(CID)).toString('hex')}`;
    checkTyped({ module: [digest] });
    assert.deepEqual([digest, CID, 'foo'].map(moduleOf), [CID, CID, 'foo']);
  });

  it('is refused by the option, with what it should look like', () => {
    const slips: readonly [Typed, RegExp][] = [
      [{ peer: ['12D3KooWnope'] }, /^--peer 12D3KooWnope: /],
      [{ peer: [`${PEER}x`] }, /^--peer /],
      [{ module: ['foo'] }, /^--module foo: /],
      [{ module: ['sha256:00'] }, /^--module sha256:00: /],
      [{ partner: ['Ledgerleaf'] }, /^--partner Ledgerleaf: /],
      [{ evidence: [CID, 'nonsense'] }, /^--evidence nonsense: /],
      [{ hours: 2_161 }, /^--hours 2161: an order holds for 2160 hours at most/],
      [{ threshold: 2 }, /^--threshold 2: 1 may release it/],
    ];
    for (const [typed, message] of slips)
      assert.throws(
        () => checkTyped(typed),
        ({ code, hint, message: said }: { code: string; hint: string; message: string }) =>
          code === 'USAGE' && hint.length > 0 && message.test(said),
        String(message),
      );
  });
});

// A partner's answer that is signed and untrue: what liars send in the tests.

import type { RunningNode } from '../../node/index.ts';
import { type AnswerFrame, encodeBatch, encodeFrame, queryProtocol } from '../../node/partners/wire.ts';
import { RowStreams } from '../../node/rpc/row-streams.ts';
import { sha256 } from '../../protocol/crypto/index.ts';
import { seedSigner } from '../../protocol/envelope/index.ts';
import { noteSigner, signCheckpoint } from '../../protocol/log/index.ts';
import { signAnswer } from '../../protocol/partner/index.ts';

const batch = (frame: AnswerFrame) => encodeBatch([encodeFrame(frame)]);

/** Puts a liar's answer in the place of a node's own: a head of this size and root, no rows, and a signature over both. */
export async function answerFalsely(
  { node }: RunningNode,
  seed: Uint8Array,
  size: number,
  root: Uint8Array,
): Promise<void> {
  const protocol = queryProtocol('test');
  const { origin } = node.ownLog;
  const checkpoint = signCheckpoint({ origin, size, root, signer: noteSigner(seed) });
  await node.host.unhandle(protocol.id);
  await new RowStreams(node).handle(protocol, async (request, _peer, send) => {
    await send(batch({ kind: 'row', row: { kind: 'head', origin, checkpoint } }));
    await send(batch({ kind: 'row', row: { kind: 'end', rows: 0, reasons: [] } }));
    const answer = {
      origin,
      request: sha256(request),
      size,
      root,
      indexes: [],
      isCut: false,
      issuedAtMs: Date.now(),
    };
    await send(batch({ kind: 'answer', bytes: signAnswer(answer, seedSigner(seed)) }));
  });
}

// A step towards the end of a channel, as the statement that is posted. Pure.

import { toBase64 } from '../../protocol/bytes/index.ts';
import type { PostEffect, Terms } from '../../protocol/channel/index.ts';
import { type Envelope, encodeEnvelope, seedSigner } from '../../protocol/envelope/index.ts';
import { CHANNEL_CLOSE_PREDICATE, signAgentStatement } from '../../protocol/statement/index.ts';
import { rfc3339 } from '../clock/index.ts';
import type { LocalAgent } from '../keys/agent-vault.ts';

/** Signs what a side posts. */
export function signPosting(
  { keychain, operationalSeed }: LocalAgent,
  { channel }: Terms,
  { ack, agreement, claims, kind, update }: PostEffect,
  nowMs: number,
): Envelope {
  const text = (message: { envelope: Envelope } | null) =>
    message === null ? null : toBase64(encodeEnvelope(message.envelope));
  return signAgentStatement({
    predicateType: CHANNEL_CLOSE_PREDICATE,
    predicate: {
      issuedAt: rfc3339(nowMs + 999),
      channel,
      kind,
      update: text(update),
      ack: text(ack),
      agreement: text(agreement),
      claims: [...claims],
    },
    keychain,
    signer: seedSigner(operationalSeed),
  });
}

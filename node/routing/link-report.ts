// A relay's signed word about its own links. The key that signs is the one that its peer id names, so nobody can speak for another.

import Type from 'typebox';
import { Value } from 'typebox/value';
import { utf8 } from '../../protocol/bytes/index.ts';
import {
  decodeEnvelope,
  encodeEnvelope,
  seedSigner,
  signEnvelope,
  verifyEnvelope,
} from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { parseStrictJson } from '../../protocol/json/index.ts';
import { keyOfPeerId } from '../../protocol/log/index.ts';
import type { LinkReport } from '../../protocol/routing/index.ts';

export const LINK_REPORT_TYPE = 'application/vnd.zerostate.link-report+json';
/** Links of one signed report: the neighbours of a relay, not its clients, which announce themselves. */
export const SIGNED_LINKS_MAX = 64;
/** Bytes of a signed report: so many links of 120 bytes, in base64. */
export const SIGNED_REPORT_BYTES_MAX = 16_384;
/** Longest cost that a report may name: what costs more is no way. */
const COST_MS_MAX = 600_000;

const reportSchema = Type.Object(
  {
    type: Type.Literal('LinkReport'),
    author: Type.String({ minLength: 52, maxLength: 52 }),
    sequence: Type.String({ pattern: '^(0|[1-9][0-9]{0,19})$' }),
    region: Type.String({ pattern: '^[a-z0-9-]{1,32}$' }),
    links: Type.Array(
      Type.Object(
        {
          to: Type.String({ pattern: '^[1-9A-HJ-NP-Za-km-z]{46,64}$' }),
          costMs: Type.Number({ minimum: 0, maximum: COST_MS_MAX }),
        },
        { additionalProperties: false },
      ),
      { maxItems: SIGNED_LINKS_MAX },
    ),
  },
  { additionalProperties: false },
);

/** Signs a report with the node's seed; answers its wire bytes. Links beyond SIGNED_LINKS_MAX are left out, the dearest first. */
export function signLinkReport(report: LinkReport, seed: Uint8Array): Uint8Array {
  const links = report.links
    .filter(({ costMs }) => costMs >= 0 && costMs <= COST_MS_MAX)
    .sort((a, b) => a.costMs - b.costMs)
    .slice(0, SIGNED_LINKS_MAX)
    .map(({ costMs, to }) => ({ to, costMs: Math.round(costMs * 10) / 10 }));
  const { author, region, sequence } = report;
  const payload = utf8(
    JSON.stringify({ type: 'LinkReport', author, sequence: String(sequence), region, links }),
  );
  return encodeEnvelope(
    signEnvelope({ payloadType: LINK_REPORT_TYPE, payload, signers: [seedSigner(seed)] }),
  );
}

/** Checks wire bytes. Throws SIGNATURE_INVALID or DECODE_FAILED. */
export function verifyLinkReport(bytes: Uint8Array): LinkReport {
  if (bytes.length > SIGNED_REPORT_BYTES_MAX)
    throw new ZeroError('DECODE_FAILED', 'a link report is too long');
  const envelope = decodeEnvelope(bytes);
  if (envelope.payloadType !== LINK_REPORT_TYPE) throw new ZeroError('DECODE_FAILED', 'not a link report');
  // The signer is named by the payload itself (the peer id is its key), so this one object is read before it is verified.
  const claim: unknown = parseStrictJson(envelope.payload);
  if (!Value.Check(reportSchema, claim))
    throw new ZeroError('DECODE_FAILED', 'a link report has a wrong form');
  verifyEnvelope(envelope, { keys: [keyOfPeerId(claim.author)] });
  const { author, links, region, sequence } = claim;
  return { author, sequence: BigInt(sequence), region, links };
}

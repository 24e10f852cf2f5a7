// A relay's signed word about its own links. The key that signs is the one that its peer id names, so nobody can speak for another.

import Type from 'typebox';
import type { LinkReport } from '../../protocol/routing/index.ts';
import { signWord, verifyWord, type WordForm } from '../network/own-word.ts';

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

const form: WordForm<typeof reportSchema> = {
  type: 'application/vnd.zerostate.link-report+json',
  schema: reportSchema,
  name: 'a link report',
  bytesMax: SIGNED_REPORT_BYTES_MAX,
  speaker: ({ author }) => author,
};

/** Signs a report with the node's seed; answers its wire bytes. Links beyond SIGNED_LINKS_MAX are left out, the dearest first. */
export function signLinkReport(report: LinkReport, seed: Uint8Array): Uint8Array {
  const links = report.links
    .filter(({ costMs }) => costMs >= 0 && costMs <= COST_MS_MAX)
    .sort((a, b) => a.costMs - b.costMs)
    .slice(0, SIGNED_LINKS_MAX)
    .map(({ costMs, to }) => ({ to, costMs: Math.round(costMs * 10) / 10 }));
  const { author, region, sequence } = report;
  return signWord(form, { type: 'LinkReport', author, sequence: String(sequence), region, links }, seed);
}

/** Checks wire bytes. Throws SIGNATURE_INVALID or DECODE_FAILED. */
export function verifyLinkReport(bytes: Uint8Array): LinkReport {
  const { author, links, region, sequence } = verifyWord(form, bytes);
  return { author, sequence: BigInt(sequence), region, links };
}

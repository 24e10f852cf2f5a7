// A node's signed word about itself: name, region, roles, addresses, neighbours. Signed by the key that its peer id names.

import Type, { type Static } from 'typebox';
import { signWord, verifyWord, type WordForm } from './own-word.ts';

/** Neighbours that one announcement names. */
export const ANNOUNCED_LINKS_MAX = 64;
/** Addresses that one announcement names. */
export const ANNOUNCED_ADDRESSES_MAX = 8;
/** Bytes of a signed announcement: so many links of 100 bytes and addresses of 256, in base64. */
export const ANNOUNCEMENT_BYTES_MAX = 16_384;

const label = (max: number) => Type.String({ minLength: 1, maxLength: max, pattern: '^[A-Za-z0-9._-]+$' });

const announcementSchema = Type.Object(
  {
    type: Type.Literal('NodeAnnouncement'),
    peerId: Type.String({ minLength: 52, maxLength: 52 }),
    name: label(64),
    region: label(32),
    roles: Type.Array(label(16), { maxItems: 8 }),
    version: Type.String({ maxLength: 32 }),
    addresses: Type.Array(Type.String({ maxLength: 256 }), { maxItems: ANNOUNCED_ADDRESSES_MAX }),
    links: Type.Array(
      Type.Object(
        {
          peer: Type.String({ maxLength: 64 }),
          rttMs: Type.Union([Type.Integer({ minimum: 0, maximum: 600_000 }), Type.Null()]),
        },
        { additionalProperties: false },
      ),
      { maxItems: ANNOUNCED_LINKS_MAX },
    ),
    /** The node's own log when it spoke: who holds as much knows every statement of that node as of then. */
    log: Type.Object(
      {
        size: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
        root: Type.String({ maxLength: 44 }),
      },
      { additionalProperties: false },
    ),
    /** Tasks of others that wait or run here, and how many run at once; left out by who takes none. */
    tasks: Type.Optional(
      Type.Object(
        {
          tasks: Type.Integer({ minimum: 0, maximum: 65_536 }),
          workers: Type.Integer({ minimum: 1, maximum: 1_024 }),
        },
        { additionalProperties: false },
      ),
    ),
    /** Milliseconds of the announcer's clock; the greater replaces the smaller. */
    issuedAtMs: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  },
  { additionalProperties: false },
);

export type Announcement = Static<typeof announcementSchema>;

const form: WordForm<typeof announcementSchema> = {
  type: 'application/vnd.zerostate.node-announcement+json',
  schema: announcementSchema,
  name: 'a node announcement',
  bytesMax: ANNOUNCEMENT_BYTES_MAX,
  speaker: ({ peerId }) => peerId,
};

/** Signs an announcement with the node's seed; answers its wire bytes. */
export function signAnnouncement(announcement: Announcement, seed: Uint8Array): Uint8Array {
  return signWord(form, announcement, seed);
}

/** Checks wire bytes. Throws SIGNATURE_INVALID or DECODE_FAILED. */
export function verifyAnnouncement(bytes: Uint8Array): Announcement {
  return verifyWord(form, bytes);
}

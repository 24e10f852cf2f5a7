// Reads revocations. Whether the issuer may revoke its target is decided in protocol/revocation.

import { toHex } from '../../bytes/index.ts';
import { sha256 } from '../../crypto/index.ts';
import { digestOfContentId, isContentId, publicKeyOfDidKey } from '../../envelope/index.ts';
import { Fields, REASON_CHARS_MAX } from '../../fields/index.ts';
import { KEY_SERIAL_MAX, ROOTS_MAX, requireAgentId } from '../../identity/index.ts';
import type { JsonValue } from '../../json/index.ts';
import type { Subject } from '../types.ts';
import { AUTHORED_MEMBERS, readAuthored, readNullableContentId } from './common.ts';
import {
  type CardPosition,
  REVOCATION_KINDS,
  type RevocationPredicate,
  type RevocationTarget,
} from './types.ts';

/** The longest target id is an agent id: 62 characters. */
const TARGET_ID = { max: 62 };

function readThrough(value: JsonValue): CardPosition {
  const fields = new Fields(value, 'revocation.target.through', ['epoch', 'keySerial', 'sequence']);
  return {
    epoch: fields.integer('epoch', 0, ROOTS_MAX - 1),
    keySerial: fields.integer('keySerial', 1, KEY_SERIAL_MAX),
    sequence: fields.integer('sequence', 1),
  };
}

/** The target, also of a revocation that is still to be signed. Errors: DECODE_FAILED, KEY_INVALID. */
export function readTarget(value: JsonValue): RevocationTarget {
  const fields = new Fields(value, 'revocation.target', ['kind', 'id', 'through']);
  const kind = fields.oneOf('kind', REVOCATION_KINDS);
  const id = fields.text('id', TARGET_ID);
  if (kind === 'agent') requireAgentId(id, 'revocation.target.id');
  else if (kind === 'key') publicKeyOfDidKey(id);
  else if (!isContentId(id)) fields.refuse('id', 'is not a content id');
  if (!fields.has('through')) return { kind, id };
  if (kind !== 'card') fields.refuse('through', 'is for cards only');
  return { kind, id, through: readThrough(fields.raw('through')) };
}

export function readRevocation(value: JsonValue): RevocationPredicate {
  const fields = new Fields(value, 'revocation', [
    ...AUTHORED_MEMBERS,
    'sequence',
    'previous',
    'target',
    'reason',
  ]);
  const sequence = fields.integer('sequence', 1);
  const previous = readNullableContentId(fields, 'previous');
  if ((sequence === 1) !== (previous === null))
    fields.refuse('previous', 'is null in the first revocation, and only there');
  return {
    ...readAuthored(fields),
    sequence,
    previous,
    target: readTarget(fields.raw('target')),
    reason: fields.text('reason', { max: REASON_CHARS_MAX }),
  };
}

/** What a revocation is about: the digest inside its target's id, or the digest of the key. */
export function revocationSubjects({ target }: Pick<RevocationPredicate, 'target'>): Subject[] {
  const { kind, id } = target;
  const digest =
    kind === 'key'
      ? sha256(publicKeyOfDidKey(id))
      : digestOfContentId(kind === 'agent' ? id.slice('zs:'.length) : id);
  return [{ name: `${kind}:${id}`, digest: { sha256: toHex(digest) } }];
}

// Reads quarantine orders and releases. Whom they bind is decided by who reads them: protocol/quarantine keeps what was said, a node's policy
// says who may order what.

import { toHex, utf8 } from '../../bytes/index.ts';
import { sha256 } from '../../crypto/index.ts';
import { digestOfContentId, isContentId } from '../../envelope/index.ts';
import { Fields, REASON_CHARS_MAX, REGION_CHARS_MAX, timeMs } from '../../fields/index.ts';
import { requireAgentId } from '../../identity/index.ts';
import type { JsonValue } from '../../json/index.ts';
import {
  QUARANTINE_MS_MAX,
  QUARANTINE_REGIONS_MAX,
  QUARANTINE_RELEASERS_MAX,
  QUARANTINE_TARGETS_MAX,
} from '../limits.ts';
import type { Subject } from '../types.ts';
import {
  AUTHORED_MEMBERS,
  PEER_RULE,
  readAuthored,
  readContentId,
  readEvidence,
  subjectOfContentId,
} from './common.ts';
import {
  QUARANTINE_KINDS,
  type QuarantineOrderPredicate,
  type QuarantineReleasePredicate,
  type QuarantineTarget,
} from './quarantine-types.ts';

const REGION = { max: REGION_CHARS_MAX, pattern: /^[\x21-\x7e]+$/ };

/** A target, also of an order that is still to be signed. Errors: DECODE_FAILED, KEY_INVALID. */
export function readQuarantineTarget(value: JsonValue, where = 'quarantine.target'): QuarantineTarget {
  const fields = new Fields(value, where, ['kind', 'id']);
  const kind = fields.oneOf('kind', QUARANTINE_KINDS);
  if (kind === 'peer') return { kind, id: fields.text('id', PEER_RULE) };
  if (kind === 'module') return { kind, id: readContentId(fields, 'id') };
  return { kind, id: requireAgentId(fields.raw('id'), `${where}.id`) };
}

function readReleasers(value: JsonValue): QuarantineOrderPredicate['release'] {
  const fields = new Fields(value, 'quarantine-order.release', ['by', 'threshold']);
  const by = fields.list('by', { min: 1, max: QUARANTINE_RELEASERS_MAX }, requireAgentId);
  if (new Set(by).size !== by.length) fields.refuse('by', 'has the same agent twice');
  return { by, threshold: fields.integer('threshold', 1, by.length) };
}

export function readQuarantineOrder(value: JsonValue): QuarantineOrderPredicate {
  const members = ['sequence', 'targets', 'regions', 'expiresAt', 'reason', 'evidence', 'release'];
  const fields = new Fields(value, 'quarantine-order', [...AUTHORED_MEMBERS, ...members]);
  const authored = readAuthored(fields);
  const targets = fields.list('targets', { min: 1, max: QUARANTINE_TARGETS_MAX }, readQuarantineTarget);
  if (new Set(targets.map(({ kind, id }) => `${kind}:${id}`)).size !== targets.length)
    fields.refuse('targets', 'names one thing twice');
  const expiresAt = fields.time('expiresAt');
  const lifetime = timeMs(expiresAt) - timeMs(authored.issuedAt);
  if (lifetime <= 0 || lifetime > QUARANTINE_MS_MAX)
    fields.refuse('expiresAt', `is not within ${QUARANTINE_MS_MAX / 86_400_000} days after issuedAt`);
  return {
    ...authored,
    sequence: fields.integer('sequence', 1),
    targets,
    regions: fields.textList('regions', { max: QUARANTINE_REGIONS_MAX, item: REGION }),
    expiresAt,
    reason: fields.text('reason', { max: REASON_CHARS_MAX }),
    evidence: readEvidence(fields),
    release: readReleasers(fields.raw('release')),
  };
}

export function readQuarantineRelease(value: JsonValue): QuarantineReleasePredicate {
  const members = ['sequence', 'order', 'reason', 'evidence'];
  const fields = new Fields(value, 'quarantine-release', [...AUTHORED_MEMBERS, ...members]);
  const order = readContentId(fields, 'order');
  const evidence = readEvidence(fields);
  if (evidence.length === 0) fields.refuse('evidence', 'is empty: a release carries its proof');
  if (evidence.includes(order)) fields.refuse('evidence', 'names the order itself, which proves nothing');
  return {
    ...readAuthored(fields),
    sequence: fields.integer('sequence', 1),
    order,
    reason: fields.text('reason', { max: REASON_CHARS_MAX }),
    evidence,
  };
}

/** What an order is about: each target, by the digest inside its id; a peer, by the digest of its id's text. */
export function quarantineOrderSubjects({ targets }: Pick<QuarantineOrderPredicate, 'targets'>): Subject[] {
  return targets.map(({ kind, id }) => {
    const contentId = id.startsWith('zs:') ? id.slice('zs:'.length) : id;
    const digest = isContentId(contentId) ? digestOfContentId(contentId) : sha256(utf8(id));
    return { name: `${kind}:${id}`, digest: { sha256: toHex(digest) } };
  });
}

/** What a release is about: the order. */
export function quarantineReleaseSubjects({ order }: Pick<QuarantineReleasePredicate, 'order'>): Subject[] {
  return [subjectOfContentId('order', order)];
}

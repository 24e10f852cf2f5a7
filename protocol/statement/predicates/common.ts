// What the readers of our predicates share.

import { toHex } from '../../bytes/index.ts';
import { digestOfContentId, isContentId } from '../../envelope/index.ts';
import type { Fields, TextRule } from '../../fields/index.ts';
import { type KeychainJson, requireAgentId } from '../../identity/index.ts';
import { EVIDENCE_MAX } from '../limits.ts';
import type { Subject } from '../types.ts';
import type { Authored } from './types.ts';

export const AUTHORED_MEMBERS = ['issuer', 'keychain', 'issuedAt'];

/** Names of versions, schedules and interfaces. */
export const NAME_RULE: TextRule = { max: 128, pattern: /^[\x21-\x7e]+$/ };
/** Peer ids in base58. */
export const PEER_RULE: TextRule = { max: 64, min: 46, pattern: /^[1-9A-HJ-NP-Za-km-z]+$/ };
/** Log origins. */
export const ORIGIN_RULE: TextRule = { max: 255, pattern: /^[\x21-\x7e]+$/ };

export function readAuthored(fields: Fields): Authored {
  return {
    issuer: requireAgentId(fields.raw('issuer'), `${fields.where}.issuer`),
    keychain: fields.raw('keychain') as unknown as KeychainJson,
    issuedAt: fields.time('issuedAt'),
  };
}

export function readContentId(fields: Fields, name: string): string {
  const value = fields.raw(name);
  if (typeof value !== 'string' || !isContentId(value)) fields.refuse(name, 'is not a content id');
  return value;
}

export function readNullableContentId(fields: Fields, name: string): string | null {
  return fields.raw(name) === null ? null : readContentId(fields, name);
}

export function readEvidence(fields: Fields): string[] {
  const ids = fields.textList('evidence', { max: EVIDENCE_MAX, item: { max: 59 } });
  for (const id of ids)
    if (!isContentId(id)) fields.refuse('evidence', 'has an item that is not a statement id');
  return ids;
}

/** The subject that stands for a content id. */
export function subjectOfContentId(name: string, id: string): Subject {
  return { name, digest: { sha256: toHex(digestOfContentId(id)) } };
}

/** The subject that stands for a 'sha256:<hex>' digest. */
export function subjectOfDigest(name: string, digest: string): Subject {
  return { name, digest: { sha256: digest.slice('sha256:'.length) } };
}

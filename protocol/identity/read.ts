// Reads roots and delegations from payload bytes whose signature the caller has verified or verifies with what is read here.
// The first root names its own key, so it must be read before its signature can be checked; nothing read here is used before that.

import { isContentId, publicKeyOfDidKey, publicKeyOfMultikey } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { Fields, timeMs } from '../fields/index.ts';
import { parseStrictJson } from '../json/index.ts';
import { requireAgentId } from './agent-id.ts';
import { KEY_PAYLOAD_BYTES_MAX, KEY_SERIAL_MAX, ROOTS_MAX } from './limits.ts';
import type { AgentRoot, KeyDelegation } from './types.ts';

const ROOT_MEMBERS = [
  'type',
  'version',
  'agent',
  'epoch',
  'previous',
  'identityKey',
  'nextKey',
  'countersigned',
  'postQuantumIdentity',
];
const DELEGATION_MEMBERS = [
  'type',
  'version',
  'agent',
  'epoch',
  'root',
  'serial',
  'operationalKey',
  'notBefore',
  'notAfter',
  'postQuantumIdentityKey',
  'postQuantumKey',
];
const DID_KEY = { max: 56, min: 56 };

function parse(payload: Uint8Array): ReturnType<typeof parseStrictJson> {
  return parseStrictJson(payload, { bytesMax: KEY_PAYLOAD_BYTES_MAX, depthMax: 4 });
}

function contentId(fields: Fields, name: string): string {
  const value = fields.raw(name);
  if (typeof value !== 'string' || !isContentId(value)) fields.refuse(name, 'is not a content id');
  return value;
}

function readMultikey<K extends string>(fields: Fields, name: K): { [name in K]?: string } {
  if (!fields.has(name)) return {};
  const text = fields.text(name, { max: KEY_PAYLOAD_BYTES_MAX });
  publicKeyOfMultikey(text);
  return { [name]: text } as { [name in K]: string };
}

/** The root of these payload bytes. Errors: DECODE_FAILED, LIMIT_EXCEEDED, KEY_INVALID. */
export function readRoot(payload: Uint8Array, where: string): AgentRoot {
  const fields = new Fields(parse(payload), where, ROOT_MEMBERS);
  const epoch = fields.integer('epoch', 0, ROOTS_MAX - 1);
  const root: AgentRoot = {
    type: fields.constant('type', 'AgentRoot'),
    version: fields.constant('version', 1),
    agent: fields.raw('agent') === null ? null : requireAgentId(fields.raw('agent'), `${where}.agent`),
    epoch,
    previous: fields.raw('previous') === null ? null : contentId(fields, 'previous'),
    identityKey: fields.text('identityKey', DID_KEY),
    nextKey: fields.digest('nextKey'),
    countersigned: fields.boolean('countersigned'),
    ...(fields.has('postQuantumIdentity')
      ? { postQuantumIdentity: fields.digest('postQuantumIdentity') }
      : {}),
  };
  publicKeyOfDidKey(root.identityKey);
  const first = root.epoch === 0;
  if (!first && root.postQuantumIdentity !== undefined)
    throw new ZeroError('KEYCHAIN_INVALID', `${where}: only the first root commits to a post-quantum key`);
  if (
    first !== (root.agent === null) ||
    first !== (root.previous === null) ||
    (first && root.countersigned)
  ) {
    throw new ZeroError(
      'KEYCHAIN_INVALID',
      `${where}: only the first root has no agent, no previous root and no second signature`,
    );
  }
  return root;
}

/** The delegation of these payload bytes. Errors: DECODE_FAILED, LIMIT_EXCEEDED, KEY_INVALID, KEYCHAIN_INVALID. */
export function readDelegation(payload: Uint8Array, where: string): KeyDelegation {
  const fields = new Fields(parse(payload), where, DELEGATION_MEMBERS);
  const delegation: KeyDelegation = {
    type: fields.constant('type', 'KeyDelegation'),
    version: fields.constant('version', 1),
    agent: requireAgentId(fields.raw('agent'), `${where}.agent`),
    epoch: fields.integer('epoch', 0, ROOTS_MAX - 1),
    root: contentId(fields, 'root'),
    serial: fields.integer('serial', 1, KEY_SERIAL_MAX),
    operationalKey: fields.text('operationalKey', DID_KEY),
    notBefore: fields.time('notBefore'),
    notAfter: fields.time('notAfter'),
    ...readMultikey(fields, 'postQuantumIdentityKey'),
    ...readMultikey(fields, 'postQuantumKey'),
  };
  publicKeyOfDidKey(delegation.operationalKey);
  if (timeMs(delegation.notAfter) <= timeMs(delegation.notBefore))
    throw new ZeroError('KEYCHAIN_INVALID', `${where} ends before it begins`);
  return delegation;
}

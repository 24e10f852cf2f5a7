// Reads the members of a card or a draft, strictly. Signature and keys are verify.ts's work.

import { fromBase64 } from '../bytes/index.ts';
import { isContentId } from '../envelope/index.ts';
import { ZeroError } from '../errors/index.ts';
import { EXTENSION_BYTES_MAX, EXTENSIONS_MAX, Fields, REGION_CHARS_MAX } from '../fields/index.ts';
import { KEY_SERIAL_MAX, type KeychainJson, ROOTS_MAX, requireAgentId } from '../identity/index.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../json/index.ts';
import * as limits from './limits.ts';
import {
  type AgentCard,
  CARD_CONTEXT,
  type Capability,
  type CardDraft,
  type CardLog,
  type Endpoint,
  PRICE_UNITS,
  type Price,
  SLA_CLASSES,
} from './types.ts';

const DRAFT_MEMBERS = [
  'name',
  'description',
  'region',
  'operator',
  'capabilities',
  'tags',
  'languages',
  'prices',
  'sla',
  'extensions',
];
const SIGNED_MEMBERS = [
  '@context',
  'type',
  'id',
  'epoch',
  'keySerial',
  'sequence',
  'previous',
  'issuedAt',
  'expiresAt',
  'endpoints',
  'operationalKey',
  'nextKey',
  'log',
  'keychain',
];

const NAME = { max: limits.NAME_CHARS_MAX };
const LABEL = { max: limits.TAG_CHARS_MAX, pattern: /^[\p{L}\p{N}][\p{L}\p{N}._+#/-]*$/u };
const REGION = { max: REGION_CHARS_MAX, pattern: /^[a-z0-9]+(?:-[a-z0-9]+)*$/ };
const LANGUAGE = { max: 35, pattern: /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/ };
const CURRENCY = { max: 12, min: 3, pattern: /^[A-Z][A-Z0-9]+$/ };
const PROTOCOL = { max: 255, pattern: /^(?:\/[\x21-\x7e]+|https:\/\/[\x21-\x7e]+)$/ };
const PEER_ID = { max: 64, min: 46, pattern: /^[1-9A-HJ-NP-Za-km-z]+$/ };
const ADDRESS = { max: limits.ADDRESS_CHARS_MAX, pattern: /^[\x21-\x7e]+$/ };
const ORIGIN = { max: 255, pattern: /^[\x21-\x7e]+$/ };
const URI = /^(?:https:\/\/|urn:)[\x21-\x7e]{1,250}$/;

const TAGS = { max: limits.TAGS_MAX, item: LABEL };

function readCapability(value: JsonValue, where: string): Capability {
  const fields = new Fields(value, where, ['name', 'description', 'tags']);
  return {
    name: fields.text('name', LABEL),
    description: fields.text('description', { max: limits.CAPABILITY_DESCRIPTION_CHARS_MAX }),
    tags: fields.textList('tags', TAGS),
  };
}

function readPrice(value: JsonValue, where: string): Price {
  const fields = new Fields(value, where, ['unit', 'amount', 'currency', 'per']);
  const per = fields.has('per') ? fields.decimal('per') : undefined;
  if (per === '0') fields.refuse('per', 'is 0');
  return {
    unit: fields.oneOf('unit', PRICE_UNITS),
    amount: fields.decimal('amount'),
    currency: fields.text('currency', CURRENCY),
    ...(per === undefined ? {} : { per }),
  };
}

function readExtensions(fields: Fields): JsonObject {
  const value = fields.raw('extensions');
  if (!isJsonObject(value)) fields.refuse('extensions', 'is not an object');
  const entries = Object.entries(value);
  if (entries.length === 0 || entries.length > EXTENSIONS_MAX)
    fields.refuse('extensions', `has not between 1 and ${EXTENSIONS_MAX} members`);
  for (const [uri, data] of entries) {
    if (!URI.test(uri)) fields.refuse('extensions', 'has a member that is not named by a URI');
    if (JSON.stringify(data).length > EXTENSION_BYTES_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', `an extension is larger than ${EXTENSION_BYTES_MAX} characters`);
  }
  return value;
}

// Members that a person may leave out must stay absent: an added undefined would change what is signed.
function readDraftFields(fields: Fields): CardDraft {
  return {
    name: fields.text('name', NAME),
    description: fields.text('description', { max: limits.DESCRIPTION_CHARS_MAX }),
    region: fields.text('region', REGION),
    ...(fields.has('operator') ? { operator: fields.text('operator', NAME) } : {}),
    capabilities: fields.list('capabilities', { min: 1, max: limits.CAPABILITIES_MAX }, readCapability),
    tags: fields.textList('tags', TAGS),
    ...(fields.has('languages')
      ? { languages: fields.textList('languages', { min: 1, max: limits.LANGUAGES_MAX, item: LANGUAGE }) }
      : {}),
    prices: fields.list('prices', { max: limits.PRICES_MAX }, readPrice),
    sla: fields.oneOf('sla', SLA_CLASSES),
    ...(fields.has('extensions') ? { extensions: readExtensions(fields) } : {}),
  };
}

/** The draft in a parsed value (YAML or JSON). Errors: DECODE_FAILED naming the member, LIMIT_EXCEEDED. */
export function readDraft(value: JsonValue): CardDraft {
  return readDraftFields(new Fields(value, 'card', DRAFT_MEMBERS));
}

function readEndpoint(value: JsonValue, where: string): Endpoint {
  const fields = new Fields(value, where, ['protocol', 'peer', 'addresses']);
  return {
    protocol: fields.text('protocol', PROTOCOL),
    peer: fields.text('peer', PEER_ID),
    addresses: fields.textList('addresses', { max: limits.ADDRESSES_MAX, item: ADDRESS }),
  };
}

function readLog(value: JsonValue): CardLog | null {
  if (value === null) return null;
  const fields = new Fields(value, 'card.log', ['origin', 'size', 'root']);
  const root = fields.text('root', { max: 44, min: 44 });
  if (fromBase64(root).length !== 32) fields.refuse('root', 'is not a hash of 32 bytes');
  return { origin: fields.text('origin', ORIGIN), size: fields.integer('size', 0), root };
}

function readPrevious(fields: Fields): string | null {
  const value = fields.raw('previous');
  if (value === null) return null;
  if (typeof value !== 'string' || !isContentId(value)) fields.refuse('previous', 'is not a card id');
  return value;
}

/** All members of a signed card; `value` must come from the verified payload bytes. Errors as readDraft. */
export function readCard(value: JsonValue): AgentCard {
  const fields = new Fields(value, 'card', [...SIGNED_MEMBERS, ...DRAFT_MEMBERS]);
  return {
    '@context': fields.constant('@context', CARD_CONTEXT),
    type: fields.constant('type', 'AgentCard'),
    id: requireAgentId(fields.raw('id'), 'card.id'),
    epoch: fields.integer('epoch', 0, ROOTS_MAX - 1),
    keySerial: fields.integer('keySerial', 1, KEY_SERIAL_MAX),
    sequence: fields.integer('sequence', 1, limits.SEQUENCE_MAX),
    previous: readPrevious(fields),
    issuedAt: fields.time('issuedAt'),
    expiresAt: fields.time('expiresAt'),
    ...readDraftFields(fields),
    endpoints: fields.list('endpoints', { max: limits.ENDPOINTS_MAX }, readEndpoint),
    operationalKey: fields.text('operationalKey', { max: 56 }),
    nextKey: fields.digest('nextKey'),
    log: readLog(fields.raw('log')),
    keychain: fields.raw('keychain') as unknown as KeychainJson,
  };
}

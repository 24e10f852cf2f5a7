// The JSON form of a lease table: a grantor keeps it on disk, so that a restart neither grants an old token again nor takes a result twice.

import { ZeroError } from '../errors/index.ts';
import { Fields } from '../fields/index.ts';
import { requireAgentId } from '../identity/index.ts';
import type { JsonObject, JsonValue } from '../json/index.ts';
import { LEASES_DONE_MAX, LEASES_MAX, type Lease, type LeaseTable, RESOURCE_CHARS_MAX } from './types.ts';

const resource = { max: RESOURCE_CHARS_MAX };

/** The table as JSON; tokens are decimal text. */
export function leaseTableToJson(table: LeaseTable): JsonObject {
  return {
    lastToken: String(table.lastToken),
    leases: [...table.leases.values()].map((lease) => ({ ...lease, token: String(lease.token) })),
    done: [...table.done].map(([name, token]) => ({ resource: name, token: String(token) })),
  };
}

function readLease(value: JsonValue, where: string): Lease {
  const fields = new Fields(value, where, ['resource', 'holder', 'token', 'expiresAt']);
  return {
    resource: fields.text('resource', resource),
    holder: requireAgentId(fields.raw('holder'), `${where}.holder`),
    token: BigInt(fields.decimal('token')),
    expiresAt: fields.integer('expiresAt', 0),
  };
}

/** Reads the JSON form. Error: DECODE_FAILED, also when a token is greater than the greatest that was granted. */
export function leaseTableFromJson(value: JsonValue): LeaseTable {
  const fields = new Fields(value, 'leases', ['lastToken', 'leases', 'done']);
  const lastToken = BigInt(fields.decimal('lastToken'));
  const leases = fields.list('leases', { max: LEASES_MAX }, readLease);
  const done = fields.list('done', { max: LEASES_DONE_MAX }, (item, where): [string, bigint] => {
    const row = new Fields(item, where, ['resource', 'token']);
    return [row.text('resource', resource), BigInt(row.decimal('token'))];
  });
  if (
    [...leases.map(({ token }) => token), ...done.map(([, token]) => token)].some(
      (token) => token > lastToken,
    )
  )
    throw new ZeroError('DECODE_FAILED', 'leases: a token is greater than the last one granted');
  return { lastToken, leases: new Map(leases.map((lease) => [lease.resource, lease])), done: new Map(done) };
}

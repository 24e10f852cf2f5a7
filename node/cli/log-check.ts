// "zerostate log check": reads logs over HTTP by their tiles, those of a node and those of anybody, and computes everything again here.

import { fromUtf8 } from '../../protocol/bytes/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import {
  type AuditReport,
  auditLog,
  type Checkpoint,
  parseVerifierKey,
  verifyCheckpoint,
  verifyNodeCheckpoint,
} from '../../protocol/log/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import type { CheckpointRecord } from '../log-service/index.ts';
import type { ApiClient } from './client.ts';

/** One tile or bundle: 256 records of the largest form. */
const RESOURCE_BYTES_MAX: number = 256 * 65_537;
const FETCH_MS_MAX = 30_000;

/** The report of a check over HTTP. */
export interface LogCheck extends AuditReport {
  readonly origin: string;
  readonly checkpoint: string;
}

function reader(prefix: string): (path: string) => Promise<Uint8Array> {
  return async (path) => {
    const url = `${prefix.replace(/\/$/, '')}/${path}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_MS_MAX) }).catch(
      (cause: unknown) => {
        throw new ZeroError('NODE_UNREACHABLE', `${url} does not answer`, { cause });
      },
    );
    if (!response.ok) throw new ZeroError('NOT_FOUND', `${url}: HTTP ${response.status}`);
    if (Number(response.headers.get('content-length') ?? 0) > RESOURCE_BYTES_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', `${url} is longer than ${RESOURCE_BYTES_MAX} bytes`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (bytes.length > RESOURCE_BYTES_MAX)
      throw new ZeroError('LIMIT_EXCEEDED', `${url} is longer than ${RESOURCE_BYTES_MAX} bytes`);
    return bytes;
  };
}

/** Checks a log as a node serves it, against the heads that the node has kept of it. */
export async function checkHere(client: ApiClient, name: string): Promise<LogCheck> {
  const path = `/v1/log/checkpoints?${new URLSearchParams({ log: name, limit: '256' })}`;
  const { checkpoints } = await client.get<{ checkpoints: CheckpointRecord[] }>(path);
  const origin = checkpoints[0]!.origin;
  const get = reader(`${client.target.api}/log/${origin.split('/').at(-1)}`);
  const head = verifyNodeCheckpoint(await get('checkpoint'), origin);
  const older = checkpoints.map(({ checkpoint }) => verifyNodeCheckpoint(checkpoint, origin));
  return { ...(await auditLog({ head, older, get })), origin, checkpoint: head.text };
}

/** Checks any C2SP log, under a verifier key or, for a node's, under the key that its origin names. */
export async function checkUrl(url: string, vkey: string | undefined): Promise<LogCheck> {
  if (!/^https?:/.test(url) || !URL.canParse(url))
    throw new ZeroError('USAGE', `${url} is not the address of a log`, {
      hint: 'It is what stands before /checkpoint, such as http://127.0.0.1:7480/log/<peer id>',
    });
  const get = reader(url);
  const head = headOf(fromUtf8(await get('checkpoint')), vkey);
  return { ...(await auditLog({ head, get })), origin: head.origin, checkpoint: head.text };
}

function headOf(text: string, vkey: string | undefined): Verified<Checkpoint> {
  if (vkey === undefined) return verifyNodeCheckpoint(text);
  const { name, publicKey } = parseVerifierKey(vkey.trim());
  return verifyCheckpoint(text, { origin: name, publicKey });
}

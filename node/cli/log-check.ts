// "zerostate log check": reads logs over HTTP by their tiles, those of a node and those of anybody, and computes everything again here.

import { concatBytes, fromUtf8 } from '../../protocol/bytes/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import {
  type AuditReport,
  auditLog,
  type Checkpoint,
  parseVerifierKey,
  verifyCheckpoint,
  verifyNodeCheckpoint,
} from '../../protocol/log/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import { errorOf } from '../client/error-of.ts';
import type { CheckpointRecord } from '../log-service/index.ts';
import type { ApiClient } from './client.ts';

/** One tile or bundle: 256 records of the largest form. */
const RESOURCE_BYTES_MAX: number = 256 * 65_537;
const FETCH_MS_MAX = 30_000;
/** Bytes of an error as JSON that are read, and characters of its message that are shown: a page of some other server is longer. */
const ERROR_BYTES_MAX = 65_536;
const MESSAGE_CHARS_MAX = 500;

/** The report of a check over HTTP. */
export interface LogCheck extends AuditReport {
  readonly origin: string;
  readonly checkpoint: string;
}

/** The body of an answer, read no further than it may be long. Throws LIMIT_EXCEEDED, NODE_UNREACHABLE. */
async function bodyOf(url: string, response: Response, bytesMax: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of response.body ?? []) {
      length += part.length;
      if (length > bytesMax) throw new ZeroError('LIMIT_EXCEEDED', `${url} is longer than ${bytesMax} bytes`);
      parts.push(part);
    }
  } catch (cause) {
    if (isZeroError(cause)) throw cause;
    throw new ZeroError('NODE_UNREACHABLE', `${url} broke off`, { cause });
  }
  return concatBytes(...parts);
}

/** What a refusal says: a node tells its own code; of any other server only a 404 or a 410 says that there is no such thing. */
async function refusalOf(url: string, response: Response): Promise<ZeroError> {
  const said = await bodyOf(url, response, ERROR_BYTES_MAX)
    .then((bytes): unknown => JSON.parse(fromUtf8(bytes)))
    .catch(() => undefined);
  const { error } = (said ?? {}) as { error?: { code?: unknown } };
  if (typeof error?.code === 'string') {
    const { code, hint, message } = errorOf(response.status, said);
    // Anybody may be at that address: no more of it than text.
    const short = (text: unknown) => String(text).slice(0, MESSAGE_CHARS_MAX);
    return new ZeroError(code, `${url}: ${short(message)}`, { hint: short(hint) });
  }
  if (response.status === 404 || response.status === 410)
    return new ZeroError('NOT_FOUND', `${url}: HTTP ${response.status}`);
  return new ZeroError('NODE_UNREACHABLE', `${url} is not given: HTTP ${response.status}`, {
    hint: 'The server of the log fails or refuses. Ask again later, or check a copy that another server holds.',
  });
}

function reader(prefix: string): (path: string) => Promise<Uint8Array> {
  return async (path) => {
    const url = `${prefix.replace(/\/$/, '')}/${path}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_MS_MAX) }).catch(
      (cause: unknown) => {
        throw new ZeroError('NODE_UNREACHABLE', `${url} does not answer`, { cause });
      },
    );
    if (!response.ok) throw await refusalOf(url, response);
    return await bodyOf(url, response, RESOURCE_BYTES_MAX);
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

// How a requester watches a run: it asks for what was written since a place, and the executor answers when there is more. Pulled by whoever
// watches, so that a slow reader costs the executor one bounded tail and nothing else.

import { encode } from '@ipld/dag-cbor';
import { ZeroError } from '../../protocol/errors/index.ts';
import { decodeCborMap } from '../rpc/cbor.ts';
import type { RpcProtocol } from '../rpc/index.ts';
import { LIVE_BYTES_MAX, type LivePlace, type LiveText } from './live-output.ts';

/** How long an executor waits for more before it answers with nothing, in milliseconds. */
export const LIVE_WAIT_MS = 5_000;
/** The two tails, and what frames them. */
const ANSWER_BYTES_MAX = 2 * LIVE_BYTES_MAX + 1_024;

/** Watches a run. */
export function taskOutputProtocol(network: string): RpcProtocol {
  return {
    id: `/zerostate/${network}/task-output/1`,
    requestBytesMax: 1_024,
    responseBytesMax: ANSWER_BYTES_MAX,
    timeoutMs: LIVE_WAIT_MS * 2,
    // One reader of one task asks at most as often as its run writes; a few people watch at once.
    perSecond: 50,
    burst: 100,
  };
}

/** Which run is watched, and from where. */
export interface OutputRequest extends LivePlace {
  readonly taskId: string;
  readonly agentId: string;
  readonly token: number;
}

export function encodeOutputRequest({ taskId, agentId, token, stdout, stderr }: OutputRequest): Uint8Array {
  return encode({ taskId, agentId, token, stdout, stderr });
}

function natural(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new ZeroError('DECODE_FAILED', 'task output: a place is not a natural number');
}

function short(value: unknown): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= 128) return value;
  throw new ZeroError('DECODE_FAILED', 'task output: a name is not a short text');
}

function bytes(value: unknown): Uint8Array {
  if (value instanceof Uint8Array && value.length <= LIVE_BYTES_MAX) return value;
  throw new ZeroError('DECODE_FAILED', 'task output: not a bounded byte string');
}

/** Reads a question from a stranger. Throws DECODE_FAILED. */
export function decodeOutputRequest(message: Uint8Array): OutputRequest {
  const { agentId, stderr, stdout, taskId, token } = decodeCborMap(message, 'the task output request');
  return {
    taskId: short(taskId),
    agentId: short(agentId),
    token: natural(token),
    stdout: natural(stdout),
    stderr: natural(stderr),
  };
}

export function encodeLiveText({ stdout, stderr, at, ended }: LiveText): Uint8Array {
  return encode({ stdout, stderr, at: { stdout: at.stdout, stderr: at.stderr }, ended });
}

/** Reads what an executor says that a run wrote. Throws DECODE_FAILED. */
export function decodeLiveText(message: Uint8Array): LiveText {
  const { at, ended, stderr, stdout } = decodeCborMap(message, 'the task output');
  const place = (at ?? {}) as Record<string, unknown>;
  return {
    stdout: bytes(stdout),
    stderr: bytes(stderr),
    at: { stdout: natural(place.stdout), stderr: natural(place.stderr) },
    ended: ended === true,
  };
}

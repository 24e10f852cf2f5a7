// Results as callers get them. Must not: decide a status.

import { ABI_ID, REWRITER_ID, SCHEDULE_ID } from '../identity.ts';
import type { Job, RunResult } from '../job.ts';
import { isSignable, type Status } from '../status.ts';
import type { Answer } from './channel.ts';

const EMPTY = new Uint8Array(0);

/** A plain view: callers need not meet Node's Buffer. A copy where it would hold much more than itself, such as the slab that a pipe was read into. */
function plain(bytes: Uint8Array): Uint8Array {
  if (bytes.buffer.byteLength > 2 * bytes.byteLength) return new Uint8Array(bytes);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A result with a status and nothing else. */
export function plainResult(status: Status, detail: string | undefined): RunResult {
  return {
    status,
    exitCode: null,
    trap: null,
    fuel: 0n,
    stdout: EMPTY,
    stderr: EMPTY,
    outputs: {},
    signable: isSignable(status),
    scheduleId: SCHEDULE_ID,
    rewriter: REWRITER_ID,
    abi: ABI_ID,
    wallMs: 0,
    ...(detail === undefined ? {} : { detail }),
  };
}

/** The result in a worker's answer. */
export function resultOf({ header, blobs }: Answer, job: Job, wallMs: number): RunResult {
  const outputs = Object.fromEntries(
    header.outputs.map((path, index) => [path, plain(blobs[index + 2]!)] as const),
  );
  const status = header.status as Status;
  return {
    ...plainResult(status, header.detail ?? undefined),
    exitCode: header.exitCode,
    trap: header.trap,
    fuel: BigInt(header.fuel),
    stdout: plain(blobs[0] ?? EMPTY),
    stderr: plain(blobs[1] ?? EMPTY),
    outputs,
    signable: isSignable(status) && job.mode === 'deterministic',
    wallMs,
    ...(header.trace === null
      ? {}
      : { trace: header.trace.map(([name, fuel]) => ({ name, fuel: BigInt(fuel) })) }),
  };
}

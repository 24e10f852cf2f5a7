// Puts a job together from a manifest: each part by its content id, from what came along, from what is kept here, or as an artifact.

import type { PeerId } from '@libp2p/interface';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { TaskPart, VerifiedManifest } from '../../protocol/task/index.ts';
import type { Job } from '../../wasm-runner/index.ts';
import { jobOf, type Manifest } from './manifest.ts';
import { partOf, type TaskParts } from './parts.ts';
import type { TaskArtifacts } from './ports.ts';

/** Longest time for fetching one large part. */
const FETCH_MS_MAX = 120_000;
/** Input bytes of one job in all: what an isolated process is given. */
const JOB_BYTES_MAX = 512 * 1024 * 1024;

export interface GatherDeps {
  readonly parts: TaskParts;
  readonly artifacts: TaskArtifacts | undefined;
  readonly from: PeerId;
}

/** Every part that a manifest names. */
export function partsOfManifest({ manifest }: VerifiedManifest): TaskPart[] {
  const { module, stdin, inputs } = manifest;
  return [module, ...(stdin === null ? [] : [stdin]), ...inputs];
}

/**
 * The job of a manifest. Throws PART_MISSING naming the content ids that nobody gave, DECODE_FAILED for bytes that are not what their id
 * says, LIMIT_EXCEEDED.
 */
export async function gatherJob(
  verified: VerifiedManifest,
  spec: Manifest,
  attached: Readonly<Record<string, Uint8Array>>,
  deps: GatherDeps,
): Promise<Job> {
  const { manifest } = verified;
  const wanted = partsOfManifest(verified);
  if (wanted.reduce((sum, { bytes }) => sum + bytes, 0) > JOB_BYTES_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `the parts of a task have at most ${JOB_BYTES_MAX} bytes in all`);
  const named = new Set(wanted.map(({ cid }) => cid));
  for (const [cid, bytes] of Object.entries(attached))
    if (named.has(cid)) await deps.parts.accept(cid, bytes);
  const missing: string[] = [];
  const give = async (part: TaskPart): Promise<Uint8Array> => {
    const bytes = (await deps.parts.get(part.cid)) ?? (await fetchPart(part, deps));
    if (bytes === undefined) missing.push(part.cid);
    else if (bytes.length !== part.bytes)
      throw new ZeroError('DECODE_FAILED', `part ${part.cid} has ${bytes.length} bytes, not ${part.bytes}`);
    return bytes ?? new Uint8Array();
  };
  const module = await give(manifest.module);
  const stdin = manifest.stdin === null ? new Uint8Array() : await give(manifest.stdin);
  const inputs: [path: string, bytes: Uint8Array][] = [];
  for (const part of manifest.inputs) inputs.push([part.path, await give(part)]);
  if (missing.length > 0)
    throw new ZeroError('PART_MISSING', `${missing.length} parts of the task are not here`, {
      details: { missing: missing.slice(0, 16) },
    });
  return jobOf({ manifest: spec, module, stdin, inputs: Object.fromEntries(inputs) });
}

async function fetchPart(part: TaskPart, deps: GatherDeps): Promise<Uint8Array | undefined> {
  if (part.artifact === undefined || deps.artifacts === undefined) return undefined;
  const signal = AbortSignal.timeout(FETCH_MS_MAX);
  const bytes = await deps.artifacts.fetch(part.artifact, { from: deps.from, bytesMax: part.bytes, signal });
  // The artifact's own id is of its blocks; the manifest's is of the whole.
  if (partOf(bytes).cid !== part.cid)
    throw new ZeroError('DECODE_FAILED', `artifact ${part.artifact} is not the part ${part.cid}`);
  await deps.parts.put(bytes);
  return bytes;
}

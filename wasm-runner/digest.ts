// Digests of a job and of a result: what a receipt states. Must not: sign or know receipts.

import { createHash } from 'node:crypto';
import type { Job, RunResult } from './job.ts';
import { moduleId, sha256 } from './pool/module-id.ts';
import { compareUtf8 } from './wasi/nodes.ts';

export interface JobDigests {
  readonly module: string;
  /** Arguments, environment, stdin and input tree, one digest each. */
  readonly args: string;
  readonly env: string;
  readonly stdin: string;
  readonly inputs: string;
}

export interface ResultDigests {
  readonly stdout: string;
  readonly stderr: string;
  readonly outputs: string;
}

/**
 * Digest of named byte strings: SHA-256 over `u32 name length, name, SHA-256 of content` for each, in the byte order of the UTF-8
 * names. Lengths are big-endian; an empty tree is the digest of nothing.
 */
export function treeDigest(files: Readonly<Record<string, Uint8Array>>): string {
  const hash = createHash('sha256');
  for (const path of Object.keys(files).sort(compareUtf8)) {
    addText(hash, path);
    hash.update(createHash('sha256').update(files[path]!).digest());
  }
  return `sha256:${hash.digest('hex')}`;
}

/** Digests of everything a deterministic result depends on, limits, seed and clock apart (they stand in a receipt as they are). */
export function digestJob(job: Job): JobDigests {
  const args = createHash('sha256');
  for (const arg of job.args) addText(args, arg);
  const env = createHash('sha256');
  for (const name of Object.keys(job.env).sort(compareUtf8)) {
    addText(env, name);
    addText(env, job.env[name]!);
  }
  return {
    module: moduleId(job.module),
    args: `sha256:${args.digest('hex')}`,
    env: `sha256:${env.digest('hex')}`,
    stdin: sha256(job.stdin),
    inputs: treeDigest(job.inputs),
  };
}

/** Digests of what a run gave. */
export function digestResult(result: Pick<RunResult, 'stdout' | 'stderr' | 'outputs'>): ResultDigests {
  return {
    stdout: sha256(result.stdout),
    stderr: sha256(result.stderr),
    outputs: treeDigest(result.outputs),
  };
}

function addText(hash: ReturnType<typeof createHash>, text: string): void {
  const bytes = new TextEncoder().encode(text);
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, bytes.length);
  hash.update(length).update(bytes);
}

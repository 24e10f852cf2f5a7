// A worker thread of the isolated child: reads jobs from its own pipe, runs them, writes answers. Blocking on purpose: between two
// jobs it has nothing else to do, and no other thread stands in the way of one.
// Must not: import the network, child processes, or anything outside this room.
//
// After a worker was killed in the middle of a frame, its successor is given a nonce: it drops what it reads until the nonce comes,
// and then sends the nonce itself, so that both ends know where the next frame starts.

import { readSync, writeSync } from 'node:fs';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { Refusal } from '../meter/index.ts';
import { WasiImports } from '../wasi/imports.ts';
import { type CompiledModule, compile } from './compile.ts';
import { type Execution, execute } from './execute.ts';
import { frameHead, frameLength, readFrame } from './frame.ts';
import {
  type AnswerHeader,
  type JobHeader,
  type SaidHeader,
  WORKER_READY,
  type WorkerStart,
} from './messages.ts';
import { ModuleCache } from './module-cache.ts';

const READ_BYTES = 65_536;

const { fd, cacheBytes, nonce } = workerData as WorkerStart;
const cache = new ModuleCache(cacheBytes);
const imports = new WasiImports();
const incoming = new Uint8Array(READ_BYTES);

let held: Uint8Array = new Uint8Array(0);

/** More bytes from the pipe, or null at its end. */
function more(): Uint8Array | null {
  const count = readSync(fd, incoming, 0, READ_BYTES, null);
  return count === 0 ? null : incoming.subarray(0, count);
}

/** Reads until `held` has this many bytes; false when the pipe ended. */
function fill(size: number): boolean {
  if (held.length >= size) return true;
  const buffer = new Uint8Array(size + READ_BYTES);
  buffer.set(held);
  let filled = held.length;
  while (filled < size) {
    const count = readSync(fd, buffer, filled, buffer.length - filled, null);
    if (count === 0) return false;
    filled += count;
  }
  held = buffer.subarray(0, filled);
  return true;
}

function nextFrame(): Uint8Array | null {
  if (!fill(4)) return null;
  const length = frameLength(held);
  if (!fill(length)) return null;
  const frame = held.subarray(0, length);
  held = held.subarray(length);
  return frame;
}

function send(part: Uint8Array): void {
  for (let at = 0; at < part.length; ) at += writeSync(fd, part, at, part.length - at);
}

function answer(header: AnswerHeader | SaidHeader, blobs: readonly Uint8Array[]) {
  const head = frameHead(header, blobs);
  const total = blobs.reduce((sum, blob) => sum + blob.length, head.length);
  if (total <= READ_BYTES) return send(joined([head, ...blobs]));
  send(head);
  for (const blob of blobs) if (blob.length > 0) send(blob);
}

/** Modules that other workers compiled, passed on by the main thread. */
function adoptModules() {
  if (parentPort === null) return;
  for (
    let message = receiveMessageOnPort(parentPort);
    message !== undefined;
    message = receiveMessageOnPort(parentPort)
  ) {
    const { id, compiled } = message.message as { id: string; compiled: CompiledModule | Refusal };
    cache.set(id, compiled);
  }
}

function find(header: JobHeader, blobs: readonly Uint8Array[]): CompiledModule | Refusal | null {
  // Every time, so that modules passed on do not pile up in the port.
  adoptModules();
  const known = cache.get(header.module);
  if (known !== undefined) return known;
  if (!header.hasModule) return null;
  const made = compileOrRefuse(blobs[blobs.length - 1]!, header.trace);
  cache.set(header.module, made);
  // A refusal is cheap to find again; only compiled code is worth passing on.
  if (!(made instanceof Refusal)) parentPort?.postMessage({ id: header.module, compiled: made });
  return made;
}

function compileOrRefuse(bytes: Uint8Array, trace: boolean): CompiledModule | Refusal {
  try {
    return compile(bytes.slice() as Uint8Array<ArrayBuffer>, { trace });
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

function run(header: JobHeader, blobs: readonly Uint8Array[], compiled: CompiledModule): Execution {
  const inputs = Object.fromEntries(header.inputs.map((path, index) => [path, blobs[index + 1]!] as const));
  return execute(
    compiled,
    {
      args: header.args,
      env: header.env,
      stdin: blobs[0]!,
      inputs,
      fuel: BigInt(header.fuel),
      memoryBytes: header.memoryBytes,
      stackBytes: header.stackBytes,
      outputBytes: header.outputBytes,
      mode: header.mode,
      seed: fromHex(header.seed),
      clockOriginNs: BigInt(header.originNs),
      clockStepNs: BigInt(header.stepNs),
      onWrite: header.follow ? following(header.id) : undefined,
    },
    imports,
  );
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Frames of one job's output in a second: what a person can follow. What is written faster goes out with a later frame, or the answer. */
const SAID_PER_SECOND_MAX = 32;
/** Bytes of one job's output that are sent ahead of its answer. */
const SAID_BYTES_MAX = 1024 * 1024;

/** Sends what a job writes as it writes it, within bounds. */
function following(id: number): (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void {
  const held: Record<'stdout' | 'stderr', Uint8Array[]> = { stdout: [], stderr: [] };
  let left = SAID_BYTES_MAX;
  let second = 0;
  let sent = 0;
  return (stream, bytes) => {
    if (left <= 0 || bytes.length === 0) return;
    const part = bytes.slice(0, left);
    left -= part.length;
    held[stream].push(part);
    const now = Math.floor(performance.now() / 1_000);
    if (now !== second) [second, sent] = [now, 0];
    if (sent >= SAID_PER_SECOND_MAX) return;
    for (const said of ['stdout', 'stderr'] as const) {
      if (held[said].length === 0) continue;
      sent += 1;
      answer({ id, said }, [joined(held[said])]);
      held[said] = [];
    }
  };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const EMPTY_ANSWER = {
  needModule: false,
  status: '',
  exitCode: null,
  trap: null,
  fuel: '0',
  runMs: 0,
  hostFuel: 0,
  memoryBytes: 0,
  detail: null,
  outputs: [] as string[],
  trace: null,
} satisfies Omit<AnswerHeader, 'id'>;

/** Bytes that finished tasks may leave behind before they are collected. */
const LEFT_BYTES_MAX = 64 * 1024 * 1024;
let leftBytes = 0;

/** After an answer: collects what tasks left, so that nobody waits for it. The engine alone would let gigabytes pile up. */
function collect(bytes: number): void {
  leftBytes += bytes;
  if (leftBytes < LEFT_BYTES_MAX) return;
  leftBytes = 0;
  globalThis.gc?.();
}

function handle(frame: Uint8Array) {
  const { header, blobs } = readFrame<JobHeader>(frame);
  const compiled = find(header, blobs);
  if (compiled === null) return answer({ ...EMPTY_ANSWER, id: header.id, needModule: true }, []);
  if (compiled instanceof Refusal)
    return answer({ ...EMPTY_ANSWER, id: header.id, status: compiled.status, detail: compiled.message }, []);
  const began = process.threadCpuUsage();
  const { stdout, stderr, outputs, fuel, trace, ...rest } = run(header, blobs, compiled);
  const { user, system } = process.threadCpuUsage(began);
  const paths = Object.keys(outputs);
  const parts = [stdout, stderr, ...paths.map((path) => outputs[path]!)];
  answer(
    {
      ...rest,
      id: header.id,
      needModule: false,
      fuel: fuel.toString(),
      runMs: (user + system) / 1_000,
      outputs: paths,
      trace: trace?.map(([name, used]) => [name, used.toString()] as const) ?? null,
    },
    parts,
  );
  collect(rest.memoryBytes + frame.length);
}

/** Drops input up to and including the nonce, and sends it back. */
function resynchronise(expected: Uint8Array): boolean {
  let window = new Uint8Array(0);
  for (;;) {
    const chunk = more();
    if (chunk === null) return false;
    const joined = new Uint8Array(window.length + chunk.length);
    joined.set(window);
    joined.set(chunk, window.length);
    const at = indexOf(joined, expected);
    if (at >= 0) {
      held = joined.slice(at + expected.length);
      send(expected);
      return true;
    }
    window = joined.slice(Math.max(0, joined.length - expected.length + 1));
  }
}

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  for (let at = bytes.indexOf(part[0]!); at >= 0; at = bytes.indexOf(part[0]!, at + 1)) {
    if (at + part.length > bytes.length) return -1;
    if (part.every((byte, index) => bytes[at + index] === byte)) return at;
  }
  return -1;
}

parentPort?.postMessage(WORKER_READY);
if (nonce === null || resynchronise(fromHex(nonce))) {
  for (let frame = nextFrame(); frame !== null; frame = nextFrame()) handle(frame);
}

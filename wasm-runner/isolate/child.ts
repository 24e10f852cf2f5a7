// Main thread of the isolated child: starts the workers, replaces one when told to, passes compiled modules between them, and ends
// with the process that started it. Must not: see jobs (they go straight to the workers) or import anything that opens a socket.

import { Worker } from 'node:worker_threads';
import { WORKER_HEAP_MB, WORKER_STACK_MB } from '../limits.ts';
import { type Control, type Report, WORKER_READY, type WorkerStart } from './messages.ts';

/** Descriptor of the first worker's pipe; the standard streams stand before it. */
const FIRST_CHANNEL_FD = 3;

const script = new URL(`./worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
const workers: Worker[] = [];
let cacheBytes = 0;

function report(message: Report): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function launch(channel: number, nonce: string | null): void {
  const start: WorkerStart = { fd: FIRST_CHANNEL_FD + channel, cacheBytes, nonce };
  const worker = new Worker(script, {
    workerData: start,
    env: {},
    resourceLimits: { stackSizeMb: WORKER_STACK_MB, maxOldGenerationSizeMb: WORKER_HEAP_MB },
  });
  workers[channel] = worker;
  let reason = 'the worker ended';
  worker.on('message', (compiled) => {
    if (compiled === WORKER_READY) return report({ type: 'online', channel });
    for (const other of workers) if (other !== undefined && other !== worker) other.postMessage(compiled);
  });
  worker.on('error', (error) => {
    reason = String(error);
  });
  // A worker that is replaced is no longer in its slot when it exits.
  worker.on('exit', () => {
    if (workers[channel] === worker) report({ type: 'died', channel, reason });
  });
}

async function replace(channel: number, nonce: string): Promise<void> {
  const old = workers[channel];
  delete workers[channel];
  await old?.terminate();
  launch(channel, nonce);
}

function handle(message: Control): void {
  if (message.type === 'start') {
    cacheBytes = message.cacheBytes;
    for (let channel = 0; channel < message.channels; channel++) launch(channel, null);
  } else void replace(message.channel, message.nonce);
}

let text = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk: string) => {
  text += chunk;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
    handle(JSON.parse(text.slice(0, end)) as Control);
    text = text.slice(end + 1);
  }
});
// Standard input ends when the node ends, however it ends. A guest may be in a loop, so nothing gentler would do.
process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL'));

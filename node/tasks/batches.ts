// Tasks that are to be asked of one member in one turn of the event loop travel in one message. One alone travels as it always did, and so do
// those for members that do not know of batches. Whether and when to ask again is the caller's business.

import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import type { Admission } from '../admission/index.ts';
import { peerOfText } from '../host/peer-of-text.ts';
import { unwrap } from '../rpc/answer.ts';
import type { Rpc } from '../rpc/index.ts';
import type { RowStreams } from '../rpc/row-streams.ts';
import { traceFrame } from '../tracing/index.ts';
import { taskProtocol } from './wire.ts';
import {
  BATCH_BYTES_MAX,
  BATCH_TASKS_MAX,
  decodeBatchRow,
  encodeTaskBatch,
  taskBatchProtocol,
} from './wire-batch.ts';

/** Members that were found not to take batches; the one found first is tried again first. */
const PLAIN_PEERS_MAX = 1_024;

/** One task that waits for its answer. `ALONE`: it is to travel by itself. */
interface Waiting {
  readonly request: Uint8Array;
  readonly trace: Uint8Array | null;
  readonly resolve: (answer: Uint8Array | typeof ALONE) => void;
  readonly reject: (error: unknown) => void;
  isOver: boolean;
  /** Told when nobody waits for it any more. */
  onOver: () => void;
}
const ALONE = Symbol('alone');

export interface BatchesDeps {
  readonly rpc: Pick<Rpc, 'call'>;
  readonly rows: Pick<RowStreams, 'ask'>;
  readonly admission: Pick<Admission, 'confined'>;
  readonly network: string;
}

/** Sends tasks to members. */
export class Batches {
  readonly #deps: BatchesDeps;
  readonly #waiting = new Map<string, Waiting[]>();
  readonly #plain = new Set<string>();

  constructor(deps: BatchesDeps) {
    this.#deps = deps;
  }

  /** Asks a member to run a task. Throws as Rpc.call does; what `signal` was aborted with. */
  async call(peer: string, request: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const { network, rpc } = this.#deps;
    const answer =
      this.#plain.has(peer) || request.length > BATCH_BYTES_MAX / 2
        ? ALONE
        : await this.#together(peer, request, signal);
    if (answer !== ALONE) return unwrap(answer);
    return await rpc.call(peerOfText(peer), taskProtocol(network), request, { signal });
  }

  async #together(
    peer: string,
    request: Uint8Array,
    signal: AbortSignal,
  ): Promise<Uint8Array | typeof ALONE> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array | typeof ALONE>();
    const one: Waiting = {
      request,
      trace: traceFrame() ?? null,
      resolve,
      reject,
      isOver: false,
      onOver: () => {},
    };
    const waiting = this.#waiting.get(peer) ?? [];
    waiting.push(one);
    if (waiting.length === 1) {
      this.#waiting.set(peer, waiting);
      setImmediate(() => {
        this.#waiting.delete(peer);
        for (const group of groupsOf(waiting)) void this.#send(peer, group);
      });
    }
    // Its member goes on all the same, as with a stream that is cut; the others are answered.
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await promise;
    } finally {
      one.isOver = true;
      one.onOver();
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #send(peer: string, given: readonly Waiting[]): Promise<void> {
    const group = given.filter(({ isOver }) => !isOver);
    if (group.length < 2) {
      for (const { resolve } of group) resolve(ALONE);
      return;
    }
    try {
      await this.#exchange(peer, group);
    } catch (error) {
      const isPlain =
        isZeroError(error) && (error.cause as Error | undefined)?.name === 'UnsupportedProtocolError';
      if (isPlain) this.#rememberPlain(peer);
      for (const { reject, resolve } of group)
        if (isPlain) resolve(ALONE);
        else reject(error);
    }
  }

  async #exchange(peer: string, group: readonly Waiting[]): Promise<void> {
    const { admission, network, rows } = this.#deps;
    const confined = admission.confined(peer);
    if (confined !== undefined) throw new ZeroError('QUARANTINED', `${peer} is ${confined}`);
    const protocol = taskBatchProtocol(network);
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(new Error('timed out')), protocol.timeoutMs);
    const open = new Set(group.keys());
    // An exchange that nobody waits for any more ends. Each task is over once; those with an answer are not open any more.
    let waiting = group.length;
    const onOver = () => {
      waiting -= 1;
      if (waiting === 0 && open.size > 0) controller.abort(new Error('given up'));
    };
    for (const one of group) one.onOver = onOver;
    try {
      const answers = rows.ask(peerOfText(peer), protocol, encodeTaskBatch(group), controller.signal);
      for await (const row of answers) {
        const { answer, at } = decodeBatchRow(row, group.length);
        for (const place of at === null ? [...open] : [at]) {
          open.delete(place);
          group[place]?.resolve(answer);
        }
        if (open.size === 0) return;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #rememberPlain(peer: string): void {
    if (this.#plain.size >= PLAIN_PEERS_MAX) this.#plain.delete(this.#plain.values().next().value as string);
    this.#plain.add(peer);
  }
}

/** In order, so many and so many bytes at once. */
function groupsOf(waiting: readonly Waiting[]): Waiting[][] {
  const groups: Waiting[][] = [];
  let group: Waiting[] = [];
  let bytes = 0;
  for (const one of waiting) {
    if (group.length >= BATCH_TASKS_MAX || bytes + one.request.length > BATCH_BYTES_MAX) {
      groups.push(group);
      group = [];
      bytes = 0;
    }
    group.push(one);
    bytes += one.request.length;
  }
  return [...groups, group];
}

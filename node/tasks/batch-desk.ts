// The executor's door for several tasks at once: each is judged, run and answered as if it had come alone, and what befalls one is no
// matter of the others. Must not: know how a task is run.

import type { PeerId } from '@libp2p/interface';
import { type Admission, overloadedText, RETRY_MS } from '../admission/index.ts';
import type { Logger } from '../logger/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { type Answer, refusalOf } from '../rpc/answer.ts';
import type { RowStreams } from '../rpc/row-streams.ts';
import { withServerSpan } from '../tracing/index.ts';
import type { Executor } from './executor.ts';
import { decodeTaskRequest, encodeTaskResponse, taskProtocol } from './wire.ts';
import { type BatchTask, decodeTaskBatch, encodeBatchRow, taskBatchProtocol } from './wire-batch.ts';

export interface BatchDeskDeps {
  readonly rows: RowStreams;
  readonly executor: Pick<Executor, 'execute'>;
  readonly admission: Admission;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly network: string;
}

/** Takes batches of tasks. */
export class BatchDesk {
  readonly #deps: BatchDeskDeps;

  constructor(deps: BatchDeskDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    const { network, rows } = this.#deps;
    await rows.handle(taskBatchProtocol(network), async (bytes, peer, send) => {
      const tasks = decodeTaskBatch(bytes);
      // One answer after the other; whoever stops listening gets the rest when it asks again under the same tokens.
      let sent: Promise<void> = Promise.resolve();
      const answered = tasks.map(async (task, at) => {
        const answer = await this.#answer(task, peer, at === 0);
        sent = sent.then(() => send(encodeBatchRow(at, answer)));
        // Waited for below, when all have been tried.
        sent.catch(() => {});
      });
      await Promise.all(answered);
      await sent;
    });
  }

  /** The answer to one task. Never throws. `isFirst`: it counts as the work that the whole message is. */
  async #answer({ request, trace }: BatchTask, peer: PeerId, isFirst: boolean): Promise<Answer> {
    const { admission, executor, log, metrics, network } = this.#deps;
    const protocol = taskProtocol(network);
    const refuse = (reason: string, code: string, message: string, retryMs?: number): Answer => {
      metrics.count('zerostate_inbound_refused_total', { protocol: protocol.id, reason });
      return { error: { code, message, ...(retryMs === undefined ? {} : { retryMs }) } };
    };
    if (!admission.ask(peer.toString(), protocol)) {
      const retryMs = Math.ceil(1_000 / protocol.perSecond);
      return refuse('rate', 'BUSY', 'too many requests from this peer', retryMs);
    }
    const leave = isFirst ? () => {} : admission.overload.enter('timed');
    if (leave === undefined) {
      const message = overloadedText('timed');
      return { error: { code: 'OVERLOADED', message, retryMs: RETRY_MS.timed } };
    }
    const started = performance.now();
    try {
      const running = withServerSpan(protocol.id, trace ?? undefined, () =>
        executor.execute(decodeTaskRequest(request), peer),
      );
      // What runs before the first wait is the checking of the request: that is charged, waiting is not.
      admission.charge(peer.toString(), 'cpuMs', performance.now() - started);
      return { ok: encodeTaskResponse(await running) };
    } catch (error) {
      const { code, isOurs, message } = refusalOf(error);
      if (isOurs) log.error({ protocol: protocol.id, err: error }, 'a task of a batch failed');
      return refuse(code, code, message);
    } finally {
      leave();
    }
  }
}

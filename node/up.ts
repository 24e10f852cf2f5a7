// Runs one node with its API from a home folder until it is told to stop.

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { FallbackPolicy } from './activation/index.ts';
import type { ApiServer } from './api/index.ts';
import { serveNode } from './api/index.ts';
import { type Clock, systemClock } from './clock/index.ts';
import type { Config } from './config/index.ts';
import type { ZerostateNode } from './context.ts';
import { readSecretFile, writeSecretFile } from './keys/key-file.ts';
import { createLogger, type Logger } from './logger/index.ts';
import type { Metrics } from './metrics/index.ts';
import type { FirstContact } from './network/first-contact.ts';
import { openNode } from './node.ts';
import { removeRunFile, writeRunFile } from './run-file.ts';
import { startTracing } from './tracing/index.ts';

const TOKEN_FILE = 'api-token';
const TOKEN_BYTES = 32;
/** Characters of a reason that others wrote, in a line of the log. */
const REASON_CHARS_MAX = 200;

/** A node that is up. */
export interface RunningNode {
  readonly node: ZerostateNode;
  readonly api: ApiServer;
  readonly token: string;
  /** Answers the names of services that did not end in time and were left behind. */
  stop(): Promise<string[]>;
}

/** Starts a node and its API. Throws DATA_LOCKED, PORT_IN_USE, KEY_FILE_UNSAFE or DATA_CORRUPT. */
export async function runNode(options: {
  home: string;
  config: Config;
  processMetrics?: boolean;
  clock?: Clock;
  /** Why this node does not run as it was told to; for its health. */
  degraded?: string | undefined;
  /** The last policy that worked: starts under the one in force have failed. */
  goodPolicy?: FallbackPolicy;
  /** Finds boot nodes where the configuration names a boot list. */
  contact?: FirstContact;
}): Promise<RunningNode> {
  const { home, config, clock = systemClock } = options;
  const log = createLogger({ level: config.log.level, name: config.name });
  const node = await openNode({
    home,
    config,
    log,
    clock,
    processMetrics: options.processMetrics === true,
    degraded: options.degraded,
    goodPolicy: options.goodPolicy,
    boot: options.contact?.source({ home, config, log }),
  });
  const { name, region, tracing: where } = config;
  const lost = lostSpans(node.metrics, log);
  const tracing = await startTracing({ ...where, name, region, peerId: node.peerId, lost });
  await node.start();
  try {
    const token = await loadOrCreateToken(home);
    const api = await serveNode(node, { token, log, metrics: node.metrics });
    await writeRunFile(home, {
      pid: process.pid,
      api: api.url,
      peerId: node.peerId,
      name: config.name,
      region: config.region,
      tokenFile: TOKEN_FILE,
    });
    log.info(
      {
        api: api.url,
        peerId: node.peerId,
        region: config.region,
        roles: config.roles,
        addresses: node.host.getMultiaddrs().map(String),
      },
      'node is up',
    );
    const stop = async () => {
      // Where it cannot be removed, its pid tells that it is stale: no reason to end out of order.
      await removeRunFile(home).catch((error: Error) =>
        log.warn({ err: error }, 'run.json could not be removed'),
      );
      await api.close();
      const hung = await node.stop();
      await tracing?.stop();
      log.info({ hung }, 'node has stopped');
      return hung;
    };
    return { node, api, token, stop };
  } catch (error) {
    await node.stop();
    await tracing?.stop();
    throw error;
  }
}

/** Counts spans that were lost, and says it once: a collector that is away for a day would fill the log. */
function lostSpans(metrics: Metrics, log: Logger): (count: number, error?: Error) => void {
  let isSaid = false;
  return (count, error) => {
    metrics.count(
      'zerostate_trace_spans_lost_total',
      { why: error === undefined ? 'full' : 'failed' },
      count,
    );
    if (error === undefined || isSaid) return;
    isSaid = true;
    // Its words alone, and not many of them: the error holds what the collector answered.
    const why = error.message.slice(0, REASON_CHARS_MAX);
    log.warn(
      { why },
      'the collector or the file of traces does not take spans: they are lost, and counted in zerostate_trace_spans_lost_total',
    );
  };
}

/** The API token of a home folder, made on first use. Throws KEY_FILE_UNSAFE when others can read it. */
async function loadOrCreateToken(home: string): Promise<string> {
  const path = join(home, TOKEN_FILE);
  const known = (await readSecretFile(path))?.trim();
  if (known !== undefined && known.length > 0) return known;
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  await writeSecretFile(path, `${token}\n`);
  return token;
}

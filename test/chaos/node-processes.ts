// Node processes of a chaos row: `zerostate up` in a home folder, spoken to over its API, killed with any signal.

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allRows } from '../../node/cli/pages.ts';
import { endWithUs } from '../support/own-children.ts';

const PROGRAM = join(import.meta.dirname, '../../bin/zerostate.ts');
const CUT_LINK = join(import.meta.dirname, 'cut-link.ts');
const UP_MS_MAX = 60_000;

export interface ChaosNode {
  readonly api: string;
  readonly address: string;
  /** Milliseconds from the start of the process until it said that it is up. */
  readonly startMs: number;
  /** Calls the API; answers the status and the JSON. Status 0 when the node does not answer. */
  call(path: string, body?: unknown): Promise<{ status: number; json: Record<string, unknown> }>;
  /** Sends a signal; answers the exit code (null after a kill) and how long it took. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<{ code: number | null; ms: number }>;
  /** Holds the process, its connections open, or lets it go on: to the others it is cut off. */
  hold(on: boolean): void;
  /** Cuts every link of the process, which goes on running, or joins them again; this includes its API. */
  cut(on: boolean): void;
  /** False once the process has ended. */
  alive(): boolean;
}

/** Starts a node in `home` and waits until it is up. */
export async function startChaosNode(home: string, flags: readonly string[] = []): Promise<ChaosNode> {
  const started = performance.now();
  const args = ['up', '--home', home, '--network', 'chaos', '--api-port', '0', ...flags];
  const program = ['--import', CUT_LINK, PROGRAM, ...args, '--log-level', 'warn', '--json'];
  const child = endWithUs(spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'pipe'] }));
  const info = await upInfo(child);
  const startMs = performance.now() - started;
  const token = readFileSync(join(home, 'api-token'), 'utf8').trim();
  let isCut = false;
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return {
    api: info.api,
    address: info.addresses[0] as string,
    startMs,
    hold: (on) => void child.kill(on ? 'SIGSTOP' : 'SIGCONT'),
    cut: (on) => {
      if (on !== isCut) child.kill('SIGUSR2');
      isCut = on;
    },
    alive: () => child.exitCode === null && child.signalCode === null,
    async call(path, body) {
      try {
        const response = await fetch(info.api + path, {
          method: body === undefined ? 'GET' : 'POST',
          headers: {
            authorization: `Bearer ${token}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        return { status: response.status, json: (await response.json()) as Record<string, unknown> };
      } catch {
        return { status: 0, json: {} };
      }
    },
    async end(signal) {
      const at = performance.now();
      child.kill(signal);
      return { code: await ended, ms: performance.now() - at };
    },
  };
}

function upInfo(child: ChildProcess): Promise<{ api: string; addresses: string[] }> {
  let out = '';
  let notes = '';
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`the node is not up after ${UP_MS_MAX} ms:\n${notes}`));
    }, UP_MS_MAX);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      notes = (notes + text).slice(-4000);
    });
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (!out.trimEnd().endsWith('}')) return;
      clearTimeout(timer);
      resolve(JSON.parse(out) as { api: string; addresses: string[] });
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`the node ended with ${code}:\n${notes}`));
    });
  });
}

/** Publishes cards one after another, in `workers` lines at once, until `stop` says so or the node is gone. Answers the agents acknowledged. */
export async function publishLoad(
  node: ChaosNode,
  options: { label: string; workers: number; stop: () => boolean },
): Promise<string[]> {
  const acknowledged: string[] = [];
  const line = async (worker: number): Promise<void> => {
    for (let n = 0; !options.stop() && node.alive(); n++) {
      const { status, json } = await node.call('/v1/cards', {
        draft: chaosDraft(`${options.label} ${worker}-${n}`),
      });
      if (status === 201) acknowledged.push(json.agentId as string);
      else if (status === 0) return;
    }
  };
  await Promise.all(Array.from({ length: options.workers }, (_, worker) => line(worker)));
  return acknowledged;
}

/** Agents that the node knows: all of them, for a machine that is quick acknowledges more than a page of the list. */
export async function knownAgents(node: ChaosNode): Promise<Set<string>> {
  const client = { get: async <T>(path: string) => (await node.call(path)).json as T };
  const cards = await allRows<{ agentId: string }>(client, '/v1/cards', 'cards');
  return new Set(cards.map(({ agentId }) => agentId));
}

/** A small valid card draft. */
export function chaosDraft(name: string) {
  return {
    name,
    description: 'Does one thing.',
    capabilities: [{ name: 'do', description: 'The thing.', tags: ['chaos'] }],
    tags: ['chaos'],
    prices: [],
    sla: 'standard',
  };
}

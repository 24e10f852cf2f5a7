// Real nodes in this process: real libp2p over TCP, real LevelDB, in temporary homes that are removed at the end.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completeConfig } from '../../node/config/index.ts';
import { type Clock, type RunningNode, runNode } from '../../node/index.ts';

/** Configuration that differs from the test default: loopback, free ports, no logs, quick rounds. */
export type TestConfig = Record<string, unknown>;

/** Nodes of one test. Stop them all with `await using` or dispose(). */
export class TestNodes {
  readonly #folder = mkdtempSync(join(tmpdir(), 'zerostate-nodes-'));
  readonly #running = new Map<string, RunningNode>();

  /** Home folder of a node by name. */
  home(name: string): string {
    return join(this.#folder, name);
  }

  /** Starts a node, or starts it again on its data. */
  async start(name: string, config: TestConfig = {}, clock?: Clock): Promise<RunningNode> {
    const complete = completeConfig({
      name,
      network: 'test',
      region: 'here',
      roles: ['edge'],
      api: { host: '127.0.0.1', port: 0 },
      log: { level: process.env.TEST_LOG ?? 'silent' },
      sync: { intervalSeconds: 1 },
      ...config,
    });
    const running = await runNode({
      home: this.home(name),
      config: complete,
      ...(clock === undefined ? {} : { clock }),
    });
    this.#running.set(name, running);
    return running;
  }

  /** A node that runs. */
  get(name: string): RunningNode {
    const running = this.#running.get(name);
    if (running === undefined) throw new Error(`${name} does not run`);
    return running;
  }

  async stop(name: string): Promise<void> {
    const running = this.#running.get(name);
    this.#running.delete(name);
    await running?.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running.keys()].map((name) => this.stop(name)));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** An address of a node that another can join through. */
export function addressOf(running: RunningNode): string {
  return String(running.node.host.getMultiaddrs()[0]);
}

/** A small valid card draft. */
export function draft(name: string, tags: string[] = ['test']) {
  return {
    name,
    description: `${name} does one thing and does it well.`,
    capabilities: [{ name: 'do', description: `What ${name} does.`, tags }],
    tags,
    prices: [],
    sla: 'standard',
  };
}

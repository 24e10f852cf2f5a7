// Nodes of several organisations, each a process of its own with a home of its own, led by the commands that its people would type.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CardView } from '../../node/index.ts';
import { eventually, type StartedNode, startNode, zerostate, zerostateJson } from './cli.ts';
import { draft } from './nodes.ts';

interface Agreements {
  readonly partners: readonly {
    given: { isInForce: boolean } | null;
    taken: { isInForce: boolean } | null;
  }[];
}

/** The nodes by name. */
export class Organisations {
  readonly folder = mkdtempSync(join(tmpdir(), 'zerostate-federation-'));
  readonly agents = new Map<string, string>();
  readonly addresses = new Map<string, string>();
  readonly #running: StartedNode[] = [];
  /** A hook that runs out of time goes on: what it starts after the end must not stay. */
  readonly #over = new AbortController();

  home(name: string): string {
    return join(this.folder, name);
  }

  /** The flags that make a command speak to this node. */
  at(name: string): string[] {
    return ['--home', this.home(name)];
  }

  /** Runs a command against a node; its answer. */
  told<T>(name: string, ...args: string[]): Promise<T> {
    return zerostateJson<T>([...args, ...this.at(name)]);
  }

  /** Writes a JSON file; its path. */
  file(name: string, content: unknown): string {
    const path = join(this.folder, name);
    writeFileSync(path, JSON.stringify(content));
    return path;
  }

  async up(name: string, ...flags: string[]): Promise<void> {
    const here = ['--name', name, '--network', 'test', '--region', 'here', '--api-port', '0'];
    const node = await startNode([...this.at(name), ...here, ...flags], { signal: this.#over.signal });
    if (this.#over.signal.aborted) await node.kill();
    this.#running.push(node);
    this.addresses.set(name, node.info.addresses[0] as string);
  }

  async publish(name: string): Promise<void> {
    const path = this.file(`${name}.json`, draft(name));
    this.agents.set(name, (await this.told<CardView>(name, 'card', 'publish', path)).agentId);
  }

  /** Makes partners of all these nodes, each with each, and waits until all have agreed. */
  async agree(names: readonly string[], withinMs: number): Promise<void> {
    const pairs = names.flatMap((one) =>
      names.filter((name) => name !== one).map((other) => [one, other] as const),
    );
    for (const [one, other] of pairs) {
      const who = [this.agents.get(other) as string, '--name', other];
      const where = ['--address', this.addresses.get(other) as string];
      await this.told(one, 'partner', 'add', ...who, ...where, '--give', '*');
    }
    await eventually('all to agree', withinMs, async () => {
      for (const [one, other] of pairs)
        await zerostate(['partner', 'sync', this.agents.get(other) as string, ...this.at(one)]);
      const lists = await Promise.all(names.map((name) => this.told<Agreements>(name, 'partner', 'list')));
      return lists.every(({ partners }) =>
        partners.every(({ given, taken }) => given?.isInForce === true && taken?.isInForce === true),
      );
    });
  }

  async stop(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#running.map((node) => node.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** An auditor without a network verifies a file in a folder where nothing else is. Throws when it does not verify. */
export async function verifiesAlone(bytes: Uint8Array): Promise<void> {
  const alone = mkdtempSync(join(tmpdir(), 'zerostate-auditor-'));
  try {
    writeFileSync(join(alone, 'file'), bytes);
    const verified = await zerostate(['verify', 'file', '--json'], { cwd: alone });
    assert.equal(verified.code, 0, verified.stderr + verified.stdout);
  } finally {
    rmSync(alone, { recursive: true, force: true });
  }
}

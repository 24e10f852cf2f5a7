// A policy service on a database of its own, for tests: opened, closed, opened again.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FallbackPolicy } from '../../node/activation/index.ts';
import { createLogger } from '../../node/logger/index.ts';
import { createMetrics } from '../../node/metrics/index.ts';
import { PolicyService } from '../../node/policy/index.ts';
import { openDatabase } from '../../node/storage/index.ts';

const log = createLogger({ level: 'silent', name: 'test' });

/** What a question about an agent is made of where nothing of it matters. */
export const STANDING = {
  revocation: 'clear',
  ageSeconds: 0,
  tier: 'safe',
  reputation: 0,
  proven: false,
  override: false,
};

export class PolicyDesk {
  readonly home = mkdtempSync(join(tmpdir(), 'zerostate-policy-'));
  /** How many of the keys that a node is told of must sign. */
  threshold = 1;
  readonly time = { now: Date.parse('2026-03-02T00:00:00Z') };

  /** Opens the folder, works with its policies, closes it. */
  async run<T>(
    work: (policy: PolicyService, db: Awaited<ReturnType<typeof openDatabase>>) => Promise<T> | T,
    signers: readonly string[] = [],
    good?: FallbackPolicy,
  ): Promise<T> {
    const db = await openDatabase(join(this.home, 'db'));
    const policy = new PolicyService({
      db,
      home: this.home,
      clock: { now: () => this.time.now, after: () => () => {} },
      log,
      metrics: createMetrics(),
      signers: { keys: [...signers], threshold: this.threshold },
    });
    try {
      await policy.load(good);
      const result = await work(policy, db);
      await policy.stop();
      return result;
    } finally {
      await db.end();
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** May this agent be an answer? */
export function findQuestion(id: string, standing: Partial<typeof STANDING> = {}) {
  return {
    kind: 'find' as const,
    principal: { type: 'Node' as const, id: 'here', facts: { name: 'here', region: 'eu', network: 'test' } },
    resource: {
      type: 'Agent' as const,
      id,
      facts: {
        name: id,
        region: 'eu',
        operator: '',
        sla: 'standard',
        host: 'h',
        tags: ['a'],
        priced: false,
        local: false,
      },
    },
    context: { ...STANDING, ...standing },
  };
}

/** Policies that let only agents of this id be found. */
export const onlyAgent = (id: string) => [
  {
    name: 'only.cedar',
    text: `@id("only-${id}") @detail("only ${id}") permit (principal, action == Zerostate::Action::"find", resource) when { resource == Zerostate::Agent::"${id}" };`,
  },
];

// Policies switched under load: how long a switch takes, that each succeeds, and that no decision is made under half of one. And what a decision
// costs when policies are parsed once, against parsing them for each.

import { setImmediate as breath } from 'node:timers/promises';
import * as cedar from '@cedar-policy/cedar-wasm/nodejs';
import { DEFAULT_POLICIES, type PolicyService, readCedar } from '../../node/policy/index.ts';
import { findQuestion, onlyAgent, PolicyDesk } from '../support/policy-desk.ts';
import type { Bench } from './bench.ts';
import { percentile } from './node-rig.ts';

/** Candidates of one decision; each policy permits exactly one of them. */
const CANDIDATES = 8;
/** Decisions under way at once. */
const AT_ONCE = 4;
/** What a rollout may take at the 99th percentile, in ms. */
const ALLOWED_MS = 5_000;

/** Which candidate a policy permits: that of its number. */
const nameOf = (sequence: number) => `a-${sequence % CANDIDATES}`;

/** Decides without a pause until told to stop. Throws when a decision mixes two policies. */
async function decide(
  policy: PolicyService,
  state: { stop: boolean; decisions: number; salt: number },
): Promise<void> {
  while (!state.stop) {
    const first = findQuestion('a-0');
    const draft = policy.begin('find', first.principal, {});
    const allowed: string[] = [];
    for (let n = 0; n < CANDIDATES; n++) {
      // Never the same question twice: nothing is answered from memory.
      const { context, resource } = findQuestion(`a-${n}`, { reputation: state.salt++ % 1_000 });
      if (draft.ask(resource, context, []).allow) allowed.push(resource.id);
      await breath();
    }
    const { record } = (await policy.why(await draft.record(allowed)))!;
    const expected = record.policy.sequence === 0 ? [] : [nameOf(record.policy.sequence)];
    if (record.policy.sequence > 0 && allowed.join() !== expected.join())
      throw new Error(`a decision under policy ${record.policy.sequence} allowed ${allowed.join()}`);
    state.decisions += 1;
  }
}

export const bench: Bench = {
  name: 'rollout',
  summary:
    'policies switched forward and back while decisions are made: every switch, its 99th percentile, no decision under half of one',
  bar: { sign: '<=', value: 1 },
  async run({ compare, note, report, sizes }) {
    // As many back as forward.
    const iterations = 2 * sizes(1_000, 2_500);
    using desk = new PolicyDesk();
    await desk.run(async (policy) => {
      const state = { stop: false, decisions: 0, salt: 0 };
      const { bundles } = policy;
      await bundles.applyFiles(onlyAgent(nameOf(1)), null);
      const load = Promise.all(Array.from({ length: AT_ONCE }, () => decide(policy, state)));
      const times = { forward: [] as number[], back: [] as number[] };
      let failed = 0;
      for (let i = 0; i < iterations; i++) {
        const next = (await bundles.line()).newest!.sequence + 1;
        const started = performance.now();
        try {
          if (i % 2 === 0) await bundles.applyFiles(onlyAgent(nameOf(next)), null);
          else await bundles.rollback(undefined, 'bench');
        } catch (error) {
          failed += 1;
          note(`a switch failed: ${(error as Error).message}`);
        }
        times[i % 2 === 0 ? 'forward' : 'back'].push(performance.now() - started);
      }
      state.stop = true;
      await load;
      note(
        `${times.back.length} rollbacks and as many rollouts, ${failed} failed, a rollback p50 ${percentile(times.back, 0.5).toFixed(1)} ms, p99 ${percentile(times.back, 0.99).toFixed(1)} ms, most ${Math.max(...times.back).toFixed(1)} ms; ${state.decisions} decisions of ${CANDIDATES} candidates meanwhile, none under half a policy`,
      );
      const label = { sizes: { switches: iterations, decisions: state.decisions }, better: 'lower' } as const;
      for (const [name, list] of [
        ['rollback', times.back],
        ['rollout', times.forward],
      ] as const)
        report({
          ...label,
          case: `${name} under load, p99`,
          ours: percentile(list, 0.99),
          peer: ALLOWED_MS,
          peerName: 'what is allowed',
          unit: 'ms',
        });
      report({
        ...label,
        case: 'switches that failed',
        ours: failed,
        peer: 1,
        peerName: 'one',
        unit: 'switches',
        bar: { sign: '<=', value: 0 },
      });
    });
    const ready = readCedar(DEFAULT_POLICIES);
    const text = DEFAULT_POLICIES.map((file) => file.text).join('\n');
    const operations = 20;
    let salt = 0;
    const uid = (type: string, id: string) => ({ type: `Zerostate::${type}`, id });
    await compare({
      case: 'decision',
      sizes: { policies: ready.list().length },
      operations,
      peerName: 'Cedar, policies parsed for each decision',
      bar: { sign: '>=', value: 3 },
      ours: () => {
        for (let i = 0; i < operations; i++) ready.ask(findQuestion(`a-${salt++}`));
      },
      peer: () => {
        for (let i = 0; i < operations; i++) {
          const { context, principal, resource } = findQuestion(`a-${salt++}`);
          cedar.isAuthorized({
            principal: uid(principal.type, principal.id),
            action: uid('Action', 'find'),
            resource: uid(resource.type, resource.id),
            context: { standing: context },
            policies: { staticPolicies: text },
            entities: [
              { uid: uid(principal.type, principal.id), attrs: principal.facts, parents: [] },
              { uid: uid(resource.type, resource.id), attrs: resource.facts, parents: [] },
            ],
          });
        }
      },
    });
  },
};

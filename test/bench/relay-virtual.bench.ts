// The routing policies over whole nodes under virtual time: 12 relays in three regions, 40 edges, each a real node with all that it says, on a
// simulated clock and wire. Nothing of it depends on the machine, which only says how long it takes; a process for each policy, two at once.

import { type ChildProcess, fork } from 'node:child_process';
import { isPolicyName, POLICY_NAMES, type PolicyName } from '../../protocol/routing/index.ts';
import type { Bench } from './bench.ts';
import { percentile } from './node-rig.ts';
import { DAYS, type Day, type Samples } from './policy-traffic.ts';
import type { VirtualDays, VirtualOrder } from './virtual-days.ts';

const AT_ONCE = 2;
const OURS = 'split';
const PROGRAM = new URL('./virtual-policy.ts', import.meta.url);

type Word = { readonly note: string } | { readonly failure: string } | { readonly days: VirtualDays };

/** Runs one policy in a process of its own. Rejects when the process fails. */
async function daysOf(order: VirtualOrder, note: (text: string) => void): Promise<VirtualDays> {
  const child: ChildProcess = fork(PROGRAM, {
    execArgv: [],
    // One thread answers in the order of the questions.
    env: { ...process.env, UV_THREADPOOL_SIZE: '1', TZ: 'UTC' },
  });
  try {
    return await new Promise((resolve, reject) => {
      child.on('exit', (code, signal) => reject(new Error(`${order.policy} ended (${code ?? signal})`)));
      child.on('message', (word: Word) => {
        if ('note' in word) note(`${order.policy}: ${word.note}`);
        else if ('failure' in word) reject(new Error(word.failure));
        else resolve(word.days);
      });
      child.send(order);
    });
  } finally {
    child.kill('SIGKILL');
  }
}

const line = (policy: PolicyName, day: Day, { byLiar, failed, relays, request, setup }: Samples): string => {
  const three = (list: readonly number[]) =>
    [0.5, 0.95, 0.99].map((p) => Math.round(percentile(list, p))).join(' | ');
  return `| ${day}, ${policy} | ${three(setup)} | ${three(request)} | ${failed} of ${setup.length} | ${(relays / setup.length).toFixed(2)} | ${byLiar} |`;
};

export const bench: Bench = {
  name: 'relay-virtual',
  summary: 'the same as relay-policies over whole nodes under virtual time: stream set-up and request (p95)',
  bar: { sign: '>=', value: 1.3 },
  async run({ folder, note, only, report, seed, sizes }) {
    const counts = sizes(
      { relays: 12, edges: 40, streams: 200, perSecond: 8, learnSeconds: 10 },
      { relays: 12, edges: 40, streams: 1_000, perSecond: 8, learnSeconds: 15 },
    );
    const policies = only.length === 0 ? POLICY_NAMES : only.filter(isPolicyName);
    const results = new Map<PolicyName, VirtualDays>();
    const waiting = [...policies];
    const worker = async () => {
      for (let policy = waiting.shift(); policy !== undefined; policy = waiting.shift())
        results.set(policy, await daysOf({ policy, seed, folder: folder(), ...counts }, note));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    const head =
      '| day, policy | set-up p50 | p95 | p99 | request p50 | p95 | p99 | failed | relays | by the liar |';
    const rows = DAYS.flatMap((day) =>
      policies.map((policy) => line(policy, day, results.get(policy)![day])),
    );
    note([head, ...rows].join('\n'));
    const ours = results.get(OURS);
    for (const [policy, days] of ours === undefined ? [] : results)
      if (policy !== OURS)
        for (const what of ['setup', 'request'] as const)
          report({
            case: `impaired, ${what} p95 against ${policy}`,
            sizes: counts,
            ours: percentile(ours!.impaired[what], 0.95),
            peer: percentile(days.impaired[what], 0.95),
            peerName: policy,
            unit: 'ms',
            better: 'lower',
          });
  },
};

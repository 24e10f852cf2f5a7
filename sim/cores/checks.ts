// Properties that must hold: looked at while a run goes on, each with its first failure. A failure never stops a run.

import type { CheckResult } from '../scenario/index.ts';

interface Check {
  readonly kind: CheckResult['kind'];
  looked: number;
  failures: number;
  detail: string;
  at: number;
}

const SECOND = 1_000_000;

/** What must never happen: names are stable, they stand in reports. */
export const SAFETY = [
  'no false accept',
  'no lost acknowledgement',
  'balanced ledger',
  'monotonic heads',
  'faithful encoding',
] as const;
/** What must come about on a network that heals. */
export const LIVENESS = ['logs converge', 'revocations arrive', 'forks are known'] as const;
export type CheckName = (typeof SAFETY)[number] | (typeof LIVENESS)[number];

export class Checks {
  readonly #checks = new Map<CheckName, Check>();

  constructor() {
    for (const name of SAFETY)
      this.#checks.set(name, { kind: 'safety', looked: 0, failures: 0, detail: '', at: -1 });
    for (const name of LIVENESS)
      this.#checks.set(name, { kind: 'liveness', looked: 0, failures: 0, detail: '', at: -1 });
  }

  /** Notes that a property was looked at `times` times and held. */
  held(name: CheckName, times = 1): void {
    this.#checks.get(name)!.looked += times;
  }

  /** Notes that it did not hold, at `now` (microseconds). */
  broken(name: CheckName, now: number, detail: string): void {
    const check = this.#checks.get(name)!;
    check.looked += 1;
    check.failures += 1;
    if (check.failures > 1) return;
    check.detail = detail;
    check.at = now / SECOND;
  }

  results(): CheckResult[] {
    return [...this.#checks].map(([name, { at, detail, failures, kind, looked }]) => ({
      name,
      kind,
      ok: failures === 0,
      looked,
      detail: failures > 1 ? `${detail} (and ${failures - 1} more)` : detail,
      at,
    }));
  }
}

// The report of a verification: one line for each check, in the order in which they were made. A refusal is a line, never a crash.

import { type ErrorCode, isZeroError } from '../errors/index.ts';

/** One check. `code` is set when it failed. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** One sentence for a person. */
  readonly detail: string;
  readonly code?: ErrorCode;
}

/** Facts about what was verified. They mean something only when the report is ok. */
export type Subject = Readonly<Record<string, string | number | null>>;

/** What kind of object the file holds. */
export type Kind =
  | 'agent-card'
  | 'statement'
  | 'receipt-file'
  | 'checkpoint'
  | 'log-proof'
  | 'equivocation'
  | 'partner-evidence'
  | 'provenance-bundle'
  | 'capsule'
  | 'omission'
  | 'unknown';

/** The outcome: ok only when at least one check was made and every one holds. */
export interface Report {
  readonly ok: boolean;
  readonly kind: Kind;
  readonly checks: readonly Check[];
  readonly subject: Subject;
  /** The verification time that was given, RFC 3339. */
  readonly verifiedAt: string;
}

/** Collects checks. */
export class Checks {
  readonly #checks: Check[] = [];
  #subject: Subject = {};

  /** Adds an outcome. */
  add(name: string, ok: boolean, detail: string, code?: ErrorCode): boolean {
    this.#checks.push(ok || code === undefined ? { name, ok, detail } : { name, ok, detail, code });
    return ok;
  }

  /** Runs a check that throws when it fails. Returns its value, or undefined after a typed refusal. Other errors are ours: they pass. */
  attempt<T>(name: string, work: () => T, detail: (value: T) => string): T | undefined {
    const value = this.require(name, () => ({ of: work() }));
    if (value === undefined) return undefined;
    this.add(name, true, detail(value.of));
    return value.of;
  }

  /** Like attempt, with a line only for a failure: for steps that a later check speaks for. */
  require<T>(name: string, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!isZeroError(error)) throw error;
      this.add(name, false, error.message, error.code);
      return undefined;
    }
  }

  /** Adds facts about the subject. */
  describe(facts: Subject): void {
    this.#subject = { ...this.#subject, ...facts };
  }

  /** The finished report. */
  report(kind: Kind, nowMs: number): Report {
    return {
      ok: this.#checks.length > 0 && this.#checks.every((check) => check.ok),
      kind,
      checks: this.#checks,
      subject: this.#subject,
      verifiedAt: new Date(nowMs).toISOString(),
    };
  }
}

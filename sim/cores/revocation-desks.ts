// Revocations: signed by the protocol's code, known to a node as soon as it holds the log entry. At some nodes the protocol's own
// revocation set is kept and asked all the time: who says "valid" of what was revoked before its knowledge ends, accepts falsely.

import { sha256 } from '../../protocol/crypto/index.ts';
import { contentIdOf, type Envelope } from '../../protocol/envelope/index.ts';
import { timeText } from '../../protocol/fields/index.ts';
import {
  maxAgeMs,
  RevocationSet,
  type RevocationSubject,
  signRevocation,
  type VerifiedRevocation,
  verifyRevocation,
} from '../../protocol/revocation/index.ts';
import { EPOCH_MS } from '../clock.ts';
import type { Agent } from './agents.ts';
import { type Ground, MS } from './ground.ts';
import type { Version } from './logs.ts';

/** Nodes with a revocation set of their own: enough to catch what depends on the order of arrival. */
const DESKS = 32;

interface Issued {
  readonly verified: VerifiedRevocation;
  readonly subject: RevocationSubject;
  readonly issuedAtMs: number;
}

export class RevocationDesks {
  readonly #ground: Ground;
  readonly #sets = new Map<number, RevocationSet>();
  /** How far the clock of each desk is off, in milliseconds. */
  readonly #skews = new Map<number, number>();
  readonly #issued: Issued[] = [];
  /** By number of the log entry. */
  readonly #byEntry = new Map<number, Issued>();
  readonly #issuerOfLog = new Map<number, Agent>();
  #accepted = 0;
  #unknown = 0;

  constructor(ground: Ground) {
    this.#ground = ground;
    const honest = [...ground.cheats.keys()].filter((node) => ground.cheats[node] === 0);
    const stride = Math.max(1, Math.floor(honest.length / DESKS));
    for (let at = 0; at < honest.length && this.#sets.size < DESKS; at += stride)
      this.#sets.set(honest[at]!, new RevocationSet());
    for (const node of this.#sets.keys())
      this.#skews.set(node, ground.random('clock', node).normal(0, ground.scenario.network.clocks.skewMs));
  }

  get count(): number {
    return this.#issued.length;
  }

  /** Verdicts 'valid' and 'unknown' that the desks gave before they knew of a revocation that was out. */
  get verdicts(): { readonly valid: number; readonly unknown: number } {
    return { valid: this.#accepted, unknown: this.#unknown };
  }

  /** An agent revokes a statement of its own. */
  revoke(agent: Agent, log: number): Envelope {
    const issuedAtMs = this.#nowMs();
    const statementId = contentIdOf(sha256(new TextEncoder().encode(`statement ${log}`)));
    const envelope = signRevocation({
      keychain: agent.keychain,
      signer: agent.signer,
      sequence: 1,
      previous: null,
      target: { kind: 'statement', id: statementId },
      reason: 'simulated',
      issuedAt: timeText(issuedAtMs),
    });
    const verified = verifyRevocation(envelope);
    this.#issued.push({ verified, subject: { agentId: agent.agentId, statementId }, issuedAtMs });
    this.#issuerOfLog.set(log, agent);
    return envelope;
  }

  /** The revocation signed last stands in this entry. */
  entered(version: Version): void {
    this.#byEntry.set(version.entry, this.#issued.at(-1)!);
  }

  isRevocation(entry: number): boolean {
    return this.#byEntry.has(entry);
  }

  /** A node stored an entry; `complete` is the time of the head that it was read to the end of. */
  onEntry(node: number, version: Version): void {
    const set = this.#sets.get(node);
    if (set === undefined) return;
    const issued = this.#byEntry.get(version.entry);
    if (issued !== undefined) {
      set.apply(issued.verified, { origin: version.head.origin, index: version.size - 1 });
      const { status } = set.judge(issued.subject, this.#nowMs(node), maxAgeMs('dangerous'));
      if (status === 'revoked') this.#ground.checks.held('no false accept');
      else this.#false(node, 'does not know a revocation that it stored');
    }
    const agent = this.#issuerOfLog.get(version.log);
    if (agent !== undefined) set.noteFresh(agent.agentId, EPOCH_MS + version.signedAt / MS);
  }

  /** Asks every desk about every revoked statement. */
  ask(): void {
    for (const [node, set] of this.#sets) {
      const now = this.#nowMs(node);
      for (const { issuedAtMs, subject } of this.#issued) {
        const { asOf, status } = set.judge(subject, now, maxAgeMs('dangerous'));
        if (status === 'revoked') continue;
        if (status === 'unknown') this.#unknown += 1;
        else this.#accepted += 1;
        if (status === 'valid' && asOf !== null && asOf >= issuedAtMs)
          this.#false(node, 'says valid on knowledge that ends after the revocation');
        else this.#ground.checks.held('no false accept');
      }
    }
  }

  #false(node: number, what: string): void {
    this.#ground.checks.broken('no false accept', this.#ground.loop.now, `node ${node} ${what}`);
  }

  /** What the clock of a desk says; the true time without one. */
  #nowMs(node = -1): number {
    return Math.floor(EPOCH_MS + this.#ground.loop.now / MS + (this.#skews.get(node) ?? 0));
  }
}

// Policies that take effect together: signs that a bundle with a start is here, collects the same word of others from the logs, and begins with
// the bundle when its start has come and enough have said so. Who has missed it stands closed. The judgement is protocol/policy/epoch.ts.

import { toHex } from '../../protocol/bytes/index.ts';
import {
  contentIdOf,
  digestOfContentId,
  type Envelope,
  envelopeId,
  seedSigner,
} from '../../protocol/envelope/index.ts';
import { isZeroError } from '../../protocol/errors/index.ts';
import { timeMs } from '../../protocol/fields/index.ts';
import { parseStrictJson } from '../../protocol/json/index.ts';
import {
  type Acknowledgement,
  type EpochStanding,
  judgeEpoch,
  POLICY_BUNDLE_BYTES_MAX,
  POLICY_EARLY_MAX,
  POLICY_EPOCHS_MAX,
  type PolicyEpoch,
  type PolicyLine,
  type PolicyMembers,
} from '../../protocol/policy/index.ts';
import {
  type AgentStatement,
  DECISION_PREDICATE,
  isStatementOf,
  signAgentStatement,
} from '../../protocol/statement/index.ts';
import { type Clock, rfc3339 } from '../clock/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { OwnLog } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import { Serial } from '../serial.ts';
import type { PolicyBundles } from './policy-bundles.ts';
import { startOf } from './policy-chain.ts';

/** Milliseconds between two looks at the clock while something is to come: how late a boundary is kept at most. */
const LOOK_MS = 500;
/** And while nothing is: how late a bundle that was applied is acknowledged. */
const IDLE_LOOK_MS = 5_000;
/** What an acknowledgement is called in a decision statement, and the form of its resource's name. */
const ACTION = 'policy.acknowledge';
const NAME = /^policy ([1-9]\d{0,15}) from (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$/;

function isMember(members: PolicyMembers | null | undefined, { agent }: Acknowledgement): boolean {
  return members?.agents.includes(agent) === true;
}

export interface EpochsDeps {
  readonly bundles: PolicyBundles;
  readonly vault: AgentVault;
  readonly ownLog: OwnLog;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The epochs of one node's policy. */
export class PolicyEpochs {
  readonly #deps: EpochsDeps;
  readonly #serial = new Serial();
  /** By agent, then by epoch: who says much pushes out its own words alone. */
  readonly #known = new Map<string, Map<string, Acknowledgement>>();
  /** What agents have said that the bundle in force does not name: one may come that does, and say it after them. Oldest first. */
  readonly #early = new Map<string, Acknowledgement>();
  /** Whose words were sought among them last. */
  #soughtFor: PolicyMembers | null = null;
  /** Bundles that this node has acknowledged since its start. */
  readonly #said = new Set<string>();
  /** What went wrong last: it is tried again twice a second, and said once. */
  #trouble = '';
  #cancel: () => void = () => {};
  #isStopped = false;

  constructor(deps: EpochsDeps) {
    this.#deps = deps;
    deps.bundles.mayBegin = (line, envelope, nowMs) => this.#mayBegin(line, envelope, nowMs);
  }

  /** Looks once before it is ready: a node that was away must not decide by what the others have left. */
  async start(): Promise<void> {
    await this.turn();
    this.#next();
  }

  #next(): void {
    if (this.#isStopped) return;
    const { bundles, clock } = this.#deps;
    const isIdle = bundles.staged === null && this.#known.size === 0 && bundles.behind === null;
    const look = () => void this.turn().then(() => this.#next());
    this.#cancel = clock.after(isIdle ? IDLE_LOOK_MS : LOOK_MS, look);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#serial.run('turn', async () => {});
  }

  /** Takes a verified statement if it is an acknowledgement of somebody whose word counts. */
  offer(statement: AgentStatement): void {
    if (!isStatementOf(statement, DECISION_PREDICATE)) return;
    const { action, resource, verdict } = statement.statement.predicate;
    if (action !== ACTION || verdict !== 'allow') return;
    const found = NAME.exec(resource.name);
    if (found === null) return;
    const id = contentIdOf(Buffer.from(resource.digest.slice('sha256:'.length), 'hex'));
    const epoch = { id, sequence: Number(found[1]), startsAtMs: timeMs(found[2] as string) };
    if (Number.isSafeInteger(epoch.sequence)) this.#note({ agent: statement.issuer, epoch });
  }

  /** Members' words have room of their own, or strangers would push them out. */
  #note(one: Acknowledgement): void {
    const { members, newest } = this.#deps.bundles.epoch;
    if (one.epoch.sequence <= newest) return;
    if (!isMember(members, one)) {
      this.#noteEarly(one);
      return;
    }
    const said = this.#known.get(one.agent) ?? new Map<string, Acknowledgement>();
    this.#known.set(one.agent, said.set(JSON.stringify(one.epoch), one));
    if (said.size <= POLICY_EPOCHS_MAX) return;
    const [lowest] = [...said].sort(([, a], [, b]) => a.epoch.sequence - b.epoch.sequence);
    said.delete(lowest?.[0] as string);
  }

  #noteEarly(one: Acknowledgement): void {
    this.#early.set(JSON.stringify([one.agent, one.epoch]), one);
    if (this.#early.size > POLICY_EARLY_MAX) this.#early.delete(this.#early.keys().next().value as string);
  }

  /** Another bundle names others: what they have said by now counts, and nobody else's. */
  #seekEarly(): void {
    const { members } = this.#deps.bundles.epoch;
    if (members === this.#soughtFor) return;
    this.#soughtFor = members;
    const all = [...this.#early.values(), ...this.#acknowledgements()];
    this.#early.clear();
    this.#known.clear();
    for (const one of all) this.#note(one);
  }

  /** What this node has begun with, or is beyond, is no question any more. */
  #forgetPast(): void {
    const { newest } = this.#deps.bundles.epoch;
    for (const [agent, said] of this.#known) {
      for (const [name, { epoch }] of said) if (epoch.sequence <= newest) said.delete(name);
      if (said.size === 0) this.#known.delete(agent);
    }
  }

  #acknowledgements(): Acknowledgement[] {
    return [...this.#known.values()].flatMap((said) => [...said.values()]);
  }

  /** Where this node stands now. */
  standing(): EpochStanding {
    const { bundles, clock } = this.#deps;
    const { epoch, staged } = bundles;
    return judgeEpoch({ ...epoch, staged, acknowledgements: this.#acknowledgements() }, clock.now());
  }

  /** Who has said that the bundle which waits is there. */
  acknowledgedBy(): string[] {
    const { staged } = this.#deps.bundles;
    if (staged === null) return [];
    const name = JSON.stringify(staged);
    return [...this.#known].flatMap(([agent, said]) => (said.has(name) ? [agent] : [])).sort();
  }

  #mayBegin(line: PolicyLine, envelope: Envelope, nowMs: number): boolean {
    const startsAt = startOf(envelope);
    const { sequence } = (parseStrictJson(envelope.payload, { bytesMax: POLICY_BUNDLE_BYTES_MAX }) ?? {}) as {
      sequence?: unknown;
    };
    if (startsAt === undefined || typeof sequence !== 'number') return false;
    const staged = { id: envelopeId(envelope), sequence, startsAtMs: Date.parse(startsAt) };
    const known = {
      newest: line.newest?.sequence ?? 0,
      members: line.members ?? null,
      staged,
      acknowledgements: [
        ...this.#acknowledgements(),
        ...[...this.#early.values()].filter((one) => isMember(line.members, one)),
      ],
    };
    return judgeEpoch(known, nowMs).state === 'due';
  }

  /** Acknowledges what waits, begins with what is due, closes and opens. Never throws: what fails is tried again at the next look. */
  async turn(): Promise<void> {
    await this.#serial.run('turn', async () => {
      const { bundles, log } = this.#deps;
      try {
        this.#seekEarly();
        if (bundles.staged !== null) await this.#acknowledge(bundles.staged);
        const standing = this.standing();
        if (standing.state === 'due') await this.#begin(standing.epoch);
        bundles.close(standing.state === 'behind' ? standing.epoch : null);
        this.#forgetPast();
        this.#trouble = '';
      } catch (error) {
        const { message } = error as Error;
        if (message === this.#trouble) return;
        this.#trouble = message;
        const code = isZeroError(error) ? error.code : 'INTERNAL';
        log.warn({ code, err: error }, 'a policy epoch could not turn');
      }
    });
  }

  /** Whoever cannot begin with what the others begin with stands closed, as if it had not got it. */
  async #begin(epoch: PolicyEpoch): Promise<void> {
    const { bundles } = this.#deps;
    try {
      await bundles.begin();
    } catch (error) {
      bundles.close(epoch);
      throw error;
    }
  }

  /** On disk and in the log before anything rests on it. */
  async #acknowledge(epoch: PolicyEpoch): Promise<void> {
    const { bundles, clock, ownLog, vault } = this.#deps;
    if (this.#said.has(epoch.id)) return;
    const said = new Set(this.acknowledgedBy());
    for (const agentId of bundles.epoch.members?.agents ?? []) {
      if (said.has(agentId) || !vault.has(agentId)) continue;
      const agent = vault.get(agentId as never);
      const digest = (id: string) => `sha256:${toHex(digestOfContentId(id))}`;
      const envelope = signAgentStatement({
        predicateType: DECISION_PREDICATE,
        predicate: {
          issuedAt: rfc3339(clock.now()),
          action: ACTION,
          resource: {
            name: `policy ${epoch.sequence} from ${rfc3339(epoch.startsAtMs)}`,
            digest: digest(epoch.id),
          },
          verdict: 'allow',
          tier: 'safe',
          degraded: false,
          asOf: null,
          policyDigest: digest(bundles.active.id),
          reasons: [{ check: 'bundle', ok: true, detail: 'it verifies, parses, and is on disk here' }],
          evidence: [],
        },
        keychain: agent.keychain,
        signer: seedSigner(agent.operationalSeed),
      });
      await ownLog.append(envelope);
    }
    this.#said.add(epoch.id);
  }
}

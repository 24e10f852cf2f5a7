// The partners of a node, for the API and for other parts: adding and removing them, keeping up with them, sealing statements, asking all of
// them at once. The work is done by the files beside this one.

import { randomBytes } from 'node:crypto';
import type { PeerId } from '@libp2p/interface';
import { type Envelope, encodeEnvelope, envelopeId, seedSigner } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import { originOf } from '../../protocol/log/index.ts';
import {
  type Opened,
  type PartnerBudget,
  type Scope,
  sealStatement,
  signAgreement,
  verifyAgreement,
  verifyOpening,
} from '../../protocol/partner/index.ts';
import {
  type AgentStatement,
  isStatementOf,
  SEALED_PREDICATE,
  signAgentStatement,
} from '../../protocol/statement/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import type { CardBook } from '../cards/card-book.ts';
import { type Clock, rfc3339 } from '../clock/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { LogPosition, LogStore, OwnLog } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import type { ProvenanceSource } from '../provenance/ports.ts';
import { Serial } from '../serial.ts';
import type { ForkBook } from '../sync/fork-book.ts';
import type { EvidenceStore } from './evidence-store.ts';
import type { Federation } from './federation.ts';
import type { Greeter } from './greeter.ts';
import type { LateSource } from './late-source.ts';
import { AGREEMENT_DAYS_DEFAULT, BUDGET_DEFAULT, OPENING_BYTES_MAX } from './limits.ts';
import type { Lines } from './lines.ts';
import type { Openings } from './openings.ts';
import type { Partner, PartnerBook } from './partner-book.ts';
import type { SealedStore } from './sealed-store.ts';

const DAY_MS = 86_400_000;

/** A partner as it is added. */
export interface NewPartner {
  readonly agent: AgentId;
  readonly name?: string;
  /** Own agent that deals with it; the primary one unless told. */
  readonly as?: AgentId;
  /** Multiaddrs to reach it by; where there are none, its card says. */
  readonly addresses?: readonly string[];
  readonly scope: Scope;
  readonly budget?: Partial<PartnerBudget>;
  readonly days?: number;
}

/** What came of keeping up with a partner. */
export interface SyncResult {
  readonly partner: Partner;
  /** Entries of its log that are held, and openings that are new. */
  readonly size: number;
  readonly openings: number;
}

export interface PartnersDeps {
  readonly book: PartnerBook;
  readonly cards: Pick<CardBook, 'get'>;
  readonly evidence: EvidenceStore;
  readonly federation: Federation;
  readonly forks: ForkBook;
  readonly greeter: Greeter;
  readonly lines: Lines;
  readonly openings: Openings;
  readonly ownLog: OwnLog;
  readonly sealed: SealedStore;
  readonly source: LateSource;
  readonly store: LogStore;
  readonly syncWith: (peer: PeerId) => Promise<boolean>;
  readonly vault: AgentVault;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The partners of a node. */
export class Partners {
  readonly #deps: PartnersDeps;
  readonly #serial = new Serial();
  readonly federation: Federation;
  readonly evidence: EvidenceStore;
  readonly book: PartnerBook;

  constructor(deps: PartnersDeps) {
    this.#deps = deps;
    this.federation = deps.federation;
    this.evidence = deps.evidence;
    this.book = deps.book;
  }

  now(): number {
    return this.#deps.clock.now();
  }

  /** Answers from this graph from now on, partners and own questions alike. */
  answerFrom(source: ProvenanceSource): void {
    this.#deps.source.use(source);
  }

  /** True when the log of one of its peers has two histories. */
  isForked({ peers }: Partner): boolean {
    return peers.some((peer) => this.#deps.forks.has(originOf(peer)));
  }

  isConnected(partner: Partner): boolean {
    return this.#deps.lines.isConnected(partner);
  }

  /** Adds a partner, or changes what it is given. Throws NOT_OWNER, USAGE, LIMIT_EXCEEDED, STORAGE_FAILED. It is greeted as soon as it can be reached. */
  async add(wanted: NewPartner): Promise<Partner> {
    const { book, clock, greeter, lines, vault } = this.#deps;
    const self = wanted.as ?? vault.list()[0]?.agentId;
    if (self === undefined)
      throw new ZeroError('USAGE', 'this node has no agent that could have partners', {
        hint: 'Publish a card first: "zerostate card publish".',
      });
    if (vault.has(wanted.agent)) throw new ZeroError('USAGE', 'an agent of this node is no partner of it');
    const partner = await this.#serial.run(wanted.agent, async () => {
      const before = book.find(wanted.agent);
      const now = clock.now();
      const terms = {
        grantee: wanted.agent,
        sequence: Math.max(now, (before?.given.agreement.sequence ?? 0) + 1),
        notAfterMs: now + (wanted.days ?? AGREEMENT_DAYS_DEFAULT) * DAY_MS,
        scope: wanted.scope,
        budget: { ...BUDGET_DEFAULT, ...wanted.budget },
      };
      const agreement = verifyAgreement(signAgreement(greeter.author(self), terms, now), now);
      const addresses = wanted.addresses ?? before?.addresses ?? this.#addressesOf(wanted.agent);
      return await book.put({
        agent: wanted.agent,
        name: wanted.name ?? before?.name ?? this.#nameOf(wanted.agent),
        self,
        addresses,
        peers: before?.peers ?? [],
        passUntilMs: before?.passUntilMs ?? 0,
        given: { agreement, consent: null },
        taken: before?.self === self ? before.taken : null,
        usage: before?.usage ?? book.fresh(),
        addedAt: before?.addedAt ?? now,
        opened: before?.opened ?? { agreement: '', next: 0 },
      });
    });
    // The other side may not have added this one yet: the lines try again.
    return await lines.connect(partner, true).catch(() => book.get(partner.agent));
  }

  #addressesOf(agent: AgentId): string[] {
    const endpoints = this.#deps.cards.get(agent)?.card.endpoints ?? [];
    return [
      ...new Set(
        endpoints.flatMap(({ peer, addresses }) => addresses.map((address) => withPeer(address, peer))),
      ),
    ];
  }

  #nameOf(agent: AgentId): string {
    return this.#deps.cards.get(agent)?.card.name ?? agent.slice(0, 16);
  }

  /** Throws PARTNER_UNKNOWN or STORAGE_FAILED. What it was given it keeps; nothing more goes to it from now on. */
  async remove(agent: AgentId): Promise<void> {
    await this.#serial.run(agent, () => this.#deps.book.remove(agent));
  }

  /** Greets a partner, pulls its log, and fetches what it opens. Throws PARTNER_UNKNOWN, PEER_UNREACHABLE, PARTNER_REFUSED, … */
  async sync(agent: AgentId): Promise<SyncResult> {
    const { book, lines, openings, store, syncWith } = this.#deps;
    return await this.#serial.run(`sync ${agent}`, async () => {
      const partner = await lines.connect(book.get(agent), true);
      const peer = lines.peerOf(partner);
      if (peer !== undefined) await syncWith(peer);
      const added = await openings.fetch(book.get(agent));
      const size = peer === undefined ? 0 : store.state(originOf(peer.toString())).size;
      return { partner: book.get(agent), size, openings: added };
    });
  }

  /** Fetches what a partner opened meanwhile, without a word when that fails: the next one will do it. */
  async keepUp(partner: Partner): Promise<void> {
    const { book, log, openings } = this.#deps;
    try {
      await this.#serial.run(`sync ${partner.agent}`, async () => {
        const current = book.find(partner.agent);
        if (current !== undefined) await openings.fetch(current);
      });
    } catch (error) {
      log.debug({ partner: partner.agent, error: (error as Error).message }, 'openings were not fetched');
    }
  }

  /**
   * Seals an in-toto statement (its envelope, signed by whomever) and logs the public part as a statement of an own agent. The secret is on
   * disk before the log has it. Throws NOT_OWNER, DECODE_FAILED, LIMIT_EXCEEDED, STORAGE_FAILED.
   */
  async seal(input: {
    readonly envelope: Envelope;
    readonly open: { readonly type: boolean; readonly subjects: boolean };
    readonly as?: AgentId;
  }): Promise<LogPosition> {
    const { clock, ownLog, sealed, vault } = this.#deps;
    const agentId = input.as ?? vault.list()[0]?.agentId;
    if (agentId === undefined)
      throw new ZeroError('USAGE', 'this node has no agent that could seal statements');
    if (encodeEnvelope(input.envelope, { payloadBytesMax: OPENING_BYTES_MAX }).length > OPENING_BYTES_MAX / 2)
      throw new ZeroError('LIMIT_EXCEEDED', `a sealed statement has at most ${OPENING_BYTES_MAX / 2} bytes`);
    const { claims, secret } = sealStatement({
      envelope: input.envelope,
      open: input.open,
      entropy: (bytes) => new Uint8Array(randomBytes(bytes)),
    });
    const { keychain, operationalSeed } = vault.get(agentId);
    const statement = signAgentStatement({
      predicateType: SEALED_PREDICATE,
      predicate: { issuedAt: rfc3339(clock.now()), ...claims },
      keychain,
      signer: seedSigner(operationalSeed),
    });
    await sealed.keepSecret(envelopeId(statement), secret);
    return await ownLog.append(statement);
  }

  /** What this node may see of a sealed statement; undefined when that is nothing. Throws DISCLOSURE_INVALID. */
  async open(statement: AgentStatement): Promise<Verified<Opened> | undefined> {
    if (!isStatementOf(statement, SEALED_PREDICATE)) return undefined;
    const opening = await this.#deps.openings.held(statement.id);
    return opening === undefined ? undefined : verifyOpening(statement.statement.predicate, opening);
  }
}

/** An address that names its peer. */
function withPeer(address: string, peer: string): string {
  return address.includes('/p2p/') ? address : `${address}/p2p/${peer}`;
}

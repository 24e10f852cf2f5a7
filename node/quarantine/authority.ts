// Who may order what: puts an order's issuer and target into the words of the policy, and asks it. A stranger's word about others counts for
// nothing unless a policy says so by name.

import type { AgentId } from '../../protocol/identity/index.ts';
import { originOf } from '../../protocol/log/index.ts';
import type { QuarantineTarget } from '../../protocol/statement/index.ts';
import type { CardBook } from '../cards/card-book.ts';
import {
  agentOf,
  type NodeFacts,
  nodeOf,
  type PolicyService,
  QUARANTINE,
  unknownAgent,
} from '../policy/index.ts';

/** A partner, as far as authority goes. */
export interface PartnerFacts {
  readonly agent: AgentId;
  /** Peers that speak for it. */
  readonly peers: readonly string[];
}

export interface AuthorityDeps {
  readonly policy: PolicyService;
  readonly book: CardBook;
  readonly isLocal: (agentId: string) => boolean;
  /** Agents whose orders are those of the own organisation. */
  readonly authorities: readonly string[];
  readonly node: NodeFacts;
  readonly partnerOf: (agentId: AgentId) => PartnerFacts | undefined;
}

/** What the policy says of one order about one thing. */
export interface Authorised {
  readonly allow: boolean;
  readonly detail: string;
}

const TIES = { own: "this node's organisation", partner: 'a partner', stranger: 'a stranger' } as const;
const REACHES = { self: 'itself', members: 'its own nodes and agents', others: 'others' } as const;

/** Judges who may order what. */
export class Authority {
  readonly #deps: AuthorityDeps;

  constructor(deps: AuthorityDeps) {
    this.#deps = deps;
  }

  /** Who orders: an agent of this node or of its organisation, a partner, or somebody else. */
  tieOf(issuer: AgentId): 'own' | 'partner' | 'stranger' {
    const { authorities, isLocal, partnerOf } = this.#deps;
    if (isLocal(issuer) || authorities.includes(issuer)) return 'own';
    return partnerOf(issuer) === undefined ? 'stranger' : 'partner';
  }

  /** Whether an order is about its issuer, about what belongs to a partner that gives it, or about others. */
  reachOf(issuer: AgentId, { kind, id }: QuarantineTarget): 'self' | 'members' | 'others' {
    if ((kind === 'agent' || kind === 'partner') && id === issuer) return 'self';
    const peers = this.#deps.partnerOf(issuer)?.peers ?? [];
    const isMember =
      kind === 'peer'
        ? peers.includes(id)
        : kind === 'agent' && peers.some((peer) => originOf(peer) === this.#originOf(id as AgentId));
    return isMember ? 'members' : 'others';
  }

  #originOf(agentId: AgentId): string | undefined {
    return this.#deps.book.get(agentId)?.card.log?.origin;
  }

  /**
   * Is this order obeyed as to this target? Recorded where something is refused for it, and not where it is only looked at: strangers cause that for
   * nothing. Of a policy that does not speak of quarantine, the built-in one has the word.
   */
  judge(issuer: AgentId, target: QuarantineTarget, isRecorded = false): Authorised {
    const { book, isLocal, node, policy } = this.#deps;
    const entry = book.get(issuer);
    const question = {
      kind: 'quarantine' as const,
      principal:
        entry === undefined ? unknownAgent(issuer, isLocal(issuer)) : agentOf(entry, isLocal(issuer)),
      resource: nodeOf(node),
      context: {
        kind: target.kind,
        target: target.id,
        tie: this.tieOf(issuer),
        reach: this.reachOf(issuer, target),
      },
    };
    const { allow, detail } = policy.bundles.active.policies.speaksOf('quarantine')
      ? isRecorded
        ? policy.decideOnce(question)
        : policy.judge(question)
      : QUARANTINE.policies.ask(question);
    const { reach, tie } = question.context;
    const why = `${detail}: ${TIES[tie]} orders it, about ${REACHES[reach]}`;
    return { allow, detail: allow ? detail : why };
  }
}

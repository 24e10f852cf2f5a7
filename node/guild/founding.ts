// How a guild comes about: members are chosen, their key packages fetched side by side (or held ready), the keys made, and every seat offered
// at once. With key packages at hand that is one round trip.

import { randomBytes } from 'node:crypto';
import { toHex } from '../../protocol/bytes/index.ts';
import { seedSigner } from '../../protocol/envelope/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import {
  foundGuild,
  GUILD_MEMBERS_MAX,
  type GuildSeat,
  signControl,
  verifyControl,
} from '../../protocol/guild/index.ts';
import { type AgentId, verifyKeychain } from '../../protocol/identity/index.ts';
import type { CardService } from '../cards/card-service.ts';
import type { FindService } from '../find/find-service.ts';
import type { LocalAgent } from '../keys/agent-vault.ts';
import type { Quarantines } from '../quarantine/index.ts';
import type { Carrier, MemberAddress } from './carrier.ts';
import { groupOf } from './group-id.ts';
import type { GivenRole, GuildRequest } from './interface.ts';
import type { KeyDesk } from './key-desk.ts';
import { decodeMls } from './keys/own-keys.ts';
import { type CredentialJudge, RingKeys } from './keys/ring-keys.ts';
import { Ring, type RingOptions } from './ring.ts';

/** Candidates asked for beside the wanted ones: some live on this node, or share a node. */
const FIND_EXTRA = 8;
const NONCE_BYTES = 16;

/** An agent that shall be seated, and the node it lives on. */
export interface Candidate extends MemberAddress {
  readonly role: GivenRole;
}

/** A candidate with a key package. */
export interface Keyed extends Candidate {
  readonly keyPackage: Uint8Array;
}

export interface Refusal {
  readonly agent: AgentId;
  readonly error: string;
  readonly code: string;
}

/** A refusal in words. */
export function refusalOf(agent: AgentId, error: unknown): Refusal {
  const code = isZeroError(error) ? error.code : 'INTERNAL';
  return { agent, code, error: `${code}: ${(error as Error).message}` };
}

export interface FoundingDeps {
  readonly find: FindService;
  readonly cards: CardService;
  readonly quarantines: Pick<Quarantines, 'agent'>;
  readonly carrier: Carrier;
  readonly desk: KeyDesk;
  readonly peerId: string;
  readonly judge: CredentialJudge;
}

/** The node of an agent, as its card says. Throws NOT_FOUND, QUARANTINED, or USAGE for an agent of this node. */
export async function locate(deps: FoundingDeps, agent: AgentId): Promise<MemberAddress> {
  const entry = await deps.cards.resolve(agent);
  const held = deps.quarantines.agent(agent);
  if (held !== undefined) throw new ZeroError('QUARANTINED', `${agent} is ${held.detail}`);
  const peer = entry?.card.endpoints[0]?.peer;
  if (peer === undefined) throw new ZeroError('NOT_FOUND', `nobody has the card of ${agent}`);
  if (peer === deps.peerId)
    throw new ZeroError('USAGE', `${agent} lives on this node: a guild has one seat on each node`, {
      hint: 'Invite agents of other nodes.',
    });
  return { agent, peer };
}

/** The agents that a request asks for, each on another node. Throws NO_MEMBER, NOT_FOUND, USAGE, LIMIT_EXCEEDED, NO_INDEX. */
export async function choose(deps: FoundingDeps, request: GuildRequest): Promise<Candidate[]> {
  const chosen: Candidate[] = await Promise.all(
    (request.members ?? []).map(async ({ agent, role }) => ({
      ...(await locate(deps, agent)),
      role: role ?? 'member',
    })),
  );
  const nodes = new Set([deps.peerId, ...chosen.map(({ peer }) => peer)]);
  if (nodes.size !== chosen.length + 1)
    throw new ZeroError('USAGE', 'two of the members live on one node: a guild has one seat on each node');
  if (request.find !== undefined) {
    const { text, count, filter } = request.find;
    const { results } = await deps.find.find({ text, limit: count + FIND_EXTRA, filter: filter ?? {} });
    const found = results.filter(
      ({ host }) => host !== '' && !nodes.has(host) && nodes.add(host) !== undefined,
    );
    if (found.length < count)
      throw new ZeroError(
        'NO_MEMBER',
        `${found.length} acceptable agents on other nodes for "${text}", ${count} are wanted`,
      );
    for (const { agentId, host } of found.slice(0, count))
      chosen.push({ agent: agentId, peer: host, role: 'member' });
  }
  if (chosen.length + 1 > GUILD_MEMBERS_MAX)
    throw new ZeroError('LIMIT_EXCEEDED', `a guild has at most ${GUILD_MEMBERS_MAX} members`);
  return chosen;
}

/** Key packages of the candidates: those held ready, the others asked for side by side. */
export async function gatherKeys(
  { carrier, desk, judge }: FoundingDeps,
  candidates: readonly Candidate[],
): Promise<{ keyed: Keyed[]; refused: Refusal[] }> {
  const keyed: Keyed[] = [];
  const refused: Refusal[] = [];
  await Promise.all(
    candidates.map(async (candidate) => {
      try {
        const { agent } = candidate;
        const keyPackage = desk.take(agent) ?? (await carrier.ask(candidate, { op: 'key', agent }));
        checkKeyPackage(keyPackage, candidate, judge);
        keyed.push({ ...candidate, keyPackage });
      } catch (error) {
        refused.push(refusalOf(candidate.agent, error));
      }
    }),
  );
  return { keyed, refused };
}

/** Throws GUILD_REFUSED, or what the credential's verifier throws: one bad key package must not spoil the whole guild. */
export function checkKeyPackage(
  bytes: Uint8Array,
  { agent, peer }: MemberAddress,
  judge: CredentialJudge,
): void {
  const { credential } = decodeMls(bytes, 'mls_key_package').keyPackage.leafNode;
  if (credential.credentialType !== 'basic')
    throw new ZeroError('GUILD_REFUSED', 'the key package has a credential of another kind');
  const verified = judge.verify(credential.identity);
  judge.check(verified);
  if (verified.agent !== agent || verified.peer !== peer)
    throw new ZeroError('GUILD_REFUSED', 'the key package is of another agent or node than was asked');
}

/** Signs the creation and makes the keys: a ring of the owner and everybody keyed, and the welcome for them. */
export async function found(
  { desk, judge, peerId }: FoundingDeps,
  input: {
    readonly name: string;
    readonly self: LocalAgent;
    readonly keyed: readonly Keyed[];
    readonly untilMs: number;
    readonly options: Pick<RingOptions, 'clock' | 'silentMs' | 'onChange'>;
  },
): Promise<{ ring: Ring; welcome: Uint8Array | undefined }> {
  const { name, self, keyed, untilMs, options } = input;
  const now = options.clock.now();
  const seats: GuildSeat[] = [
    { agent: self.agentId, peer: peerId, role: 'owner', untilMs },
    ...keyed.map(({ agent, peer, role }) => ({ agent, peer, role, untilMs })),
  ];
  const nonce = toHex(new Uint8Array(randomBytes(NONCE_BYTES)));
  const creation = signControl(
    {
      guild: null,
      actor: self.agentId,
      epoch: keyed.length === 0 ? 0 : 1,
      sequence: 1,
      issuedAtMs: now,
      act: { action: 'create', name, nonce, seats },
    },
    [seedSigner(self.operationalSeed)],
  );
  const verdict = foundGuild(verifyControl(creation, verifyKeychain(self.keychain)), now);
  if (verdict.verdict !== 'accept')
    throw new ZeroError('USAGE', `the guild cannot be made: ${verdict.code}`, {
      hint: 'A guild lives at most a day.',
    });
  const keys = await RingKeys.create(groupOf(verdict.state.guild), await desk.make(self), judge);
  let welcome: Uint8Array | undefined;
  if (keyed.length > 0) {
    const staged = await keys.stage({ add: keyed.map(({ keyPackage }) => keyPackage) });
    keys.advance(staged);
    welcome = staged.welcome;
  }
  const ring = new Ring({ ...options, self, creation, state: verdict.state, keys, sequence: 1 });
  ring.checkSeats();
  return { ring, welcome };
}

// What other nodes ask of this one's guilds: one verb, one function. Whoever asks is authenticated by the connection; what is asked is
// checked against seats and keys before anything changes.

import type { PeerId } from '@libp2p/interface';
import { toHex } from '../../protocol/bytes/index.ts';
import { sha256 } from '../../protocol/crypto/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import { claimOf, verifyControl } from '../../protocol/guild/index.ts';
import { verifyKeychainJson } from '../../protocol/identity/index.ts';
import { parseStrictJson } from '../../protocol/json/index.ts';
import type { Config } from '../config/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { Contents } from './contents.ts';
import type { Invitations } from './invitations.ts';
import { checkInviter } from './inviting.ts';
import type { KeyDesk } from './key-desk.ts';
import { decodeMls } from './keys/own-keys.ts';
import type { CredentialJudge } from './keys/ring-keys.ts';
import { SEATS_REPEATED_MAX } from './limits.ts';
import type { Registry } from './registry.ts';
import type { Ring, RingOptions } from './ring.ts';
import { takeSeat } from './seating.ts';
import { encodeSnapshot } from './snapshot.ts';
import { isBehind, type Talk } from './talk.ts';
import { decodeRequest, encodeList, type GuildRequest } from './wire.ts';

export interface ReceptionDeps {
  readonly config: Config['guilds'];
  readonly vault: AgentVault;
  readonly registry: Registry;
  readonly desk: KeyDesk;
  readonly judge: CredentialJudge;
  readonly contents: Contents;
  readonly invitations: Invitations;
  readonly talk: Talk;
  readonly ringOptions: Pick<RingOptions, 'clock' | 'silentMs' | 'onChange'>;
  /** Told of an invitation that waits for a person. */
  readonly onInvitation: () => void;
  /** Something happened that a leader should look at now, not at the next beat. */
  readonly onMoved: (ring: Ring) => void;
}

const nothing = new Uint8Array();
type Of<O extends GuildRequest['op']> = Extract<GuildRequest, { op: O }>;

/** Answers requests of the guild protocol. */
export class Reception {
  readonly #deps: ReceptionDeps;
  /** Seats that were offered lately, and what was answered: an offer whose answer was lost on the way comes again. */
  readonly #offered = new Map<string, Promise<Uint8Array>>();

  constructor(deps: ReceptionDeps) {
    this.#deps = deps;
  }

  /** Answers one request. Throws a ZeroError to refuse. */
  async answer(bytes: Uint8Array, from: PeerId): Promise<Uint8Array> {
    const request = decodeRequest(bytes);
    const peer = from.toString();
    switch (request.op) {
      case 'key':
        return await this.#key(request, peer);
      case 'seat':
        return await this.#seat(request, peer);
      case 'invite':
        return this.#invite(request, peer);
      case 'accept':
        return await this.#accept(request, peer);
      case 'frame':
        return await this.#frame(request.sealed, peer);
      case 'missed':
        return this.#missed(request, peer);
      case 'farewell':
        return await this.#farewell(request, peer);
    }
  }

  /** A frame that came over gossip, perhaps for somebody else. Its sender waits for nothing. */
  async gossiped(sealed: Uint8Array): Promise<void> {
    const ring = this.#ringOf(sealed);
    if (ring === undefined) return;
    const { frame, sender } = await ring.open(sealed);
    if (frame.kind === 'content' && !frame.ask) await this.#deps.contents.take(ring, sender.agent, frame);
    if (frame.kind === 'control') this.#deps.onMoved(ring);
  }

  #ringOf(sealed: Uint8Array): Ring | undefined {
    return this.#deps.registry.byGroup(decodeMls(sealed, 'mls_private_message').privateMessage.groupId);
  }

  #checkWilling(agent: string, peer: string): void {
    const { config, registry, vault } = this.#deps;
    if (!vault.has(agent)) throw new ZeroError('GUILD_REFUSED', 'that agent does not live here');
    if (config.accept === 'never')
      throw new ZeroError('GUILD_REFUSED', 'this node joins no guilds of others');
    registry.checkRoomFor(peer);
  }

  async #key({ agent }: Of<'key'>, peer: string): Promise<Uint8Array> {
    this.#checkWilling(agent, peer);
    if (this.#deps.config.accept === 'ask')
      throw new ZeroError('GUILD_ASKS', 'a person decides about invitations on this node');
    return await this.#deps.desk.handOut(agent, peer);
  }

  #seat(request: Of<'seat'>, peer: string): Promise<Uint8Array> {
    const key = `${peer} ${request.agent} ${toHex(sha256(request.welcome))}`;
    const answer = this.#offered.get(key) ?? this.#take(request, peer);
    this.#offered.set(key, answer);
    answer.catch(() => this.#offered.delete(key));
    if (this.#offered.size > SEATS_REPEATED_MAX)
      this.#offered.delete(this.#offered.keys().next().value as string);
    return answer;
  }

  async #take(request: Of<'seat'>, peer: string): Promise<Uint8Array> {
    const { desk, judge, registry, ringOptions, vault } = this.#deps;
    this.#checkWilling(request.agent, peer);
    const own = await desk.takeFor(request.agent, peer, request.welcome);
    if (own === undefined)
      throw new ZeroError('GUILD_KEY_GONE', 'the welcome is for no key package that waits here');
    const self = vault.get(request.agent);
    const ring = await takeSeat({ ...request, peer }, self, own, judge, { ...ringOptions, sequence: 0 });
    try {
      await registry.add(ring);
      const { control } = await ring.say({ action: 'join', accept: true, reason: '' });
      return control;
    } catch (error) {
      ring.finish('left');
      throw error;
    }
  }

  #invite({ control, creation, keychain }: Of<'invite'>, peer: string): Uint8Array {
    const { invitations, judge, onInvitation } = this.#deps;
    const keys = verifyKeychainJson(parseStrictJson(keychain), 'keychain');
    const verified = verifyControl(control, keys);
    const { act, actor, guild } = verified;
    if (act.action !== 'invite') throw new ZeroError('GUILD_REFUSED', 'not an invitation');
    const name = checkInviter(verified, creation, keys);
    this.#checkWilling(act.seat.agent, peer);
    if (act.seat.untilMs <= judge.now()) throw new ZeroError('GUILD_REFUSED', 'the invitation is over');
    invitations.keep({ guild, name, from: actor, peer, seat: act.seat });
    onInvitation();
    return nothing;
  }

  /** Somebody who was invited says yes: a new epoch with it. */
  async #accept({ control, keyPackage }: Of<'accept'>, peer: string): Promise<Uint8Array> {
    const { invitations, judge, registry, talk } = this.#deps;
    const { credential } = decodeMls(keyPackage, 'mls_key_package').keyPackage.leafNode;
    if (credential.credentialType !== 'basic') throw new ZeroError('GUILD_REFUSED', 'no credential');
    const { agent, keys, peer: bound } = judge.verify(credential.identity);
    const { act, guild } = verifyControl(control, keys);
    if (act.action !== 'join' || !act.accept || bound !== peer)
      throw new ZeroError('GUILD_REFUSED', 'not an acceptance of that node');
    const ring = registry.get(guild);
    const seat = invitations.claim(guild, agent);
    if (seat === undefined || seat.peer !== peer)
      throw new ZeroError('GUILD_REFUSED', 'that agent was not invited, or not on that node');
    const { outgoing, welcome } = await ring.change({ action: 'add', seats: [seat] }, [keyPackage]);
    void talk.deliver(ring, outgoing);
    return encodeList([ring.creation, encodeSnapshot(ring.state), welcome as Uint8Array]);
  }

  async #frame(sealed: Uint8Array, peer: string): Promise<Uint8Array> {
    const ring = this.#ringOf(sealed);
    if (ring === undefined) throw new ZeroError('GUILD_UNKNOWN', 'this node sits in no such guild');
    const { frame, sender } = await this.#open(ring, sealed, peer);
    if (sender.peer !== peer)
      throw new ZeroError('GUILD_KEYS_REFUSED', 'the message was sealed by another member than its sender');
    const { contents } = this.#deps;
    switch (frame.kind) {
      case 'content': {
        const data = await contents.take(ring, sender.agent, frame);
        return data === undefined ? nothing : await ring.seal({ kind: 'answer', id: frame.id, data });
      }
      case 'again': {
        const data = contents.again(frame.id, sender.agent);
        return await ring.seal({ kind: 'answer', id: frame.id, data });
      }
      case 'control':
        this.#deps.onMoved(ring);
        return nothing;
      default:
        return nothing;
    }
  }

  async #open(ring: Ring, sealed: Uint8Array, peer: string) {
    try {
      return await ring.open(sealed);
    } catch (error) {
      const sender = ring.others().find((member) => member.peer === peer);
      if (!isBehind(error) || sender === undefined) throw error;
      await this.#deps.talk.catchUp(ring, sender.agent);
      return await ring.open(sealed);
    }
  }

  #missed({ group, epoch }: Of<'missed'>, peer: string): Uint8Array {
    const ring = this.#deps.registry.byGroup(group);
    // Who was removed asks too, and finds among them the message that says so: it reads that one, and nothing that follows.
    if (ring === undefined)
      throw new ZeroError('GUILD_UNKNOWN', `no guild ${toHex(group).slice(0, 16)} of ${peer}`);
    return encodeList(ring.missed(epoch));
  }

  /** The last word of a member whose node restarted. */
  async #farewell({ control }: Of<'farewell'>, peer: string): Promise<Uint8Array> {
    const { guild, actor } = claimOf(control);
    const ring = this.#deps.registry.get(guild);
    if (ring.member(actor).peer !== peer)
      throw new ZeroError('GUILD_REFUSED', 'another node speaks for that member');
    await ring.take([control]).catch((error: unknown) => {
      if (!isZeroError(error) || ring.end === undefined) throw error;
    });
    this.#deps.onMoved(ring);
    return nothing;
  }
}

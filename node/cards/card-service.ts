// Cards at work: publish and update for the agents that live here, resolve for everybody's.
// publish: sign -> own log (durable) -> DHT. The log is what makes the card known; the DHT is the second way to it.

import { toBase64 } from '../../protocol/bytes/index.ts';
import {
  type AgentCard,
  type CardDraft,
  compareCards,
  draftCard,
  signCard,
  type VerifiedCard,
  verifyCard,
} from '../../protocol/card/index.ts';
import { seedSigner } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { type AgentId, compareKeyOrder, verifyKeychain } from '../../protocol/identity/index.ts';
import { type Clock, rfc3339 } from '../clock/index.ts';
import type { CardRecords } from '../dht/card-records.ts';
import type { Host } from '../host/create.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import { keyEndsMs } from '../keys/key-ends.ts';
import type { OwnLog } from '../log/index.ts';
import type { Logger } from '../logger/index.ts';
import { Serial } from '../serial.ts';
import { type BookEntry, type CardBook, entryOf } from './card-book.ts';
import type { Lasting } from './renewer.ts';
import { Republisher } from './republisher.ts';

const DAY_MS = 86_400_000;
/** Life of a card; it is renewed long before (`renewer.ts`). */
const CARD_LIFE_MS = 90 * DAY_MS;
/** Life of an operational key. */
const KEY_LIFE_MS = 360 * DAY_MS;
/** A fresh signature may be judged by a clock that is somewhat slow. */
const BACKDATE_MS = 10 * 60_000;
/** Addresses that a card names for its host. */
const ADDRESSES_MAX = 4;

/** Publishes and resolves cards. */
export class CardService {
  readonly #deps: CardServiceDeps;
  readonly #serial = new Serial();
  /** Newest cards that this node published itself. A thief's card may be newer until the owner rotates. */
  readonly #own = new Map<AgentId, VerifiedCard>();
  readonly #republisher: Republisher;

  constructor(deps: CardServiceDeps) {
    this.#deps = deps;
    this.#republisher = new Republisher(deps);
  }

  /** Starts the republication of local agents' cards. */
  start(): void {
    this.#republisher.start();
  }

  stop(): void {
    this.#republisher.stop();
  }

  /**
   * Makes a new agent with its own keys and publishes its first card. Throws DECODE_FAILED on a wrong draft, and as the log does; while the
   * log takes nothing no agent is made. One whose card was on its way to the disk when that failed stays: the card may be there.
   */
  async publish(input: unknown): Promise<BookEntry> {
    const { ownLog, vault, region } = this.#deps;
    const draft = draftCard(input, { region });
    ownLog.checkTakes();
    const { agentId } = await vault.create(this.#validity(), () => ownLog.checkTakes());
    return await this.#serial.run(agentId, () => this.#sign(agentId, draft));
  }

  /** Fresh keys are valid from a little before now. */
  #validity() {
    const now = this.#deps.clock.now();
    return { notBefore: rfc3339(now - BACKDATE_MS), notAfter: rfc3339(now + KEY_LIFE_MS) };
  }

  /**
   * Gives a local agent a new operational key, or with `identity` moves it to the promised identity key, and publishes its card under it.
   * From then on every card and receipt under the old key is refused everywhere, whatever its sequence. The card says what this node
   * published last, or `input`. Throws NOT_OWNER when the identity key is elsewhere.
   */
  async rotate(agentId: AgentId, options: { identity: boolean; draft?: unknown }): Promise<BookEntry> {
    const { vault, region, log } = this.#deps;
    vault.get(agentId);
    return await this.#serial.run(agentId, async () => {
      const own = this.#own.get(agentId);
      const draft =
        options.draft !== undefined
          ? draftCard(options.draft, { region })
          : own === undefined
            ? undefined
            : draftOf(own.card);
      if (draft === undefined)
        throw new ZeroError('NOT_FOUND', `this node has published no card of ${agentId} yet`, {
          hint: 'Say what the card shall be: zerostate card rotate AGENT --card FILE',
        });
      if (options.identity) await vault.rotateIdentity(agentId, this.#validity());
      else await vault.rotateOperational(agentId, this.#validity());
      log.info({ agentId, identity: options.identity }, 'keys of an agent rotated');
      return await this.#sign(agentId, draft);
    });
  }

  /** Notes a card from a log. One of a local agent that this node did not publish means that somebody else has its key. */
  noteLogged(verified: VerifiedCard, origin: string): void {
    const { ownLog, vault, log } = this.#deps;
    const { card, cardId } = verified;
    if (!vault.has(card.id)) return;
    if (origin === ownLog.origin) this.#noteOwn(verified);
    else if (this.#own.get(card.id)?.cardId !== cardId)
      log.error(
        { agentId: card.id, cardId, origin },
        'another node signs for a local agent: rotate its key with "zerostate card rotate"',
      );
  }

  #noteOwn(verified: VerifiedCard): void {
    const known = this.#own.get(verified.card.id);
    if (known === undefined || compareCards(verified.card, known.card) > 0)
      this.#own.set(verified.card.id, verified);
  }

  /** Publishes a new version of a local agent's card. Throws NOT_OWNER or DECODE_FAILED. */
  async update(agentId: AgentId, input: unknown): Promise<BookEntry> {
    this.#deps.vault.get(agentId);
    const draft = draftCard(input, { region: this.#deps.region });
    return await this.#serial.run(agentId, () => this.#sign(agentId, draft));
  }

  /** Signs the next version and publishes it. Runs with the agent's lock held. */
  async #sign(agentId: AgentId, draft: CardDraft): Promise<BookEntry> {
    const { book, clock, host, ownLog, vault } = this.#deps;
    const agent = vault.get(agentId);
    const { sequence, previous } = this.#next(agentId);
    // A card stays within the validity of its key, also when the clock has stepped back behind it.
    const keys = verifyKeychain(agent.keychain);
    const notAfter = Date.parse(keys.notAfter);
    const now = Math.max(clock.now(), Date.parse(keys.notBefore));
    if (now >= notAfter)
      throw new ZeroError('CARD_INVALID', `the operational key of ${agentId} expired ${keys.notAfter}`, {
        hint: 'Give the agent a new one: zerostate card rotate AGENT',
      });
    if (notAfter < now + CARD_LIFE_MS)
      this.#deps.log.warn(
        { agentId, notAfter: keys.notAfter },
        'the operational key expires soon: rotate it',
      );
    const { size, root } = ownLog.state();
    const envelope = signCard({
      draft,
      agent,
      operationalSigner: seedSigner(agent.operationalSeed),
      sequence,
      previous,
      issuedAt: rfc3339(now),
      expiresAt: rfc3339(Math.min(now + CARD_LIFE_MS, notAfter)),
      endpoints: [
        {
          protocol: this.#deps.taskProtocol,
          peer: host.peerId.toString(),
          addresses: host.getMultiaddrs().map(String).slice(0, ADDRESSES_MAX),
        },
      ],
      log: { origin: ownLog.origin, size, root: toBase64(root) },
    });
    const verified = verifyCard(envelope);
    await ownLog.append(envelope);
    this.#noteOwn(verified);
    book.offer(verified);
    this.#republisher.published(agentId);
    return entryOf(verified);
  }

  /** How long the cards last that this node has published, and that are the newest of their agents still. */
  lasting(): Lasting[] {
    const { book, clock, vault } = this.#deps;
    return vault.list().flatMap(({ agentId, keychain }) => {
      const own = this.#own.get(agentId);
      if (own === undefined || book.get(agentId)?.cardId !== own.cardId) return [];
      const endsMs = keyEndsMs(keychain);
      const nextEndsMs = Math.min(clock.now() + CARD_LIFE_MS, endsMs);
      return [{ agentId, cardEndsMs: Date.parse(own.card.expiresAt), keyEndsMs: endsMs, nextEndsMs }];
    });
  }

  /** Publishes what the newest card of a local agent says once more, with a later end. Throws NOT_FOUND or CARD_INVALID. */
  async renew(agentId: AgentId): Promise<BookEntry> {
    return await this.#serial.run(agentId, () => {
      const own = this.#own.get(agentId);
      if (own === undefined)
        throw new ZeroError('NOT_FOUND', `this node has published no card of ${agentId} yet`);
      return this.#sign(agentId, draftOf(own.card));
    });
  }

  /** Number and predecessor of the next card. Throws CARD_STALE when another holder of the same key has used up the numbers. */
  #next(agentId: AgentId): { sequence: number; previous: string | null } {
    const { book, vault } = this.#deps;
    const newest = book.get(agentId);
    if (newest === undefined) return { sequence: 1, previous: null };
    const own = this.#own.get(agentId);
    if (newest.card.sequence < Number.MAX_SAFE_INTEGER)
      return { sequence: newest.card.sequence + 1, previous: (own ?? newest).cardId };
    if (compareKeyOrder(verifyKeychain(vault.get(agentId).keychain), newest.keys) <= 0)
      throw new ZeroError('CARD_STALE', `the newest card of ${agentId} has the last number there is`, {
        hint: 'Somebody else has the key. Make a new one: zerostate card rotate AGENT',
      });
    // Under newer keys the numbers of the old ones do not matter.
    if (own === undefined || own.cardId === newest.cardId) return { sequence: 1, previous: null };
    return { sequence: own.card.sequence + 1, previous: own.cardId };
  }

  /** The newest card known here. */
  known(agentId: AgentId): BookEntry | undefined {
    return this.#deps.book.get(agentId);
  }

  /** The newest card of an agent: known here, else from the DHT. Undefined when nobody answers with one. */
  async resolve(agentId: AgentId): Promise<BookEntry | undefined> {
    return this.#deps.book.get(agentId) ?? (await this.lookup(agentId))?.entry;
  }

  /** Asks the DHT, keeps what is newer, and answers the newest: `source` says whether the DHT had it. */
  async lookup(
    agentId: AgentId,
    options: { signal?: AbortSignal } = {},
  ): Promise<{ entry: BookEntry; source: 'dht' | 'log' } | undefined> {
    const found = await this.#deps.records.get(agentId, options);
    if (found !== undefined) this.#deps.book.offer(found);
    const entry = this.#deps.book.get(agentId) ?? (found === undefined ? undefined : entryOf(found));
    return entry === undefined
      ? undefined
      : { entry, source: found?.cardId === entry.cardId ? 'dht' : 'log' };
  }
}

/** What a person wrote of a card. */
function draftOf(card: AgentCard): CardDraft {
  const { name, description, region, operator, capabilities, tags, languages, prices, sla } = card;
  return {
    name,
    description,
    region,
    capabilities,
    tags,
    prices,
    sla,
    ...(operator === undefined ? {} : { operator }),
    ...(languages === undefined ? {} : { languages }),
  };
}

export interface CardServiceDeps {
  readonly book: CardBook;
  readonly vault: AgentVault;
  readonly records: CardRecords;
  readonly ownLog: OwnLog;
  readonly host: Host;
  readonly clock: Clock;
  readonly log: Logger;
  readonly region: string;
  /** libp2p protocol under which this node takes tasks. */
  readonly taskProtocol: string;
  /** Share of its time that the thread worked since it was asked last. */
  readonly busy: () => number;
}

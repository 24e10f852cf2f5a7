// Cards in the DHT: put with a quorum of our own, get that collects every answer and chooses itself.
// One lying or refusing holder must neither fail a get nor win it.

import type { PeerId } from '@libp2p/interface';
import { equalBytes } from '../../protocol/bytes/index.ts';
import { compareCards, type VerifiedCard } from '../../protocol/card/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import type { Host } from '../host/create.ts';
import { DHT_GET_MS_MAX, DHT_PUT_MS_MAX } from '../host/limits.ts';
import type { Logger } from '../logger/index.ts';
import { groupOfConnections } from './diversity.ts';
import { cardKey, cardOfRecord } from './rules.ts';

/** Independent holders that must echo a put, where so many are connected. */
const PUT_QUORUM = 3;
/** Independent holders with equal answers after which a lookup need not go on. */
const GET_AGREEING = 3;

/** Holders that a put needs, given how many independent peers are connected. */
export function quorumOf(reachable: number): number {
  return Math.min(PUT_QUORUM, Math.max(1, reachable));
}

interface FoundCard extends VerifiedCard {
  readonly bytes: Uint8Array;
}

/** Puts and gets cards. */
export class CardRecords {
  readonly #host: Host;
  readonly #log: Logger;
  readonly #groupPrivate: boolean;

  constructor(deps: { host: Host; log: Logger; groupPrivate: boolean }) {
    this.#host = deps.host;
    this.#log = deps.log;
    this.#groupPrivate = deps.groupPrivate;
  }

  /**
   * Stores a card. Answers how many independent holders echoed it: holders of one address group count once, since one machine
   * can pose as many. Throws QUORUM_FAILED when fewer than a quorum did.
   */
  async put(agentId: AgentId, bytes: Uint8Array): Promise<number> {
    const holders = new Set<string>();
    const reachable = new Set(this.#host.getPeers().map((peer) => this.#groupOf(peer)));
    const signal = AbortSignal.timeout(DHT_PUT_MS_MAX);
    try {
      for await (const event of this.#host.services.dht.put(cardKey(agentId), bytes, { signal })) {
        if (
          event.name === 'PEER_RESPONSE' &&
          event.messageName === 'PUT_VALUE' &&
          event.record !== undefined &&
          equalBytes(event.record.value, bytes)
        ) {
          holders.add(this.#groupOf(event.from));
        }
      }
    } catch (error) {
      this.#log.debug({ agentId, error: (error as Error).message }, 'dht put ended early');
    }
    const needed = quorumOf(reachable.size);
    if (holders.size < needed)
      throw new ZeroError('QUORUM_FAILED', `${holders.size} of ${needed} holders stored the card`, {
        details: { holders: holders.size, needed },
      });
    return holders.size;
  }

  /** A peer's address group, or its id where its address is of no public network. */
  #groupOf(peer: PeerId): string {
    return groupOfConnections(this.#host.getConnections(peer), this.#groupPrivate) ?? peer.toString();
  }

  /**
   * The newest valid card that any holder has, or undefined. It ends early only when holders of so many address groups agree: ids are
   * free, and a few of them on one machine must not end it with an old card.
   */
  async get(agentId: AgentId, options: { signal?: AbortSignal } = {}): Promise<VerifiedCard | undefined> {
    if (this.#host.getPeers().length === 0) return undefined;
    const key = cardKey(agentId);
    const timeout = AbortSignal.timeout(DHT_GET_MS_MAX);
    const controller = new AbortController();
    const stop = () => controller.abort();
    timeout.addEventListener('abort', stop, { once: true });
    options.signal?.addEventListener('abort', stop, { once: true });
    let best: FoundCard | undefined;
    const agreeing = new Set<string>();
    try {
      for await (const event of this.#host.services.dht.get(key, { signal: controller.signal })) {
        if (event.name !== 'VALUE' && event.name !== 'PEER_RESPONSE') continue;
        const value = event.name === 'VALUE' ? event.value : event.record?.value;
        if (value === undefined) continue;
        if (best === undefined || !equalBytes(value, best.bytes)) {
          const found = this.#read(key, value);
          if (found === undefined || (best !== undefined && compareCards(found.card, best.card) <= 0))
            continue;
          best = found;
          agreeing.clear();
        }
        agreeing.add(this.#groupOf(event.from));
        if (agreeing.size >= GET_AGREEING) break;
      }
    } catch (error) {
      // The library throws when a holder refuses its correction, though the value is in hand by then.
      this.#log.debug({ agentId, error: (error as Error).message }, 'dht get ended early');
    } finally {
      timeout.removeEventListener('abort', stop);
      options.signal?.removeEventListener('abort', stop);
    }
    return best;
  }

  #read(key: Uint8Array, bytes: Uint8Array): FoundCard | undefined {
    try {
      return { ...cardOfRecord(key, bytes), bytes };
    } catch {
      return undefined;
    }
  }
}

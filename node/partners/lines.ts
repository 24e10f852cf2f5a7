// Keeps a connection to every partner: a question then costs one round trip and no dialling.

import type { PeerId } from '@libp2p/interface';
import { peerIdFromString } from '@libp2p/peer-id';
import { multiaddr } from '@multiformats/multiaddr';
import type { Clock } from '../clock/index.ts';
import type { Host } from '../host/create.ts';
import type { Logger } from '../logger/index.ts';
import { connectedPeer } from './ask-partner.ts';
import { EXCHANGE_MS_MAX, LINES_MS, PARTNERS_MAX, PASS_MS, REST_MS_FIRST, REST_MS_LAST } from './limits.ts';
import type { Partner, PartnerBook } from './partner-book.ts';

/** What a line is worth when connections are closed for lack of room, and for how long that stands without being renewed. */
const TAG = 'zerostate-partner';
const TAG_VALUE = 80;
const TAG_MS = 60_000;

export interface LinesDeps {
  readonly host: Pick<Host, 'dial' | 'getPeers' | 'peerStore'>;
  readonly book: PartnerBook;
  readonly clock: Clock;
  readonly log: Logger;
  readonly greet: (partner: Partner, peer: PeerId) => Promise<Partner>;
}

/** Keeps lines to partners. */
export class Lines {
  readonly #deps: LinesDeps;
  readonly #failures = new Map<string, { count: number; until: number }>();
  #cancel: () => void = () => {};
  #stopped = false;

  constructor(deps: LinesDeps) {
    this.#deps = deps;
  }

  start(): void {
    const next = () => {
      this.#cancel = this.#deps.clock.after(
        LINES_MS,
        () => void this.round().finally(() => this.#stopped || next()),
      );
    };
    void this.round().finally(() => this.#stopped || next());
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** Connects who is not, and greets whose pass runs out. Never throws. */
  async round(): Promise<void> {
    await Promise.all(this.#deps.book.list().map((partner) => this.#keep(partner)));
  }

  async #keep(partner: Partner): Promise<void> {
    const { clock, log } = this.#deps;
    if ((this.#failures.get(partner.agent)?.until ?? 0) > clock.now()) return;
    try {
      await this.connect(partner);
    } catch (error) {
      if (this.#stopped) return;
      const count = (this.#failures.get(partner.agent)?.count ?? 0) + 1;
      const rest = Math.min(REST_MS_LAST, REST_MS_FIRST * 2 ** Math.min(count - 1, 10));
      this.#failures.set(partner.agent, { count, until: clock.now() + rest });
      if (this.#failures.size > PARTNERS_MAX * 2)
        this.#failures.delete(this.#failures.keys().next().value as string);
      log.debug({ partner: partner.agent, error: (error as Error).message }, 'no line to a partner');
    }
  }

  /** The connected peer of a partner. */
  peerOf(partner: Partner): PeerId | undefined {
    return connectedPeer(this.#deps.host, partner);
  }

  isConnected(partner: Partner): boolean {
    return this.peerOf(partner) !== undefined;
  }

  /** Makes sure that a partner is connected and greeted; with `greetAnyway` greets it in any case. Throws PEER_UNREACHABLE or what its greeting throws. */
  async connect(partner: Partner, greetAnyway = false): Promise<Partner> {
    const { clock, greet, host } = this.#deps;
    let peer = connectedPeer(host, partner);
    const isFresh =
      peer !== undefined &&
      partner.taken !== null &&
      partner.given.consent !== null &&
      partner.passUntilMs - clock.now() > PASS_MS / 2;
    const isNew = peer === undefined;
    peer ??= await this.#dial(partner);
    const greeted = isFresh && !isNew && !greetAnyway ? partner : await greet(partner, peer);
    this.#failures.delete(partner.agent);
    await host.peerStore.merge(peer, { tags: { [TAG]: { value: TAG_VALUE, ttl: TAG_MS } } });
    return greeted;
  }

  async #dial({ addresses, peers }: Partner): Promise<PeerId> {
    const { host } = this.#deps;
    const signal = AbortSignal.timeout(EXCHANGE_MS_MAX);
    let failure: unknown = new Error('the partner has no address');
    for (const target of [
      ...peers.map((id) => peerIdFromString(id)),
      ...addresses.map((address) => multiaddr(address)),
    ]) {
      try {
        return (await host.dial(target, { signal })).remotePeer;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }
}

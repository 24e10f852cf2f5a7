// Keeps the signed card of a relay true: price, how much it carries, its neighbours, whether it is draining. A log is for ever, so small changes
// wait; what changes by the second is told in the answers to probes instead.

import { isZeroError } from '../../protocol/errors/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import type { CardService } from '../cards/card-service.ts';
import type { Clock } from '../clock/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { Logger } from '../logger/index.ts';
import { type Database, type JsonLevel, jsonLevel } from '../storage/index.ts';
import { CARD_NEIGHBOURS_MAX, type RelayTerms, relayDraft } from './relay-card.ts';
import type { Relays } from './relays.ts';

/** Least time between two cards of the same relay, unless it begins or ends to drain. */
const CARD_MS_MIN = 3_600_000;
/** Pause between two looks. */
const LOOK_MS = 10_000;
/** The first card waits for neighbours this long. */
const FIRST_MS = 3_000;

export interface CardKeeperDeps {
  readonly cards: Pick<CardService, 'publish' | 'update'>;
  readonly vault: Pick<AgentVault, 'has'>;
  readonly relays: Relays;
  readonly clock: Clock;
  readonly log: Logger;
  readonly db: Database;
  readonly self: { readonly name: string; readonly peerId: string; readonly region: string };
  readonly offer: Pick<
    RelayTerms,
    'backbone' | 'streamsMax' | 'reservationsMax' | 'pricePerMiB' | 'currency'
  >;
  readonly draining: () => boolean;
}

/** Publishes the card of a relay. */
export class RelayCardKeeper {
  readonly #deps: CardKeeperDeps;
  readonly #level: JsonLevel<{ agent: string }>;
  #agent: AgentId | undefined;
  #said = '';
  #saidAt = Number.NEGATIVE_INFINITY;
  #saidDraining = false;
  #cancel: () => void = () => {};
  #stopped = false;

  constructor(deps: CardKeeperDeps) {
    this.#deps = deps;
    this.#level = jsonLevel(deps.db, 'relay-agent');
  }

  /** The agent that speaks for this relay; undefined before its first card. */
  get agent(): AgentId | undefined {
    return this.#agent;
  }

  async start(): Promise<void> {
    const known = await this.#level.get('self').catch(() => undefined);
    if (known !== undefined && this.#deps.vault.has(known.agent as AgentId))
      this.#agent = known.agent as AgentId;
    const round = () => {
      void this.tell()
        .catch((error: unknown) =>
          this.#deps.log.warn({ err: error }, 'the card of this relay could not be published'),
        )
        .finally(() => {
          if (!this.#stopped) this.#cancel = this.#deps.clock.after(LOOK_MS, round);
        });
    };
    this.#cancel = this.#deps.clock.after(FIRST_MS, round);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** Publishes what has changed, when it is worth it. Throws as the log does. */
  async tell(): Promise<void> {
    const { cards, clock, draining, offer, relays, self } = this.#deps;
    const neighbours = relays
      .list()
      .filter(({ connected }) => connected)
      .slice(0, CARD_NEIGHBOURS_MAX)
      .map(({ entry, measured }) => ({
        peer: entry.peerId,
        rttMs: measured.rttMs === undefined ? null : Math.round(measured.rttMs),
      }));
    const isDraining = draining();
    const draft = relayDraft({ ...self, ...offer, draining: isDraining, neighbours });
    // What changes seldom: a round trip alone is no news.
    const said = JSON.stringify([isDraining, neighbours.map(({ peer }) => peer).sort()]);
    const isUrgent = this.#agent === undefined || this.#saidDraining !== isDraining;
    const due = clock.now() - this.#saidAt > CARD_MS_MIN;
    if (this.#stopped || said === this.#said || !(isUrgent || due)) return;
    try {
      if (this.#agent === undefined) {
        this.#agent = (await cards.publish(draft)).agentId;
        await this.#level.put('self', { agent: this.#agent });
      } else await cards.update(this.#agent, draft);
    } catch (error) {
      if (!isZeroError(error) || !error.retryable) throw error;
      return;
    }
    [this.#said, this.#saidAt, this.#saidDraining] = [said, clock.now(), isDraining];
  }
}

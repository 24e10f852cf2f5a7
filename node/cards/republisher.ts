// Puts the cards of local agents into the DHT when they are due, again and again, long before a record dies. The DHT is the second way to a
// card and is in no hurry: on a busy machine it waits for the first way, which is the log. Decides nothing about what a card says.

import { isZeroError } from '../../protocol/errors/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import type { Clock } from '../clock/index.ts';
import type { CardRecords } from '../dht/card-records.ts';
import type { Host } from '../host/create.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { Logger } from '../logger/index.ts';
import type { BookEntry, CardBook } from './card-book.ts';

/** DHT records die after 48 h: republish every 12 h, jittered so that nodes do not do it together. */
const REPUBLISH_MS = 12 * 3_600_000;
/** The first put of a card waits for this time: its announcement is on the way to everybody, and twenty dials at once would delay it. */
const FIRST_PUT_MS = 1_500;
/** A put that missed its quorum is tried again after this time. */
const RETRY_MS = 15_000;
/** Pause between two looks at what is due. */
const ROUND_MS = 500;
/** Puts of one round, on a thread that has nothing else to do: each asks up to 20 peers. One that had puts fewer, by the share of its time. */
const PUTS_MAX = 4;
/** Rounds in a row that may be passed over for that: a node that is always busy still puts a card every ten seconds. */
const ROUNDS_WAITED_MAX = 20;

export interface RepublisherDeps {
  readonly book: Pick<CardBook, 'get'>;
  readonly vault: Pick<AgentVault, 'list'>;
  readonly records: Pick<CardRecords, 'put'>;
  readonly host: Pick<Host, 'getPeers'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Share of its time that the thread worked since it was asked last. */
  readonly busy: () => number;
}

/** Puts cards when they are due. */
export class Republisher {
  readonly #deps: RepublisherDeps;
  readonly #due = new Map<AgentId, number>();
  #waited = 0;
  #cancel: () => void = () => {};
  #stopped = false;

  constructor(deps: RepublisherDeps) {
    this.#deps = deps;
  }

  start(): void {
    const round = () => {
      void this.#round().finally(() => {
        if (!this.#stopped) this.#cancel = this.#deps.clock.after(ROUND_MS, round);
      });
    };
    this.#cancel = this.#deps.clock.after(ROUND_MS, round);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** A card of this agent was published: it is to be put soon. */
  published(agentId: AgentId): void {
    this.#due.set(agentId, this.#deps.clock.now() + FIRST_PUT_MS * jitter());
  }

  /** Puts what is due, as much as there is time for; one card when there has been none for long. */
  async #round(): Promise<void> {
    const { book, busy, clock, host, vault } = this.#deps;
    const room = Math.floor(PUTS_MAX * (1 - busy()));
    const due = vault
      .list()
      .flatMap(({ agentId }) =>
        (this.#due.get(agentId) ?? 0) > clock.now() ? [] : (book.get(agentId) ?? []),
      );
    if (due.length === 0 || host.getPeers().length === 0) return;
    if (room < 1 && ++this.#waited < ROUNDS_WAITED_MAX) return;
    this.#waited = 0;
    await Promise.all(due.slice(0, Math.max(1, room)).map((entry) => this.#put(entry)));
  }

  async #put({ agentId, bytes }: BookEntry): Promise<void> {
    const { clock, log, records } = this.#deps;
    const asked = this.#due.get(agentId);
    // A card that was published meanwhile is due when it says, whatever became of the one before.
    const again = (ms: number) => {
      if (this.#due.get(agentId) === asked) this.#due.set(agentId, clock.now() + ms * jitter());
    };
    try {
      const holders = await records.put(agentId, bytes);
      again(REPUBLISH_MS);
      log.debug({ agentId, holders }, 'card put into the DHT');
    } catch (error) {
      again(RETRY_MS);
      const code = isZeroError(error) ? error.code : undefined;
      log.warn({ agentId, code, error: (error as Error).message }, 'card not put into the DHT yet');
    }
  }
}

/** 0.8 to 1.2: what nodes do at the same interval they need not do at the same moment. */
function jitter(): number {
  return 0.8 + Math.random() * 0.4;
}

// Random schedules of a channel's life: messages are lost, doubled and reordered, honest sides crash between any two of their writes and
// sends, and one side may cheat. The real machine, the real signatures and the real ledger run in it; only network, disk and time are made.

import {
  type ChannelEvent,
  type ChannelState,
  channelFromStored,
  channelToStored,
  type Effect,
  initialState,
  type Posting,
  pendingEffects,
  type Side,
  type StepContext,
  stepChannel,
} from '../../protocol/channel/index.ts';
import type { Envelope } from '../../protocol/envelope/index.ts';
import type { JsonValue } from '../../protocol/json/index.ts';
import { agentAccount, NetworkLedger } from '../../protocol/ledger/index.ts';
import type { AgentStatement } from '../../protocol/statement/index.ts';
import {
  AGENTS,
  BEGINNING,
  CURRENCY,
  closeStatement,
  FUNDS,
  factsOf,
  receiptOfTask,
  START_MS,
  TERMS,
} from './channel-world.ts';

/** A small seeded generator (xorshift32): a schedule is a function of its seed. */
export class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = Math.imul(seed + 1, 2_654_435_761) | 0 || 1;
  }
  /** 0 to n - 1. */
  below(n: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % n;
  }
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
  pick<T>(items: readonly T[]): T | undefined {
    return items[this.below(Math.max(1, items.length))];
  }
}

export type Message =
  | { readonly kind: 'update' | 'ack' | 'closing'; readonly envelope: Envelope }
  | { readonly kind: 'result'; readonly task: string };

const OTHER: Readonly<Record<Side, Side>> = { payer: 'payee', payee: 'payer' };
/** Longest time until a statement reaches the other side's node, and longest time that an honest node is down: well below the dispute window. */
const SPREAD_MS_MAX = 15_000;
const DOWN_MS_MAX = 15_000;

/** Number of a task by its name. */
export function numberOf(task: string): number {
  return Number(task.slice('task-'.length));
}

/** The network between both, their logs, and time. */
export class ModelWorld {
  readonly dice: Dice;
  nowMs = START_MS + 1_000;
  readonly #mail: { to: Side; message: Message }[] = [];
  readonly logs: Record<Side, { statement: AgentStatement; posting: Posting | undefined; atMs: number }[]>;
  readonly sides: Partial<Record<Side, HonestSide>> = {};
  /** Everything a cheat may use: what was ever sent to it or by it. */
  readonly overheard: Message[] = [];

  constructor(seed: number) {
    this.dice = new Dice(seed);
    const begin = (side: Side) =>
      BEGINNING[side].map((statement) => ({ statement, posting: undefined, atMs: START_MS }));
    this.logs = { payer: begin('payer'), payee: begin('payee') };
  }

  send(to: Side, message: Message): void {
    this.overheard.push(message);
    if (this.dice.chance(20)) return;
    this.#mail.push({ to, message });
    if (this.dice.chance(15)) this.#mail.push({ to, message });
  }

  /** Hands over any one message that is under way. */
  deliver(cheat: (to: Side, message: Message) => void): void {
    if (this.#mail.length === 0) return;
    const [one] = this.#mail.splice(this.dice.below(this.#mail.length), 1);
    const side = this.sides[one!.to];
    if (side === undefined) cheat(one!.to, one!.message);
    else side.take(one!.message);
  }

  log(side: Side, statement: AgentStatement, posting?: Posting): void {
    this.logs[side].push({ statement, posting, atMs: this.nowMs });
  }

  post(side: Side, effect: Parameters<typeof closeStatement>[1], atMs = this.nowMs): void {
    const { statement, posting } = closeStatement(side, effect, atMs);
    this.log(side, statement, posting);
  }
}

/** A side that follows the protocol, on a node that may crash at any point. */
export class HonestSide {
  readonly side: Side;
  readonly #world: ModelWorld;
  state: ChannelState;
  #disk: string;
  readonly #seen = new Set<string>();
  #downUntilMs = 0;
  /** Payer: what it got for its money. Payee: what its work was worth. */
  value = 0n;
  /** Payer: tasks whose result came. Payee: metered service that was not paid yet. */
  readonly results = new Set<string>();
  served = 0n;
  crashes = 0;

  constructor(side: Side, world: ModelWorld) {
    this.side = side;
    this.#world = world;
    this.state = { ...initialState(side, TERMS), phase: 'open' };
    this.#disk = JSON.stringify(channelToStored(this.state));
    world.sides[side] = this;
  }

  get up(): boolean {
    return this.#world.nowMs >= this.#downUntilMs;
  }

  get #context(): StepContext {
    return { nowMs: this.#world.nowMs, signer: AGENTS[this.side].operational, receipts: factsOf };
  }

  /** One step of the machine, as a node takes it: state to the disk, then the effects; a crash may come anywhere between. True when it was taken. */
  step(event: ChannelEvent): boolean {
    if (!this.up) return false;
    const { state, effects, verdict } = stepChannel(this.state, event, this.#context);
    const crashAt = this.#world.dice.chance(8) ? this.#world.dice.below(effects.length + 2) : -1;
    if (crashAt === 0) return this.#crash();
    this.state = state;
    this.#disk = JSON.stringify(channelToStored(state));
    for (const [i, effect] of effects.entries()) {
      if (crashAt === i + 1) return this.#crash();
      this.#perform(effect);
    }
    if (crashAt === effects.length + 1) return this.#crash();
    return verdict.verdict === 'accept';
  }

  #perform(effect: Effect): void {
    if (effect.type === 'send')
      this.#world.send(OTHER[this.side], { kind: effect.message, envelope: effect.envelope });
    if (effect.type === 'post') {
      this.#world.post(this.side, effect);
      this.readLogs();
    }
  }

  #crash(): false {
    this.crashes += 1;
    this.#downUntilMs = this.#world.nowMs + this.#world.dice.below(DOWN_MS_MAX);
    this.#wake();
    return false;
  }

  /** What a start does: the stored state, then the logs, then what may have been left undone. */
  #wake(): void {
    this.state = channelFromStored(TERMS, JSON.parse(this.#disk) as JsonValue);
    for (const owner of ['payer', 'payee'] as const)
      for (const { posting } of this.#world.logs[owner]) {
        if (posting === undefined || (owner !== this.side && !this.#seen.has(posting.id))) continue;
        this.#seen.add(posting.id);
        this.state = stepChannel(
          this.state,
          { type: 'posted', posting, replayed: true },
          this.#context,
        ).state;
      }
  }

  /** The postings that have reached this node. Its own log is always there; the other's comes with a delay. */
  readLogs(): void {
    if (!this.up) return;
    for (const owner of ['payer', 'payee'] as const) {
      for (const { posting, atMs } of [...this.#world.logs[owner]]) {
        if (posting === undefined || this.#seen.has(posting.id)) continue;
        const age = this.#world.nowMs - atMs;
        if (owner !== this.side && age < SPREAD_MS_MAX && !this.#world.dice.chance(30)) continue;
        this.#seen.add(posting.id);
        this.step({ type: 'posted', posting });
        if (!this.up) return;
      }
    }
  }

  /** Timers: what waits for an answer is sent again, and the end is followed. */
  remind(): void {
    if (!this.up) return;
    this.readLogs();
    if (!this.up) return;
    for (const effect of pendingEffects(this.state)) this.#perform(effect);
    if (this.side === 'payee')
      for (const name of Object.keys(this.state.work)) if (this.results.has(name)) this.work(numberOf(name));
    this.step({ type: 'tick' });
  }

  take(message: Message): void {
    if (!this.up) return;
    if (message.kind === 'update') this.step({ type: 'update', envelope: message.envelope });
    else if (message.kind === 'ack') this.step({ type: 'ack', envelope: message.envelope });
    else if (message.kind === 'closing') this.step({ type: 'end-proposed', envelope: message.envelope });
    else if (message.kind === 'result' && this.side === 'payer' && !this.results.has(message.task))
      this.#result(message.task);
  }

  #result(task: string): void {
    const offer = this.state.newest?.offers.find((one) => one.task === task);
    if (offer === undefined) return;
    this.results.add(task);
    this.value += offer.amount;
  }

  /** Payee: work is done once the machine says that it is covered; its receipt is logged before it is owed. */
  work(task: number): void {
    const name = `task-${task}`;
    const offer = this.state.newest?.offers.find((one) => one.task === name);
    if (offer === undefined || this.state.work[name]?.state !== 'running') return;
    const receipt = receiptOfTask(task);
    if (!this.results.has(name)) {
      this.results.add(name);
      this.value += offer.amount;
      this.#world.log('payee', receipt);
    }
    if (this.step({ type: 'done', task: name, amount: offer.amount, receipt: receipt.id }) && this.up)
      this.#world.send('payer', { kind: 'result', task: name });
  }
}

export interface Ended {
  readonly loss: Readonly<Partial<Record<Side, bigint>>>;
  readonly balances: Readonly<Record<Side, bigint>>;
  readonly settled: boolean;
  readonly problems: readonly string[];
  readonly crashes: number;
}

function ledgerOf(statements: readonly AgentStatement[]): NetworkLedger {
  const ledger = new NetworkLedger({ issuable: () => FUNDS });
  for (const statement of statements) {
    try {
      ledger.apply(statement);
    } catch {
      // A cheat's statement that means nothing.
    }
  }
  return ledger;
}

/** Adds up what a schedule has come to, by three ledgers that read the logs in different orders. */
export function settle(world: ModelWorld): Ended {
  const [payer, payee] = [world.logs.payer, world.logs.payee].map((log) =>
    log.map(({ statement }) => statement),
  ) as [AgentStatement[], AgentStatement[]];
  const mixed: AgentStatement[] = [];
  const [a, b] = [[...payer], [...payee]];
  while (a.length + b.length > 0)
    mixed.push((b.length === 0 || (a.length > 0 && world.dice.chance(50)) ? a : b).shift()!);
  const ledgers = [ledgerOf([...payer, ...payee]), ledgerOf([...payee, ...payer]), ledgerOf(mixed)];
  const text = (ledger: NetworkLedger) =>
    ledger.book
      .balances()
      .map(({ account, amount }) => `${account} ${amount}`)
      .join('\n');
  const problems: string[] = [];
  for (const ledger of ledgers) {
    const report = ledger.book.verify();
    if (!report.ok) problems.push('the ledger does not balance');
    if (report.overdrawn.length > 0) problems.push('an account is overdrawn');
    if (text(ledger) !== text(ledgers[0]!)) problems.push('the order of the statements changes the balances');
  }
  const [ledger] = ledgers as [NetworkLedger];
  const balance = (side: Side) => ledger.book.balance(agentAccount(AGENTS[side].agentId), CURRENCY);
  const balances = { payer: balance('payer'), payee: balance('payee') };
  const settled = ledger.book.balances('escrow:').length === 0;
  if (settled && balances.payer + balances.payee !== 2n * FUNDS) problems.push('money came or went');
  const loss: Partial<Record<Side, bigint>> = {};
  if (world.sides.payer !== undefined) loss.payer = FUNDS - balances.payer - world.sides.payer.value;
  if (world.sides.payee !== undefined) loss.payee = world.sides.payee.value - (balances.payee - FUNDS);
  const crashes = (world.sides.payer?.crashes ?? 0) + (world.sides.payee?.crashes ?? 0);
  return { loss, balances, settled, problems, crashes };
}

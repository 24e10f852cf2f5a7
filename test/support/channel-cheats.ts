// A side that does whatever its keys allow: breaks promises, contradicts itself, shows old states, claims what it did not do.

import {
  type Ack,
  type Offer,
  type Pay,
  type Posting,
  type Side,
  signAck,
  signClosing,
  signUpdate,
  type Update,
  verifyAck,
  verifyUpdate,
} from '../../protocol/channel/index.ts';
import { isZeroError } from '../../protocol/errors/index.ts';
import type { Message, ModelWorld } from './channel-model.ts';
import { AGENTS, DISPUTE_MS, MANIFEST, receiptOfTask, STEP, TASKS, TERMS } from './channel-world.ts';

/** What the cheat remembers: everything. */
export class Cheat {
  readonly side: Side;
  readonly #world: ModelWorld;
  readonly #updates: Update[] = [];
  readonly #acks: Ack[] = [];
  readonly #results = new Set<string>();
  /** So long it keeps to the rules: there must be something to gain before it breaks them. */
  #patience: number;
  /** Takes results and drops their offers unpaid. */
  readonly #miser: boolean;
  /** Posts nothing of its own that is old: only what makes the payer's states look old. */
  readonly #forger: boolean;
  #task = 0;
  #closed = false;

  constructor(side: Side, world: ModelWorld) {
    this.side = side;
    this.#world = world;
    this.#patience = world.dice.chance(60) ? world.dice.below(60) : 0;
    this.#miser = world.dice.chance(30);
    this.#forger = side === 'payee' && world.dice.chance(20);
  }

  get #other(): Side {
    return this.side === 'payer' ? 'payee' : 'payer';
  }

  take(message: Message): void {
    try {
      if (message.kind === 'update') this.#updates.push(verifyUpdate(TERMS, message.envelope));
      if (message.kind === 'result') this.#results.add(message.task);
      if (message.kind === 'update' && this.#patience > 0) this.#acknowledge(this.#updates.at(-1)!);
      if (message.kind === 'ack') this.#acks.push(verifyAck(TERMS, message.envelope));
    } catch (error) {
      if (!isZeroError(error)) throw error;
    }
  }

  /** One act of its own, most of them what an honest side would not do. */
  act(): void {
    const { dice } = this.#world;
    const roll = dice.below(100);
    if (this.#patience > 0) {
      this.#patience -= 1;
      this.#asAgreed();
    } else if (roll < 10) this.#replay();
    else if (roll < 13) this.post();
    else if (roll < 16) this.#end();
    else if (this.side === 'payer') this.#asPayer();
    else this.#asPayee();
  }

  #replay(): void {
    const message = this.#world.dice.pick(this.#world.overheard);
    if (message !== undefined) this.#world.send(this.#other, message);
  }

  #end(): void {
    const { dice } = this.#world;
    const last = this.#updates.at(-1);
    const paid = dice.chance(50) ? (last?.paid ?? 0n) : BigInt(dice.below(600));
    const version = dice.chance(70) ? (last?.version ?? 0) : dice.below(10);
    const { envelope } = signClosing(TERMS, { version, paid }, AGENTS[this.side].operational);
    this.#world.send(this.#other, { kind: 'closing', envelope });
  }

  #asPayer(): void {
    const { dice } = this.#world;
    const acked = this.#acks.at(-1);
    const base = dice.chance(80)
      ? this.#updates.findLast(({ id }) => id === acked?.update)
      : dice.pick(this.#updates);
    const task = `task-${dice.below(TASKS)}`;
    const offers: Offer[] = (base?.offers ?? []).filter(() => dice.chance(70));
    const dropped = (base?.offers ?? []).filter((offer) => !offers.includes(offer));
    const pays: Pay[] = dropped
      .filter(() => dice.chance(50))
      .map((offer) => ({
        task: offer.task,
        amount: dice.chance(60) ? offer.amount : offer.amount / 2n,
        reference: 'r',
      }));
    if (dice.chance(60) && !offers.some((offer) => offer.task === task))
      offers.push({
        task,
        amount: 1n + BigInt(dice.below(dice.chance(90) ? 20 : 200)),
        condition: dice.chance(90) ? MANIFEST : null,
      });
    if (dice.chance(15)) pays.push({ task: null, amount: BigInt(dice.below(60)), reference: 'm' });
    const delta = pays.reduce((sum, { amount }) => sum + amount, 0n);
    const paid = (base?.paid ?? 0n) + (dice.chance(92) ? delta : -1n);
    if (paid < 0n) return;
    this.#sign({ version: (base?.version ?? 0) + 1, paid, offers, pays });
  }

  #asPayee(): void {
    const { dice } = this.#world;
    const update = dice.chance(85) ? this.#updates.at(-1) : dice.pick(this.#updates);
    if (update === undefined) return;
    if (dice.chance(25)) {
      const offer = dice.pick(update.offers);
      if (offer !== undefined) this.#world.send('payer', { kind: 'result', task: offer.task });
      return;
    }
    this.#acknowledge(update);
  }

  #acknowledge(update: Update): void {
    const ack = signAck(TERMS, update, AGENTS.payee.operational);
    this.#acks.push(ack);
    this.#world.send('payer', { kind: 'ack', envelope: ack.envelope });
  }

  /** What an honest side would do. */
  #asAgreed(): void {
    const last = this.#updates.at(-1);
    if (this.side === 'payee') {
      for (const { task } of last?.offers ?? []) this.#world.send('payer', { kind: 'result', task });
      return;
    }
    if (last !== undefined && !this.#acks.some(({ update }) => update === last.id)) {
      this.#world.send('payee', { kind: 'update', envelope: last.envelope });
      return;
    }
    const kept = (last?.offers ?? []).filter(({ task }) => !this.#results.has(task));
    const pays: Pay[] = (last?.offers ?? [])
      .filter((offer) => !this.#miser && !kept.includes(offer))
      .map(({ task, amount }) => ({ task, amount, reference: 'r' }));
    const room = kept.reduce((left, { amount }) => left - amount, STEP);
    const paid = pays.reduce((sum, { amount }) => sum + amount, last?.paid ?? 0n);
    const amount = 1n + BigInt(this.#world.dice.below(40));
    const offers = [...kept];
    if (amount <= room && this.#task < TASKS && paid < 400n)
      offers.push({ task: `task-${this.#task++}`, amount, condition: MANIFEST });
    if (offers.length === kept.length && pays.length === 0) return;
    this.#sign({ version: (last?.version ?? 0) + 1, paid, offers, pays });
  }

  #sign(body: Parameters<typeof signUpdate>[1]): void {
    const update = signUpdate(TERMS, body, AGENTS.payer.operational);
    this.#updates.push(update);
    this.#world.send('payee', { kind: 'update', envelope: update.envelope });
  }

  /** A payee's own signature under a version that the payer never signed: the payer's states would look old beside it. */
  #forgedAck(update: Update | null): Ack | null {
    const { dice } = this.#world;
    if (this.side !== 'payee' || (!this.#forger && dice.chance(50))) return null;
    const version = 1 + dice.below(1_000);
    const id = update?.id ?? this.#updates.at(-1)?.id;
    return id === undefined ? null : signAck(TERMS, { version, id } as Update, AGENTS.payee.operational);
  }

  /** Posts any state that it ever had, dated as it likes, with claims for work that nobody did. */
  post(): void {
    const { dice, nowMs } = this.#world;
    const update = dice.chance(85) ? (dice.pick(this.#updates) ?? null) : null;
    const ack = dice.chance(40) ? (dice.pick(this.#acks) ?? null) : this.#forgedAck(update);
    if (this.#forger) {
      const effect = {
        kind: 'settle',
        update: null,
        ack: this.#forgedAck(update),
        agreement: null,
        claims: [],
      };
      this.#world.post(this.side, effect as never, nowMs + DISPUTE_MS);
      return;
    }
    const claims =
      this.side === 'payee'
        ? [...Array(dice.below(6)).keys()].map(() => {
            const task = dice.below(TASKS);
            return { task: `task-${task}`, receipt: receiptOfTask(task).id };
          })
        : [];
    if (this.side === 'payee' && update !== null && dice.chance(60))
      for (const { task } of update.offers)
        claims.push({ task, receipt: receiptOfTask(Number(task.slice('task-'.length))).id });
    for (const { task } of claims)
      this.#world.log(this.side, receiptOfTask(Number(task.slice('task-'.length))));
    const kind: Posting['kind'] =
      (this.#closed && dice.chance(30)) || dice.chance(10)
        ? 'settle'
        : dice.chance(80)
          ? 'unilateral'
          : 'dispute';
    const early = dice.chance(20) ? nowMs - DISPUTE_MS - 500 : nowMs;
    const at = kind === 'settle' && dice.chance(50) ? nowMs + DISPUTE_MS : early;
    this.#world.post(this.side, { kind, update, ack, agreement: null, claims: claims.slice(0, 32) }, at);
    if (kind === 'unilateral') this.#closed = true;
  }
}

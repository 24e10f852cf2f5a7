// Plays one random schedule to its end, and says what each honest side lost.

import type { Change, Side } from '../../protocol/channel/index.ts';
import { Cheat } from './channel-cheats.ts';
import { type Ended, HonestSide, ModelWorld, numberOf, settle } from './channel-model.ts';
import { DISPUTE_MS, MANIFEST, STEP, TASKS } from './channel-world.ts';

const ACTS = 150;
/** Rounds after the schedule in which what is under way arrives and the end comes. */
const END_ROUNDS_MAX = 200;

function actAsPayer(side: HonestSide, world: ModelWorld, spent: Set<number>): void {
  const { dice } = world;
  const offers = side.state.newest?.offers ?? [];
  if (dice.chance(4)) side.step({ type: 'propose-end' });
  else if (dice.chance(2)) side.step({ type: 'close' });
  else if (dice.chance(30)) side.remind();
  else {
    const change: { offers: Change['offers'] & object; pays: Change['pays'] & object; withdraw: string[] } = {
      offers: [],
      pays: [],
      withdraw: [],
    };
    const task = dice.below(TASKS);
    const pays = offers
      .filter((offer) => side.results.has(offer.task))
      .map((offer) => ({ task: offer.task, amount: offer.amount, reference: 'receipt' }));
    const used = offers.reduce((sum, { amount }) => sum + amount, 0n);
    const amount = 1n + BigInt(dice.below(40));
    // The id of a task is used once: the same one again would let an old receipt earn twice.
    if (dice.chance(60) && !spent.has(task) && used + amount <= STEP) {
      spent.add(task);
      change.offers = [{ task: `task-${task}`, amount, condition: MANIFEST }];
    }
    if (dice.chance(10))
      change.withdraw = offers.filter((offer) => !side.results.has(offer.task)).map((offer) => offer.task);
    change.pays = pays;
    const owed = world.sides.payee?.served ?? 0n;
    if (owed > 0n && pays.length === 0) change.pays = [{ task: null, amount: owed, reference: 'metering' }];
    if (change.offers.length + change.pays.length + change.withdraw.length === 0) return;
    const before = side.state.newest?.version ?? 0;
    side.step({ type: 'change', change });
    const now = side.state.newest;
    if (now === null || now.version === before || world.sides.payee === undefined) return;
    const metered = now.pays.filter(({ task }) => task === null).reduce((sum, one) => sum + one.amount, 0n);
    side.value += metered;
    world.sides.payee.served -= metered;
  }
}

function actAsPayee(side: HonestSide, world: ModelWorld): void {
  const { dice } = world;
  const offer = dice.pick(side.state.newest?.offers ?? []);
  if (dice.chance(4)) side.step({ type: 'propose-end' });
  else if (dice.chance(2)) side.step({ type: 'close' });
  else if (dice.chance(25)) side.remind();
  else if (dice.chance(10) && world.sides.payer !== undefined && side.up && side.state.phase === 'open') {
    const amount = 1n + BigInt(dice.below(10));
    if (side.served + amount > STEP) return;
    side.served += amount;
    side.value += amount;
  } else if (offer !== undefined) {
    const { task, amount, condition } = offer;
    if (side.state.work[task] === undefined) side.step({ type: 'begin', task, amount, condition });
    // A payer that cheats says of anything that somebody else was paid for it.
    else if (side.state.work[task].state === 'due' && world.sides.payer === undefined && dice.chance(30))
      side.step({ type: 'yield', task });
    else if (dice.chance(85)) side.work(numberOf(task));
    else if (!side.results.has(task)) side.step({ type: 'dropped', task });
  }
}

export interface Played extends Ended {
  readonly seed: number;
  readonly cheat: Side | null;
}

/** Plays the schedule of a seed. */
export function playSchedule(seed: number): Played {
  const world = new ModelWorld(seed);
  const { dice } = world;
  const cheat = [null, 'payer', 'payee', 'payer', 'payee'][dice.below(5)] as Side | null;
  const cheating = cheat === null ? undefined : new Cheat(cheat, world);
  if (cheat !== 'payer') new HonestSide('payer', world);
  if (cheat !== 'payee') new HonestSide('payee', world);
  const spent = new Set<number>();
  const hand = () => world.deliver((_, message) => cheating?.take(message));
  for (let act = 0; act < ACTS; act++) {
    world.nowMs += dice.below(2_000);
    const who = dice.below(4);
    if (who < 2) hand();
    else if (who === 2 && world.sides.payer !== undefined) actAsPayer(world.sides.payer, world, spent);
    else if (who === 3 && world.sides.payee !== undefined) actAsPayee(world.sides.payee, world);
    else cheating?.act();
  }
  finish(world, cheating);
  return { ...settle(world), seed, cheat };
}

/** Every schedule ends: an honest side closes, the cheat may post until the last moment, and time passes. */
function finish(world: ModelWorld, cheating: Cheat | undefined): void {
  const { dice } = world;
  for (let round = 0; round < END_ROUNDS_MAX; round++) {
    world.nowMs += 500 + dice.below(4_000);
    world.deliver((_, message) => cheating?.take(message));
    if (cheating !== undefined && round < 20 && dice.chance(20)) cheating.post();
    for (const side of [world.sides.payer, world.sides.payee]) {
      if (side === undefined) continue;
      side.remind();
      if (side.side === 'payee') for (const task of Object.keys(side.state.work)) side.work(numberOf(task));
      if (round > 3) side.step({ type: 'close' });
    }
    const open = [world.sides.payer, world.sides.payee].some(
      (side) => side !== undefined && side.state.phase !== 'settled',
    );
    if (!open && round > 20 + DISPUTE_MS / 2_500) return;
  }
}

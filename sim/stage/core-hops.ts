// Opening a path over a stage, hop by hop: who is chosen, how long it gets, who is tried next, and what the policies are told of it. Told again from
// node/routing/hops.ts and forward-service.ts, with their numbers.

import { goingRound } from '../../protocol/forward/index.ts';
import { type Decision, TTL_MAX } from '../../protocol/routing/index.ts';
import { CLAIMED_MS, type CoreUpkeep } from './core-upkeep.ts';
import type { CoreNode, CoreWorld } from './core-world.ts';
import { FAULTS } from './stage.ts';

/** Neighbours that one hop tries, as `node/routing/limits.ts` has it. */
const ATTEMPTS_MAX = 3;
/** Milliseconds until a hop is passed over, as there. */
export const HOP_MS_MAX = 3_000;
const HOP_RESERVE_MS = 100;
const PATIENCE = 4;
const PATIENCE_MS = 800;
/** With less milliseconds left no further neighbour is tried, as in `hops.ts`. */
const LEFT_MS_MIN = 20;
const SLA_CLASS = 'standard';

/** What is asked of a hop. */
export interface CoreHeader {
  readonly to: number;
  readonly ttl: number;
  readonly budgetMs: number;
  /** Who has had it, and who shall not. */
  readonly via: readonly number[];
  /** Raised when whoever asked gave up. */
  readonly left: { isOver: boolean };
}

/** A hop that took the stream over. */
interface Taken {
  /** Relays from there on. */
  readonly path: readonly number[];
  readonly tookMs: number;
  readonly remainingMs: number;
  /** The liar drops it. */
  readonly isDropped: boolean;
}

/** Opens paths. */
export class CoreHops {
  readonly #world: CoreWorld;
  readonly #upkeep: CoreUpkeep;

  constructor(world: CoreWorld, upkeep: CoreUpkeep) {
    this.#world = world;
    this.#upkeep = upkeep;
  }

  /** A path from a node to an edge; undefined when there is none. `mayTry` is asked before each first relay. */
  async open(
    node: CoreNode,
    header: CoreHeader,
    origin: { readonly from: number; readonly avoid: readonly number[]; mayTry?(relay: number): boolean },
  ): Promise<Taken | undefined> {
    const world = this.#world;
    const deadline = world.now + header.budgetMs;
    const tried = new Set(origin.avoid);
    for (let attempt = 0; attempt < ATTEMPTS_MAX && !header.left.isOver; attempt++) {
      const leftMs = deadline - world.now;
      if (leftMs < LEFT_MS_MIN) return undefined;
      const decision = this.#choose(node, header, origin.from, tried);
      if (decision.next === undefined) return undefined;
      const next = Number(decision.next);
      if (origin.mayTry?.(next) === false) return undefined;
      const isFirst = !node.isRelay && attempt === 0;
      const asked = isFirst ? goingRound(header, this.#around(node, next, header)) : header;
      const taken = await this.#try(node, next, asked, decision, leftMs);
      if (taken !== undefined) return taken;
      tried.add(next);
    }
    return undefined;
  }

  #choose(node: CoreNode, header: CoreHeader, from: number, tried: ReadonlySet<number>): Decision {
    const world = this.#world;
    this.#upkeep.want(node, header.to);
    const view = world.view(node, header.to);
    const visited = [...new Set([...header.via, ...tried, from])].filter((id) => id !== header.to);
    const decision = node.policy.choose(
      {
        destination: String(header.to),
        ttl: header.ttl,
        slaClass: SLA_CLASS,
        bytes: 0,
        visited: visited.map(String),
        flow: `${from}>${header.to}`,
      },
      view,
      world.now,
      node.random,
    );
    if (decision.next !== undefined) return decision;
    // No report has come yet: a relay that the edge itself says it is connected to, or, at an edge, anybody.
    const exits = new Set(this.#upkeep.exitsOf(header.to).map(String));
    const open = decision.candidates.filter(
      ({ excluded, neighbour }) =>
        (excluded === 'unreachable' || excluded === 'infeasible') && (!node.isRelay || exits.has(neighbour)),
    );
    const best = open.find(({ neighbour }) => exits.has(neighbour)) ?? open[0];
    return best === undefined ? decision : { ...decision, next: best.neighbour };
  }

  #around({ policy }: CoreNode, next: number, { to, ttl }: CoreHeader): number[] {
    return policy.around(String(next), { destination: String(to), ttl }, this.#world.now).map(Number);
  }

  async #try(
    node: CoreNode,
    next: number,
    header: CoreHeader,
    decision: Decision,
    leftMs: number,
  ): Promise<Taken | undefined> {
    const world = this.#world;
    const state = node.connected.get(next);
    const { budgetMs, expectedMs } = timesFor(decision, leftMs);
    const isEnough = budgetMs >= expectedMs;
    const began = world.now;
    const left = { isOver: false };
    const common = { neighbour: String(next), destination: String(header.to), slaClass: SLA_CLASS } as const;
    if (state !== undefined) state.inFlight += 1;
    const answer = await world.within(
      budgetMs,
      this.#exchange(node.id, next, {
        to: header.to,
        ttl: header.ttl - 1,
        budgetMs: Math.max(1, budgetMs - HOP_RESERVE_MS),
        via: node.isRelay ? [...header.via, node.id] : header.via,
        left,
      }),
    );
    if (state !== undefined) state.inFlight -= 1;
    const tookMs = world.now - began;
    if (answer === undefined) {
      left.isOver = true;
      if (!header.left.isOver && isEnough) {
        world.observe(node, { kind: 'handed', ...common, ok: false });
        world.observe(node, { kind: 'finished', ...common, ok: false });
      }
      return undefined;
    }
    const { taken } = answer;
    if (taken === undefined) {
      world.observe(node, {
        kind: 'handed',
        ...common,
        ok: true,
        tookMs,
        remainingMs: Number.POSITIVE_INFINITY,
      });
      if (isEnough && (node.isRelay || header.via.length === 0))
        world.observe(node, { kind: 'finished', ...common, ok: false, refused: true });
      return undefined;
    }
    const own = Math.max(0, tookMs - taken.tookMs);
    world.observe(node, { kind: 'handed', ...common, ok: true, tookMs: own, remainingMs: taken.remainingMs });
    const path = next === header.to ? {} : { path: taken.path.map(String) };
    world.observe(node, { kind: 'finished', ...common, ok: true, tookMs, ...path });
    return taken;
  }

  async #exchange(
    from: number,
    next: number,
    header: CoreHeader,
  ): Promise<{ readonly taken: Taken | undefined }> {
    const world = this.#world;
    await world.send(from, next);
    const taken = await this.#serve(world.nodes[next]!, from, header);
    await world.send(next, from);
    return { taken };
  }

  async #serve(node: CoreNode, from: number, header: CoreHeader): Promise<Taken | undefined> {
    const world = this.#world;
    if (node.id === header.to) return { path: [], tookMs: 0, remainingMs: 0, isDropped: false };
    if (!node.isRelay || header.ttl < 1 || header.via.includes(node.id)) return undefined;
    const began = world.now;
    const { drops = 0, lateMs = 0 } = node.id === FAULTS.liar.at ? this.#upkeep.lies : {};
    if (lateMs > 0) await world.sleep(lateMs);
    const onward = await this.open(node, header, { from, avoid: [] });
    if (onward === undefined) return undefined;
    const isDropped = drops > 0 && node.random.unit() < drops;
    return {
      path: [node.id, ...onward.path],
      tookMs: world.now - began,
      remainingMs: Math.max(drops > 0 ? CLAIMED_MS : 0, this.#upkeep.remaining(node, header.to, from)),
      isDropped: isDropped || onward.isDropped,
    };
  }
}

/** How long the chosen neighbour may take: some times what is expected of it, and never so long that no other can be tried, if there is one. */
function timesFor({ candidates, next }: Decision, leftMs: number) {
  const others = candidates.filter(({ excluded, neighbour }) => excluded === undefined && neighbour !== next);
  const cost = candidates.find(({ neighbour }) => neighbour === next)?.costMs ?? Number.POSITIVE_INFINITY;
  const expectedMs = Number.isFinite(cost) ? cost : 0;
  if (others.length === 0) return { budgetMs: leftMs, expectedMs };
  const patientMs = expectedMs > 0 ? PATIENCE * expectedMs + PATIENCE_MS : HOP_MS_MAX;
  return { budgetMs: Math.min(HOP_MS_MAX, patientMs, leftMs / 2), expectedMs };
}

/** Hops that a path of a node's own may take. */
export const CORE_TTL = TTL_MAX;

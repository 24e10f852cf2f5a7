// One run of the cores tier: puts the parts together, writes what is planned, samples, and lets time pass.

import { tailResponse } from '../../protocol/sync/index.ts';
import { type RunSinks, type Sample, type Scenario, sampleEvery } from '../scenario/index.ts';
import { Penalties } from './admission.ts';
import { type Agent, makeAgent } from './agents.ts';
import { castRoles } from './cast.ts';
import { Comparisons } from './comparisons.ts';
import { ForkRounds } from './fork-rounds.ts';
import { ForkWatch } from './fork-watch.ts';
import { Gossip } from './gossip.ts';
import { Ground, SECOND } from './ground.ts';
import { Holdings } from './holdings.ts';
import { Logs, nameOfVersion, type Version } from './logs.ts';
import { Mesh } from './mesh.ts';
import type { PublicationId } from './message.ts';
import { Payments } from './payments.ts';
import { Post } from './post.ts';
import { Presence } from './presence.ts';
import { Publications } from './publications.ts';
import { RevocationDesks } from './revocation-desks.ts';
import type { RoleBook } from './role.ts';
import { Waves } from './spread.ts';
import { planWriting, StatementMaker, type WritingPlan } from './writers.ts';

/** Publications beyond what is written: evidence, and what adversaries spoil. */
const SPARE_PUBLICATIONS = 64;
const SPARE_WITH_ADVERSARIES = 4_096;
/** Who is away when its statement is due writes it when it looks again. */
const RETRY = SECOND;
/** Events between two looks at the outside: progress and the signal to stop. */
const EVENTS_PER_LOOK = 65_536;

export class Simulation {
  readonly ground: Ground;
  readonly presence: Presence;
  readonly logs: Logs;
  readonly holdings: Holdings;
  readonly publications: Publications;
  readonly penalties: Penalties;
  readonly post: Post;
  readonly mesh: Mesh;
  readonly gossip: Gossip;
  readonly comparisons: Comparisons;
  readonly forks: ForkWatch;
  readonly forkRounds: ForkRounds;
  readonly desks: RevocationDesks;
  readonly payments: Payments;
  readonly plan: WritingPlan;
  readonly statements: Waves;
  readonly revocations: Waves;
  readonly samples: Sample[] = [];
  readonly honest: number;
  /** Entries that were stored through each way. */
  readonly through = { own: 0, gossip: 0, sync: 0 };
  readonly #agents = new Map<number, Agent>();
  readonly #maker: StatementMaker;
  readonly #kinds: { write: number; sample: number };

  constructor(scenario: Scenario, seed: number, sinks: RunSinks, roles: RoleBook) {
    const ground = new Ground(scenario, seed, sinks);
    this.ground = ground;
    this.plan = planWriting(ground);
    const forked = scenario.workload.forks?.count ?? 0;
    // Who signs two histories is no honest node.
    for (const node of this.plan.writers.slice(this.plan.writers.length - forked)) ground.cheats[node] = 1;
    this.honest = ground.cheats.reduce((sum, cheat) => sum + 1 - cheat, 0);
    this.logs = new Logs(this.plan.writers.length, ground.random('logs'));
    const spare = scenario.adversaries.length > 0 ? SPARE_WITH_ADVERSARIES : SPARE_PUBLICATIONS;
    this.publications = new Publications(this.plan.planned.length + 2 * forked + spare, this.logs);
    this.presence = new Presence(ground);
    this.penalties = new Penalties(ground);
    this.holdings = new Holdings(ground, this.logs);
    this.desks = new RevocationDesks(ground);
    this.statements = new Waves(this.honest);
    this.revocations = new Waves(this.honest);
    const { logs, holdings, penalties, presence, publications } = this;
    this.post = new Post(ground, presence, publications, (link) => penalties.shutUntil(link));
    const publish = (node: number, id: PublicationId) => this.gossip.publish(node, id);
    this.forks = new ForkWatch({ ground, logs, publications, honest: this.honest, publish });
    const { forks, post } = this;
    this.gossip = new Gossip({ ground, logs, publications, holdings, forks, penalties });
    const onEnd = (node: number) => this.gossip.onCompared(node);
    this.comparisons = new Comparisons({ ground, logs, holdings, post, presence, forks, penalties, onEnd });
    const isWanted = forked > 0 || scenario.adversaries.some(({ kind }) => kind === 'equivocator');
    this.forkRounds = new ForkRounds({ ground, forks, holdings, post, presence, publications, isWanted });
    const has = (node: number, id: PublicationId) => this.gossip.has(node, id);
    const onHeartbeat = (node: number) => post.roleOf(node)?.tick?.();
    this.mesh = new Mesh({ ground, post, presence, has, onHeartbeat });
    this.gossip.connect(this.mesh, this.comparisons);
    this.payments = new Payments(ground, post, presence);
    this.#maker = new StatementMaker(ground);
    this.#kinds = {
      write: ground.loop.on((number) => this.#write(number)),
      sample: ground.loop.on(() => this.#sample()),
    };
    holdings.listen((node, version, way) => this.#onEntry(node, version, way));
    post.deliverTo({
      onPublication: (node, link, id) => this.gossip.onPublication(node, link, id),
      onMessage: (node, link, message) => {
        switch (message.kind) {
          case 'question':
          case 'answer':
            this.comparisons.onMessage(node, link, message);
            return;
          case 'payment':
            this.payments.onMessage(node, message);
            return;
          case 'forks-asked':
          case 'forks-told':
          case 'evidence-asked':
          case 'evidence-told':
            this.forkRounds.onMessage(node, link, message);
            return;
          default:
            this.mesh.onMessage(node, link, message);
        }
      },
    });
    castRoles(this, roles);
  }

  /** Puts the first events on the heap. */
  start(): void {
    const { loop, scenario } = this.ground;
    this.presence.start();
    this.mesh.start();
    this.comparisons.start();
    this.forkRounds.start();
    this.payments.start();
    for (const [number, { at }] of this.plan.planned.entries()) loop.schedule(at, this.#kinds.write, number);
    loop.schedule(sampleEvery(scenario) * SECOND, this.#kinds.sample);
  }

  /** Handles events up to and with a virtual second. Answers false when nothing is left, or the signal stopped it. */
  async advance(untilSeconds: number): Promise<boolean> {
    const { loop, sinks } = this.ground;
    const until = untilSeconds * SECOND;
    for (let count = 1; loop.step(until); count++) {
      if (this.ground.unsettled) await this.ground.settle();
      if (count % EVENTS_PER_LOOK !== 0) continue;
      sinks.progress?.(loop.now / SECOND, loop.handled);
      if (sinks.signal?.aborted === true) return false;
    }
    loop.run({ until });
    return loop.pending > 0;
  }

  /** A log shows its readers two histories: one to every second neighbour, the other to the rest. */
  equivocate(log: number): void {
    const { loop, wire } = this.ground;
    const node = this.plan.writers[log]!;
    this.logs.fork(log);
    this.forks.split(log);
    this.ground.trace('splits', node, -1, `log ${log}`);
    const versions = [0, 1].map((branch) => this.logs.append(log, this.#maker.make(), loop.now, branch));
    this.holdings.advance(node, versions[0]!, 'own');
    for (const [branch, version] of versions.entries())
      this.#publication(version, (id) => {
        this.gossip.mark(node, id);
        const { first } = wire.topology;
        for (let link = first[node]! + branch; link < first[node + 1]!; link += 2)
          this.post.sendAsIs(link, { kind: 'publication', publication: id });
      });
  }

  #write(number: number): void {
    const { kind, log } = this.plan.planned[number]!;
    const node = this.plan.writers[log]!;
    if (this.presence.here[node] === 0) {
      this.ground.loop.schedule(RETRY, this.#kinds.write, number);
      return;
    }
    if (kind === 'fork') {
      this.equivocate(log);
      return;
    }
    const envelope = kind === 'statement' ? this.#maker.make() : this.desks.revoke(this.#agentOf(log), log);
    const version = this.logs.append(log, envelope, this.ground.loop.now);
    if (kind === 'revocation') this.desks.entered(version);
    const waves = kind === 'revocation' ? this.revocations : this.statements;
    // What a log says before it forks is not followed to the end: whoever knows better stops reading it.
    if (this.ground.cheats[node] === 0)
      waves.start(version.entry, `log ${log} entry ${version.size - 1}`, this.ground.loop.now);
    this.ground.trace(kind, node, -1, nameOfVersion(version));
    this.holdings.advance(node, version, 'own');
    this.#publication(version, (id) => this.gossip.publish(node, id));
  }

  #publication(version: Version, then: (id: PublicationId) => void): void {
    const { head, size } = version;
    const request = {
      kind: 'tail-request',
      origin: head.origin,
      from: size - 1,
      to: size,
      credit: 1_048_576,
    } as const;
    this.ground.defer(
      tailResponse(request, this.logs.source(version)).then((response) =>
        then(this.publications.tail(version, response).id),
      ),
    );
  }

  #agentOf(log: number): Agent {
    let agent = this.#agents.get(log);
    if (agent === undefined) {
      agent = makeAgent(this.ground.random('agent', log));
      this.#agents.set(log, agent);
    }
    return agent;
  }

  #onEntry(node: number, version: Version, way: 'own' | 'gossip' | 'sync'): void {
    this.through[way] += 1;
    this.desks.onEntry(node, version);
    if (this.ground.cheats[node] === 1) return;
    const isOwn = way === 'own';
    this.statements.reach(version.entry, this.ground.loop.now, isOwn);
    this.revocations.reach(version.entry, this.ground.loop.now, isOwn);
  }

  #sample(): void {
    const { checks, loop, scenario } = this.ground;
    loop.schedule(sampleEvery(scenario) * SECOND, this.#kinds.sample);
    this.desks.ask();
    // What a writer acknowledged stands in its own log, whatever happened since.
    for (const [log, node] of this.plan.writers.entries())
      if (this.holdings.heldId(node, log) === this.logs.newest(log).id)
        checks.held('no lost acknowledgement');
      else checks.broken('no lost acknowledgement', loop.now, `log ${log} lost an entry at its writer`);
    const at = loop.now / SECOND;
    const add = (metric: string, value: number) => this.samples.push({ at, metric, value });
    add(
      'nodes.here',
      this.presence.here.reduce((sum, here) => sum + here, 0),
    );
    if (this.statements.all.size > 0) add('statements.coverage', this.statements.coverage());
    if (this.revocations.all.size > 0) add('revocations.coverage', this.revocations.coverage());
    if (this.forks.waves.all.size > 0) add('forks.known', this.forks.waves.coverage());
    add('messages.sent', this.ground.wire.counts.sent);
  }
}

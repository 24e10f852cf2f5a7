// Routing: streams through relays, by a policy that learns. Every node can be an end of such streams; one in the relay role forwards.

import { randomBytes } from 'node:crypto';
import { makePolicy, type PolicyName, type RoutingEffect } from '../../protocol/routing/index.ts';
import type { Core } from '../context.ts';
import { RELAY_RESERVATIONS_MAX } from '../host/limits.ts';
import { PATH_KINDS, PathKinds } from '../host/path-kinds.ts';
import type { RelayWatch } from '../host/relay-watch.ts';
import { Reporter } from '../reputation/index.ts';
import type { Service } from '../services.ts';
import { Faults } from './faults.ts';
import { ForwardService } from './forward-service.ts';
import { Hops } from './hops.ts';
import { RelayCardKeeper } from './relay-card-keeper.ts';
import { RelayKeeper } from './relay-keeper.ts';
import { RelayTalk } from './relay-talk.ts';
import { Relays } from './relays.ts';
import { Reports } from './reports.ts';
import { RouteDesk } from './route-desk.ts';
import { RoutedStreams } from './routed-streams.ts';
import { Routing } from './routing.ts';
import { StreamBook } from './stream-book.ts';
import { forwardProtocol } from './wire.ts';

export { Links } from './links.ts';
export type { Routing } from './routing.ts';
export type { RoutesView, RoutingStatusView, StreamView, WhyView } from './views.ts';

/** Pause between two messages of reports to each neighbour: as often as a policy writes one. */
const PASS_MS = 1_000;
/** Pause between two counts of how peers are connected. */
const COUNT_MS = 5_000;

/** The parts, not started. `seed` signs this node's link reports. */
export function makeRouting(core: Core, seed: Uint8Array, watch: RelayWatch) {
  const { admission, book, clock, config, db, directory, host, log, metrics, residents, rpc } = core;
  const { relay: terms } = config;
  const self = core.peerId;
  const relaying = config.roles.includes('relay');
  const links = host.services.links;
  const protocol = forwardProtocol(config.network);
  const now = () => clock.now();
  const policyOf = (name: PolicyName, races?: boolean) =>
    makePolicy(name, { self, advertises: relaying, ...(races === undefined ? {} : { races }) });
  const relays = new Relays({ host, directory, residents, book, reputation: core.reputation, now });
  const reports: Reports = new Reports({
    self,
    seed,
    relays,
    now,
    observe: (event) => desk.policy.observe(event, now()),
  });
  const streams = new StreamBook();
  const faults = new Faults();
  const reporter = new Reporter('relay-failed', core);
  core.router.listen((statement) => reporter.heard(statement));
  const uses = (relay: string): boolean => relaying || keeper.chosen.has(relay);
  const act = (effect: RoutingEffect): void => {
    switch (effect.kind) {
      case 'probe':
        // An edge is connected to relays that it does not use: those are looked at seldom (by the keeper).
        if (!uses(effect.neighbour)) return;
        keeper.probed(effect.neighbour);
        void talk.probe(effect.neighbour, effect.isCalm);
        return;
      case 'ask':
        talk.ask(effect.neighbour, effect.destination);
        return;
      case 'advertise':
        reports.own(effect.report);
        return;
      case 'discrepancy': {
        metrics.count('zerostate_relay_discrepancies_total');
        const note = `said ${Math.round(effect.reportedMs)} ms, measured ${Math.round(effect.measuredMs)} ms, ${effect.samples} times`;
        log.warn({ relay: effect.about, note }, 'what a relay reports does not fit what was measured');
        for (const agent of residents.of(effect.about).slice(0, 1)) void reporter.report(agent, note);
      }
    }
  };
  const desk: RouteDesk = new RouteDesk({
    self,
    region: config.region,
    host,
    clock,
    log,
    db,
    metrics,
    policy: policyOf(terms.policy),
    random: { unit: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48 },
    relays,
    reports,
    protocol,
    act,
  });
  const hops = new Hops({
    self,
    relays,
    desk,
    protocol,
    policy: core.networkPolicy,
    now: () => performance.now(),
    watch,
  });
  const routed = new RoutedStreams({
    self,
    hops,
    streams,
    metrics,
    conditions: {
      slaClass: terms.slaClass,
      stayIn: terms.stayIn,
      guild: terms.guild,
      priceCeiling: terms.priceCeiling === '' ? null : BigInt(terms.priceCeiling),
      currency: terms.currency,
    },
    randomBytes: (length) => randomBytes(length),
    now,
    watch,
  });
  const forward = new ForwardService({
    self,
    host,
    protocol,
    log,
    metrics,
    admission,
    links,
    relays,
    region: config.region,
    desk,
    hops,
    streams,
    policy: core.networkPolicy,
    meter: watch,
    now,
    streamsMax: relaying ? terms.streamsMax : undefined,
  });
  const talk: RelayTalk = new RelayTalk({
    network: config.network,
    rpc,
    admission,
    log,
    relays,
    reports,
    own: () =>
      relaying
        ? { draining: forward.draining, streams: forward.forwarding, streamsMax: terms.streamsMax }
        : undefined,
    reads: uses,
    link: host.services.heartbeat,
    now: () => performance.now(),
    remaining: (destination, exclude) => desk.remaining(destination, exclude),
    onProbe: (neighbour, rttMs) =>
      desk.policy.observe({ kind: 'probed', neighbour, ...(rttMs === undefined ? {} : { rttMs }) }, now()),
    onEcho: (neighbour, destination, remainingMs) =>
      desk.policy.observe({ kind: 'echoed', neighbour, destination, remainingMs }, now()),
  });
  const keeper: RelayKeeper = new RelayKeeper({
    host,
    clock,
    log,
    relays,
    cards: core.cards,
    region: config.region,
    edge: terms,
    relaying,
    probe: (relay) => talk.probe(relay),
    agentsOf: (peerId) => residents.of(peerId),
  });
  const card = relaying
    ? new RelayCardKeeper({
        cards: core.cards,
        vault: core.vault,
        relays,
        clock,
        log,
        db,
        self: { name: config.name, peerId: self, region: config.region },
        offer: {
          backbone: terms.backbone,
          streamsMax: terms.streamsMax,
          reservationsMax: RELAY_RESERVATIONS_MAX,
          pricePerMiB: BigInt(terms.pricePerMiB),
          currency: terms.currency,
        },
        draining: () => forward.draining,
      })
    : undefined;
  const paths = new PathKinds(host);
  const routing = new Routing({
    self,
    relaying,
    desk,
    policyOf,
    relays,
    reports,
    streams,
    forward,
    links,
    keeper,
    card,
    paths,
    log,
  });
  const { customer } = watch;
  // A relay that is not paid ends what it carries, and what goes over one that is left for its bill is ended here: neither is a fault of its.
  const isOwed = (relay: string): boolean =>
    customer?.owes(relay) === true || customer?.refusal(relay) !== undefined;
  if (customer !== undefined)
    customer.onLeave = (relay, why) => {
      routed.leave(relay, why);
      forward.leave(relay, why);
    };
  links.events = {
    broke: (path, peer) => {
      if (!isOwed(path[0] ?? '')) desk.broke(path, peer);
    },
    carried: (path, peer, ms) => {
      const [first] = path;
      if (first === undefined) return;
      if (ms === undefined) {
        if (!isOwed(first)) desk.broke(path, peer);
      } else {
        desk.carried(path, peer, ms);
        faults.sound(first, peer);
      }
    },
    moved: (ms, relay) => {
      metrics.observe('zerostate_routed_move_seconds', ms / 1_000);
      // What a relay that drains sends away did not fail with it.
      if (relay !== undefined && !relays.measured(relay).draining) relays.measured(relay).failed += 1;
    },
    fault: (relay, peer) => {
      if (relays.measured(relay).draining || isOwed(relay)) return;
      const note = faults.fault(relay, peer);
      if (note === undefined) return;
      for (const agent of residents.of(relay).slice(0, 1)) void reporter.report(agent, note);
    },
    lost: () => metrics.count('zerostate_routed_links_lost_total'),
  };
  const gone = ({ detail }: { detail: { toString(): string } }) => desk.gone(detail.toString());
  let passing: (() => void) | undefined;
  let counting: (() => void) | undefined;
  const services: Service[] = [
    {
      name: 'routing',
      start: async () => {
        await desk.load();
        await talk.start();
        await forward.start();
        if (terms.use || relaying) {
          links.opener = (...path) => routed.open(...path);
          links.pace = () => desk.policy.pace;
          links.outworn = (...asked) => desk.outworn(...asked);
          host.addEventListener('peer:disconnect', gone);
          desk.start();
          keeper.start();
        }
        await card?.start();
        const pass = () => {
          talk.pass();
          passing = clock.after(PASS_MS, pass);
        };
        if (relaying) pass();
        const count = () => {
          const counts = paths.count();
          for (const path of PATH_KINDS) metrics.set('zerostate_peers_by_path', counts[path], { path });
          counting = clock.after(COUNT_MS, count);
        };
        count();
      },
      stop: async () => {
        passing?.();
        counting?.();
        card?.stop();
        keeper.stop();
        links.opener = undefined;
        host.removeEventListener('peer:disconnect', gone);
        forward.stop();
        links.stop();
        await reporter.stop();
        await desk.stop();
      },
    },
  ];
  return { routing, services };
}

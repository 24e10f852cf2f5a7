// Routing as the API shows it: no infinities, no bigints, times as text.

import Type, { type Static } from 'typebox';
import type { Candidate } from '../../protocol/routing/index.ts';
import { rfc3339 } from '../clock/index.ts';
import type { Routing } from './routing.ts';
import type { StreamRecord } from './stream-book.ts';

const text = Type.String();
const number = Type.Number();
const maybe = Type.Union([Type.Number(), Type.Null()]);

const candidateSchema = Type.Object({
  neighbour: text,
  name: text,
  /** Expected milliseconds, the sum of the terms; null where it was not considered. */
  costMs: maybe,
  confidence: number,
  terms: Type.Record(Type.String(), maybe),
  /** Why it was not considered; empty when it was. */
  excluded: text,
});
const attemptSchema = Type.Object({
  policy: text,
  reason: text,
  next: text,
  /** Relays that it was to go round from there on: ways through them took longer than they say. */
  around: Type.Array(text),
  tookMs: number,
  error: text,
  candidates: Type.Array(candidateSchema),
});
const streamFields = {
  id: text,
  state: text,
  from: text,
  to: text,
  class: text,
  stayIn: text,
  guild: text,
  /** Most that a hop may ask for a MiB; empty: whatever it asks. */
  ceiling: text,
  trace: text,
  via: Type.Array(text),
  path: Type.Array(text),
  startedAt: text,
  endedAt: Type.Union([text, Type.Null()]),
  setupMs: maybe,
  up: number,
  down: number,
  error: text,
  attempts: Type.Array(attemptSchema),
};
const streamSchema = Type.Object(streamFields);
export type StreamView = Static<typeof streamSchema>;
/** A stream, and the others of its name, which other hops have handed over. */
export const whySchema = Type.Object({ ...streamFields, others: Type.Array(streamSchema) });
export type WhyView = Static<typeof whySchema>;

const relaySchema = Type.Object({
  peerId: text,
  name: text,
  region: text,
  connected: Type.Boolean(),
  draining: Type.Boolean(),
  backbone: Type.Boolean(),
  rttMs: maybe,
  jitterMs: number,
  loss: number,
  inFlight: number,
  streams: number,
  streamsMax: number,
  carried: number,
  failed: number,
  pricePerMiB: text,
  currency: text,
  reputation: number,
});
const linkSchema = Type.Object({
  id: text,
  peer: text,
  direction: text,
  path: Type.Array(text),
  streams: number,
  moves: number,
  attached: Type.Boolean(),
});
export const statusSchema = Type.Object({
  relaying: Type.Boolean(),
  policy: text,
  draining: Type.Boolean(),
  /** Streams of others that pass through here now. */
  forwarding: number,
  relays: Type.Array(relaySchema),
  /** Connected peers by how they are connected. */
  paths: Type.Object({ direct: number, punched: number, relayed: number, routed: number }),
  /** Connections of this node that go through relays. */
  links: Type.Array(linkSchema),
  streams: Type.Array(streamSchema),
});
export type RoutingStatusView = Static<typeof statusSchema>;

const routeSchema = Type.Object({
  to: text,
  name: text,
  next: text,
  reason: text,
  remainingMs: maybe,
  candidates: Type.Array(candidateSchema),
});
export const routesSchema = Type.Object({ policy: text, routes: Type.Array(routeSchema) });
export type RoutesView = Static<typeof routesSchema>;

/** Names of peers, for people. */
export type NameOf = (peerId: string) => string;

const finite = (ms: number | undefined): number | null =>
  ms === undefined || !Number.isFinite(ms) ? null : Math.round(ms * 10) / 10;

function candidateView(
  { confidence, costMs, excluded, neighbour, terms }: Candidate,
  nameOf: NameOf,
  guards: Readonly<Record<string, string>> = {},
) {
  const guard = guards[neighbour];
  return {
    neighbour,
    name: nameOf(neighbour),
    costMs: excluded === undefined ? finite(costMs) : null,
    confidence: Math.round(confidence * 1_000) / 1_000,
    terms: Object.fromEntries(Object.entries(terms).map(([name, ms]) => [name, finite(ms)])),
    excluded: excluded === undefined ? '' : guard === undefined ? excluded : `${excluded}: ${guard}`,
  };
}

/** One stream. */
function streamView(record: StreamRecord, nameOf: NameOf): StreamView {
  return {
    id: record.id,
    state: record.state,
    from: record.from,
    to: record.to,
    class: record.slaClass,
    stayIn: record.region,
    guild: record.guild,
    ceiling: record.ceiling,
    trace: record.trace,
    via: [...record.via],
    path: [...record.path],
    startedAt: rfc3339(record.startedAt),
    endedAt: record.endedAt === undefined ? null : rfc3339(record.endedAt),
    setupMs: finite(record.setupMs),
    up: record.up,
    down: record.down,
    error: record.error ?? '',
    attempts: record.attempts.map(({ around, decision, error, guards, tookMs }) => ({
      policy: decision.policy,
      reason: decision.reason,
      next: decision.next ?? '',
      around: [...around],
      tookMs: finite(tookMs) ?? 0,
      error: error === undefined ? '' : `${error.code}: ${error.message}`,
      candidates: decision.candidates.map((one) => candidateView(one, nameOf, guards)),
    })),
  };
}

/** The streams of one name, the newest first. */
export function whyView(records: readonly StreamRecord[], nameOf: NameOf): WhyView {
  const [newest, ...others] = records.map((record) => streamView(record, nameOf)) as [StreamView];
  return { ...newest, others };
}

/** How routing is here. */
export function statusView(routing: Routing, nameOf: NameOf, streams: number): RoutingStatusView {
  return {
    relaying: routing.relaying,
    policy: routing.policyName,
    draining: routing.draining,
    forwarding: routing.forwarding,
    relays: routing.relays().map(({ asked, connected, entry, measured, terms }) => ({
      peerId: entry.peerId,
      name: entry.name,
      region: entry.region,
      connected,
      draining: measured.draining,
      backbone: terms?.backbone ?? false,
      rttMs: finite(measured.rttMs),
      jitterMs: finite(measured.jitterMs) ?? 0,
      loss: Math.round(measured.loss * 1_000) / 1_000,
      inFlight: measured.inFlight,
      streams: measured.streams,
      streamsMax: measured.streamsMax,
      carried: measured.carried,
      failed: measured.failed,
      pricePerMiB: String(asked?.pricePerMiB ?? 0n),
      currency: asked?.currency ?? '',
      reputation: Math.round(routing.reputationOf(entry.peerId) * 1_000) / 1_000,
    })),
    paths: routing.peersByPath(),
    links: routing.links().map((link) => ({ ...link, path: [...link.path] })),
    streams: routing.streams(streams).map((record) => streamView(record, nameOf)),
  };
}

/** How streams to some peers would go now. */
export function routesView(routing: Routing, peers: readonly string[], nameOf: NameOf): RoutesView {
  return {
    policy: routing.policyName,
    routes: routing.routes(peers).map(({ candidates, next, reason, remainingMs, to }) => ({
      to,
      name: nameOf(to),
      next: next ?? '',
      reason,
      remainingMs: finite(remainingMs),
      candidates: candidates.map((one) => candidateView(one, nameOf)),
    })),
  };
}

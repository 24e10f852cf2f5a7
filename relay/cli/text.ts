// Relays, streams and routes in words.

import { plain, table } from '../../node/cli/index.ts';
import type { RoutesView, RoutingStatusView, StreamView, WhyView } from '../../node/routing/index.ts';

type Candidate = RoutesView['routes'][number]['candidates'][number];

const ms = (value: number | null): string => (value === null ? '' : `${Math.round(value)} ms`);
const short = (peer: string): string => (peer === '' ? '' : `…${peer.slice(-8)}`);
const who = (name: string, peer: string): string => (name === '' ? short(peer) : plain(name));

/** How many of the connected peers are reached how. */
export function pathsText(paths: RoutingStatusView['paths']): string {
  const total = Object.values(paths).reduce((sum, count) => sum + count, 0);
  const share = ([kind, count]: [string, number]) =>
    `${count} ${kind}${count === 0 || count === total ? '' : ` (${Math.round((100 * count) / total)} %)`}`;
  return `${total} peers connected: ${Object.entries(paths).map(share).join(', ')}`;
}

/** "zerostate relay status". */
export function statusText(view: RoutingStatusView): string {
  const role = view.relaying
    ? `relays${view.draining ? ', draining: takes no new streams' : ''}, ${view.forwarding} streams pass through`
    : 'uses relays, is none';
  const relays = table([
    ['RELAY', 'REGION', 'STATE', 'RTT', 'LOSS', 'CARRIES', 'OURS', 'FAILED', 'PRICE/MiB', 'STANDING'],
    ...view.relays.map((one) => [
      `${plain(one.name)}${one.backbone ? ' (backbone)' : ''}`,
      one.region,
      one.draining ? 'draining' : one.connected ? 'connected' : 'heard of',
      ms(one.rttMs),
      `${Math.round(one.loss * 100)} %`,
      one.streamsMax === 0 ? '' : `${one.streams} of ${one.streamsMax}`,
      String(one.carried),
      String(one.failed),
      one.pricePerMiB === '0' ? 'free' : `${one.pricePerMiB} ${plain(one.currency)}`,
      one.reputation.toFixed(3),
    ]),
  ]);
  const names = new Map(view.relays.map(({ name, peerId }) => [peerId, name]));
  const path = (peers: readonly string[]) =>
    peers.map((peer) => who(names.get(peer) ?? '', peer)).join(' > ');
  const links = view.links.map(
    (one) =>
      `  ${one.direction === 'outbound' ? 'to' : 'from'} ${short(one.peer)} by ${path(one.path)}${one.attached ? '' : ', finding another path'}: ${one.streams} streams, moved ${one.moves} times`,
  );
  const streams = view.streams.map(
    (one) =>
      `  ${one.id.slice(0, 12)}  ${one.state.padEnd(8)} ${short(one.from)} to ${short(one.to)}${one.path.length === 0 ? '' : ` by ${path(one.path)}`}  ${one.up + one.down} bytes  ${one.error === '' ? '' : plain(one.error).slice(0, 90)}`,
  );
  return [
    `policy ${view.policy}; ${role}`,
    pathsText(view.paths),
    '',
    view.relays.length === 0 ? 'no relay is known' : relays,
    ...(links.length === 0 ? [] : ['', 'peers reached through relays:', ...links]),
    ...(streams.length === 0 ? [] : ['', 'newest streams (zerostate relay why STREAM):', ...streams]),
  ].join('\n');
}

function candidateRows(candidates: readonly Candidate[], next: string): string {
  return table([
    ['', 'NEIGHBOUR', 'COST', 'CONFIDENCE', 'MADE OF'],
    ...candidates.map((one) => [
      one.neighbour === next ? '>' : '',
      who(one.name, one.neighbour),
      ms(one.costMs),
      one.confidence.toFixed(2),
      one.excluded === ''
        ? Object.entries(one.terms)
            .filter(([, value]) => value !== 0)
            .map(([name, value]) => `${name} ${value === null ? 'unknown' : Math.round(value)}`)
            .join(', ')
        : `not considered: ${plain(one.excluded)}`,
    ]),
  ]);
}

/** "zerostate relay routes". */
export function routesText({ policy, routes }: RoutesView): string {
  if (routes.length === 0)
    return `policy ${policy}; nobody asked for a way lately: zerostate relay routes PEER`;
  return routes
    .map(({ candidates, name, next, reason, remainingMs, to }) =>
      [
        `to ${who(name, to)}: ${next === '' ? 'no way' : `${reason}, ${ms(remainingMs)} to go`}`,
        candidateRows(candidates, next),
      ].join('\n'),
    )
    .join('\n\n');
}

/** "zerostate relay why". */
export function whyText({ others, ...view }: WhyView): string {
  return [
    oneText(view),
    ...others.map((one) => `\nanother of that name, handed over by ${short(one.from)}:\n${oneText(one)}`),
  ].join('\n');
}

function oneText(view: StreamView): string {
  const conditions = [
    `class ${view.class}`,
    ...(view.stayIn === '' ? [] : [`stays in ${view.stayIn}`]),
    ...(view.guild === '' ? [] : [`guild ${plain(view.guild)}`]),
    ...(view.ceiling === '' ? [] : [`at most ${plain(view.ceiling)} for a MiB`]),
    ...(view.trace === '' ? [] : [`trace ${plain(view.trace)}`]),
  ].join(', ');
  return [
    `stream ${view.id}`,
    `  from ${view.from} to ${view.to}`,
    `  ${conditions}; began ${view.startedAt}, ${view.state}${view.setupMs === null ? '' : `, open after ${ms(view.setupMs)}`}`,
    ...(view.via.length === 0 ? [] : [`  came by, or goes round, ${view.via.map(short).join(', ')}`]),
    ...(view.path.length === 0 ? [] : [`  goes on by ${view.path.map(short).join(' > ')}`]),
    `  ${view.up} bytes there, ${view.down} back${view.error === '' ? '' : `; ended: ${plain(view.error)}`}`,
    ...view.attempts.flatMap((one, at) => [
      '',
      `attempt ${at + 1}, policy ${one.policy}: ${one.next === '' ? 'nobody' : short(one.next)} (${one.reason}), ${ms(one.tookMs)}${one.error === '' ? ', taken over' : `, ${plain(one.error)}`}`,
      ...(one.around.length === 0 ? [] : [`  to go round ${one.around.map(short).join(', ')}`]),
      candidateRows(one.candidates, one.next),
    ]),
  ].join('\n');
}

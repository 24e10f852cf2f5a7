// One run of tier T0: real nodes over TCP on loopback, in the machine's own time. Imported once the sockets are slow.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { tcp } from '@libp2p/tcp';
import type { Multiaddr } from '@multiformats/multiaddr';
import type { Wire } from '../net/wire.ts';
import type { Scenario, TierResult } from '../scenario/index.ts';
import { TCP_FIDELITY } from './fidelity.ts';
import type { FromRun } from './messages.ts';
import { runReal, Tracer } from './run.ts';
import { ipOfNode, nodeOfIp } from './tcp-links.ts';
import { machineTime } from './timeline.ts';
import type { ReliableWire } from './wire.ts';

/** Between two looks at how late the machine is, in milliseconds. */
const LATE_LOOK_MS = 5;
const MS_IN_NS = 1e6;

export interface TcpRunOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly model: Wire;
  readonly wire: ReliableWire;
  readonly tell: (message: FromRun) => void;
  readonly isTraced: boolean;
  /** Set to what is told of every piece that arrives. */
  readonly listen: (onPiece: (from: number, to: number, bytes: number) => void) => void;
}

/** TCP of one node: from its own address, and only to neighbours of the topology. */
function tcpOf(n: number, wire: ReliableWire): ReturnType<typeof tcp> {
  const make = tcp({ dialOpts: { localAddress: ipOfNode(n) } as never });
  return (components) => {
    const transport = make(components);
    const filter = transport.dialFilter.bind(transport);
    const isNear = (address: Multiaddr): boolean => {
      const other = nodeOfIp(/^\/ip4\/([\d.]+)\//.exec(address.toString())?.[1]);
      return other >= 0 && wire.reaches(n, other);
    };
    transport.dialFilter = (addresses) => filter(addresses).filter(isNear);
    return transport;
  };
}

/** Runs it to its end. */
export async function runTcp(options: TcpRunOptions): Promise<TierResult> {
  const { isTraced, listen, model, scenario, seed, tell, wire } = options;
  const tracer = isTraced ? new Tracer(machineTime, tell) : undefined;
  let pieces = 0;
  let bytes = 0;
  const lateness = monitorEventLoopDelay({ resolution: LATE_LOOK_MS });
  listen((from, to, size) => {
    pieces += 1;
    bytes += size;
    tracer?.add({ kind: 'message', node: to, peer: from, what: `${size} bytes` });
  });
  const { checks, metrics, samples, seconds } = await runReal(
    {
      scenario,
      seed,
      topology: model.topology,
      time: machineTime,
      site: {
        listen: (n) => `/ip4/${ipOfNode(n)}/tcp/0`,
        carrier: (n) => ({ transports: [tcpOf(n, wire)] }),
      },
      onBegin(at) {
        wire.begin(at);
        pieces = 0;
        bytes = 0;
        lateness.enable();
      },
      events: () => pieces,
      carried: () => ({ pieces, bytes }),
      tell,
    },
    tracer,
  );
  lateness.disable();
  const lateMs = Math.max(0, lateness.percentile(95) / MS_IN_NS - LATE_LOOK_MS);
  return {
    tier: 'T0',
    fidelity: TCP_FIDELITY,
    events: pieces,
    virtualSeconds: seconds,
    traceHash: '',
    // How late timers were, nineteen in twenty: what of the figures is the machine's and not the network's.
    metrics: { ...metrics, 'machine.late.p95Ms': lateMs },
    samples,
    checks,
  };
}

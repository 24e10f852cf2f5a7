// Makes one node of several in a process a relay that lies: it claims links and ways of a millisecond, takes every stream over, and then hands it
// on late, and some of them not at all. Everything else is the real relay. A whole process that lies: lying-relay.ts.

import type { Connection, Stream, StreamHandler, StreamHandlerOptions } from '@libp2p/interface';
import type { ZerostateNode } from '../../node/index.ts';
import { Reports } from '../../node/routing/reports.ts';
import { forwardProtocol } from '../../node/routing/wire.ts';
import { decodeReply, encodeReply } from '../../protocol/forward/index.ts';
import { Router } from '../../protocol/routing/router.ts';
import { CLAIMED_MS, type Lies } from './lying-relay.ts';

const claims = new Map<string, () => Lies>();

/** Boasts are woven in once, for all nodes of this process: who is not in the map says what is so. */
function weave(): void {
  const boasts = (self: string) => claims.get(self)?.().boasts === true;
  const { own } = Reports.prototype;
  Reports.prototype.own = function (report) {
    const links = report.links.map(({ to }) => ({ to, costMs: CLAIMED_MS }));
    own.call(this, boasts(report.author) ? { ...report, links } : report);
  };
  const { remaining } = Router.prototype;
  Router.prototype.remaining = function (destination, view, ...rest) {
    const honest = remaining.call(this, destination, view, ...rest);
    return boasts(view.self) ? Math.min(CLAIMED_MS, honest) : honest;
  };
}

/** To be called before the node starts. `random` answers from 0 to 1. */
export function lieAt({ host, peerId }: ZerostateNode, lies: () => Lies, random: () => number): void {
  if (claims.size === 0) weave();
  claims.set(peerId, lies);
  const handle = host.handle.bind(host);
  host.handle = async (protocols, handler, options) => {
    const forwards = [protocols].flat().every((protocol) => protocol.endsWith('/forward/1'));
    const lying = async (stream: Stream, connection: Connection) => {
      // A header that came with its stream waits here already.
      const isHere = (stream as unknown as { readonly readBufferLength: number }).readBufferLength > 0;
      const { lateMs = 0 } = lies();
      spoil(stream, lies, random, isHere ? lateMs : undefined);
      if (isHere && lateMs > 0) await new Promise((resolve) => setTimeout(resolve, lateMs));
      return await handler(stream, connection);
    };
    await handle(protocols, forwards ? lying : handler, options);
  };
}

interface Registrar {
  getHandler(protocol: string): { readonly handler: StreamHandler; readonly options: StreamHandlerOptions };
}

/** The same for a node that runs already. */
export async function lieFromNowOn(
  node: ZerostateNode,
  lies: () => Lies,
  random: () => number,
): Promise<void> {
  const { host } = node;
  const { registrar } = (host as unknown as { components: { registrar: Registrar } }).components;
  const protocol = forwardProtocol(node.config.network);
  const { handler, options } = registrar.getHandler(protocol);
  lieAt(node, lies, random);
  await host.handle(protocol, handler, { ...options, force: true });
}

/** The bytes of the sender that stay: `onData` of a stream is what its muxer calls. */
interface Reading {
  onData(data: { readonly byteLength: number; slice(): never }): void;
}

/** `headerMs`: by how much the header is late already; undefined: it is still to come. */
function spoil(stream: Stream, lies: () => Lies, random: () => number, headerMs: number | undefined): void {
  const reading = stream as unknown as Reading;
  const onData = reading.onData.bind(stream);
  let dropped = headerMs === undefined ? undefined : random() < (lies().drops ?? 0);
  let lateMs = headerMs ?? 0;
  reading.onData = (data) => {
    const { drops = 0, lateMs: late = 0, slowMs = 0 } = lies();
    // The header comes first: it is answered as if all were well.
    const isHeader = dropped === undefined;
    if (isHeader) lateMs = late;
    else if (dropped) return;
    dropped ??= random() < drops;
    const waitMs = isHeader ? late : slowMs;
    // A copy: what is below uses its buffers again.
    const copy = data.slice();
    if (waitMs === 0) onData(copy);
    else setTimeout(() => onData(copy), waitMs);
  };
  const send = stream.send.bind(stream);
  let answered = false;
  stream.send = (data) => {
    const { slowMs = 0 } = lies();
    const bytes = data.subarray();
    if (!answered) {
      answered = true;
      return send(excused(bytes, lateMs));
    }
    if (slowMs === 0 || lateMs === 0) return send(bytes);
    const copy = bytes.slice();
    setTimeout(() => {
      if (stream.writeStatus === 'writable') send(copy);
    }, slowMs);
    return true;
  };
}

/** An answer with its length before it, in which the time that was wasted is said to have been needed. */
function excused(framed: Uint8Array, lateMs: number): Uint8Array {
  const headBytes = framed[0]! < 128 ? 1 : 2;
  const reply = decodeReply(framed.subarray(headBytes));
  if (!reply.ok) return framed;
  const bytes = encodeReply({ ...reply, tookMs: reply.tookMs + lateMs });
  const head = bytes.length < 128 ? [bytes.length] : [(bytes.length & 127) | 128, bytes.length >> 7];
  return Uint8Array.from([...head, ...bytes]);
}

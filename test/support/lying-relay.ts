// Preloaded (--import) into a relay's process: makes it a relay that lies, as the file named by LIES_FILE says, while that file says so. It
// claims links of a millisecond and ways of one, answers probes at once, takes every stream over, and then hands it on late, and some of
// them not at all. Everything else is the real relay. What it does to itself is nobody's concern but that of the relays and edges around it.

import { readFileSync, watchFile } from 'node:fs';
import type { Stream } from '@libp2p/interface';
import { AbstractMessageStream } from '@libp2p/utils';
import { Hops } from '../../node/routing/hops.ts';
import { Reports } from '../../node/routing/reports.ts';
import { RouteDesk } from '../../node/routing/route-desk.ts';
import { randomStream } from '../../sim/random.ts';

/** How a relay lies; left out: not at all. */
export interface Lies {
  /** Claims links and ways of a millisecond. */
  readonly boasts?: boolean;
  /** Milliseconds by which it hands streams on late. */
  readonly lateMs?: number;
  /** Milliseconds by which what passes on them is late, each way. */
  readonly slowMs?: number;
  /** Share of the streams (0 to 1) of which it hands on nothing. */
  readonly drops?: number;
}

const LOOK_MS = 200;
/** The end of the words that name the protocol of forwarded streams. */
const NAME = '/forward/1\n';
/** What a boaster says that a link takes. */
export const CLAIMED_MS = 1;

/** Makes every relay of this process lie as `lies` says at the time. */
export function lie(lies: () => Lies, random: () => number): void {
  const { own } = Reports.prototype;
  Reports.prototype.own = function (report) {
    const claimed = report.links.map(({ to }) => ({ to, costMs: CLAIMED_MS }));
    own.call(this, lies().boasts === true ? { ...report, links: claimed } : report);
  };
  const { remaining } = RouteDesk.prototype;
  RouteDesk.prototype.remaining = function (destination, exclude) {
    const honest = remaining.call(this, destination, exclude);
    return lies().boasts === true ? Math.min(CLAIMED_MS, honest) : honest;
  };
  const { open } = Hops.prototype;
  Hops.prototype.open = async function (header, origin, signal) {
    const { lateMs = 0 } = lies();
    if (origin.relaying && lateMs > 0) await new Promise((resolve) => setTimeout(resolve, lateMs));
    return await open.call(this, header, origin, signal);
  };
  const { onData } = AbstractMessageStream.prototype;
  const seen = new WeakMap<object, { readonly dropped: boolean }>();
  const named = new WeakSet<object>();
  AbstractMessageStream.prototype.onData = function (data) {
    const { direction, protocol } = this as unknown as Stream;
    const { drops = 0, slowMs = 0 } = lies();
    // The header comes with the words that name the protocol, or right behind them, before the protocol is known.
    if (protocol === '' && !seen.has(this)) {
      const text = Buffer.from(data.subarray()).toString('latin1');
      const at = text.indexOf(NAME);
      if (at >= 0) named.add(this);
      if (named.has(this) && at + NAME.length < text.length) seen.set(this, { dropped: random() < drops });
      onData.call(this, data);
      return;
    }
    if (protocol?.endsWith('/forward/1') !== true || (drops === 0 && slowMs === 0)) {
      onData.call(this, data);
      return;
    }
    const known = seen.get(this);
    if (known === undefined) {
      // The header, or the answer of the next hop: what is taken over late is said above.
      seen.set(this, { dropped: direction === 'inbound' && random() < drops });
      onData.call(this, data);
    } else if (!known.dropped) {
      // A copy: what is below uses its buffers again.
      const copy = data.slice();
      setTimeout(() => onData.call(this, copy), slowMs);
    }
  };
}

const file = process.env.LIES_FILE;

if (file !== undefined) {
  let lies: Lies = {};
  const read = () => {
    lies = JSON.parse(readFileSync(file, 'utf8')) as Lies;
  };
  read();
  watchFile(file, { interval: LOOK_MS, persistent: false }, read);
  const random = randomStream(1, 'lies');
  lie(
    () => lies,
    () => random.unit(),
  );
}

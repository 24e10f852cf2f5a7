// Two sites with a router between them, of network namespaces of this machine: each place is a network of its own for the processes in
// it, and the router drops what it is told to, in one direction or in both. Needs root and iproute2, and no traffic control.

import { execFileSync } from 'node:child_process';
import type { Place } from '../fleet/fleet.ts';

const SITES = [0, 1] as const;
/** What the two sites' addresses begin with: private, and seldom in use. They are only known within the namespaces. */
const PREFIX = '10.213';

type Site = (typeof SITES)[number];

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Why namespaces cannot be used here, or undefined when they can. */
export function namespacesRefused(): string | undefined {
  if (process.platform !== 'linux') return 'only Linux has them';
  if (process.getuid?.() !== 0) return 'they need root';
  const probe = `zs-probe-${process.pid}`;
  try {
    ip('netns', 'add', probe);
    ip('netns', 'del', probe);
    return undefined;
  } catch {
    return '"ip netns" does not work here';
  }
}

/** The sites. Remove them with `using`. */
export class TwoSites implements Disposable {
  readonly #name: string;
  readonly #made: string[] = [];
  /** Where processes can be: the first half in the one site, the rest in the other. */
  readonly places: readonly Place[];

  constructor(placesEach: number) {
    this.#name = `zs${process.pid}`;
    try {
      this.#add(this.#router);
      ip('netns', 'exec', this.#router, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
      this.places = SITES.flatMap((site) => this.#addSite(site, placesEach));
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  get #router(): string {
    return `${this.#name}-r`;
  }

  #add(namespace: string): void {
    ip('netns', 'add', namespace);
    this.#made.push(namespace);
  }

  #addSite(site: Site, places: number): Place[] {
    const [router, bridge] = [this.#router, `site${site}`];
    ip('-n', router, 'link', 'add', bridge, 'type', 'bridge');
    ip('-n', router, 'addr', 'add', `${PREFIX}.${site}.1/24`, 'dev', bridge);
    ip('-n', router, 'link', 'set', bridge, 'up');
    return Array.from({ length: places }, (_, i) => {
      const namespace = `${this.#name}-${site}-${i}`;
      const port = `port${site}-${i}`;
      // Within the lower half of the site's addresses, which is what is cut.
      const address = `${PREFIX}.${site}.${i + 2}`;
      this.#add(namespace);
      ip('-n', router, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
      ip('-n', router, 'link', 'set', port, 'master', bridge, 'up');
      ip('-n', namespace, 'link', 'set', 'lo', 'up');
      ip('-n', namespace, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
      ip('-n', namespace, 'link', 'set', 'eth0', 'up');
      ip('-n', namespace, 'route', 'add', 'default', 'via', `${PREFIX}.${site}.1`);
      return { namespace, address };
    });
  }

  /** From now on the router drops, in silence, every packet to this site; what the site sends still arrives. */
  cutTo(site: Site): void {
    ip('-n', this.#router, 'route', 'add', 'blackhole', `${PREFIX}.${site}.0/25`);
  }

  /** Ends what cutTo began. */
  heal(site: Site): void {
    ip('-n', this.#router, 'route', 'del', 'blackhole', `${PREFIX}.${site}.0/25`);
  }

  [Symbol.dispose](): void {
    // With a namespace go its interfaces, and with the router's both bridges.
    for (const namespace of this.#made.splice(0).reverse()) ip('netns', 'del', namespace);
  }
}

// What the host could not listen on. The library goes on without, as it must where a circuit's relay is down; an address of one's own that is
// taken is no such thing: a node, above all a relay, that seems to be up and cannot be reached helps nobody.

import type { Listener } from '@libp2p/interface';
import type { Multiaddr } from '@multiformats/multiaddr';
import { ZeroError } from '../../protocol/errors/index.ts';

/** What of a transport is watched. */
interface Listens {
  createListener(options: never): Listener;
}

/** Watches transports while the host starts. */
export class Listening {
  readonly #failed: { readonly address: string; readonly cause: NodeJS.ErrnoException }[] = [];

  /** The same transport, with its failures remembered. */
  watch<C, T extends Listens>(make: (components: C) => T): (components: C) => T {
    return (components) => {
      const transport = make(components);
      const create = transport.createListener.bind(transport);
      transport.createListener = (options) => {
        const listener = create(options);
        const listen = listener.listen.bind(listener);
        listener.listen = async (address: Multiaddr) => {
          try {
            await listen(address);
          } catch (cause) {
            this.#failed.push({ address: String(address), cause: cause as NodeJS.ErrnoException });
            throw cause;
          }
        };
        return listener;
      };
      return transport;
    };
  }

  /** To be asked once the host has started. Throws PORT_IN_USE, or CONFIG_INVALID for an address that this machine does not have or may not use. */
  check(): void {
    for (const { address, cause } of this.#failed) {
      const { code } = cause;
      if (code === 'EADDRINUSE') throw new ZeroError('PORT_IN_USE', `${address} is taken`, { cause });
      if (code === 'EACCES')
        throw new ZeroError('CONFIG_INVALID', `this user may not listen on ${address}`, {
          cause,
          hint: 'Ports below 1024 need a privilege; choose a larger one with --listen.',
        });
      // Many machines have no IPv6: an address of that kind may be missing.
      if (code === 'EADDRNOTAVAIL' && !address.startsWith('/ip6/'))
        throw new ZeroError('CONFIG_INVALID', `this machine has no address ${address} to listen on`, {
          cause,
          hint: 'Listen on one that it has, or on /ip4/0.0.0.0/tcp/…, and name the public one under announce.',
        });
    }
  }
}

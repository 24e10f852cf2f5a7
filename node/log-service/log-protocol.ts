// Logs over libp2p: one request names a log and a path, the answer is what lies there. The same resources as over HTTP, so that whoever
// is connected needs no address of an API.

import type { PeerId } from '@libp2p/interface';
import { fromUtf8, utf8 } from '../../protocol/bytes/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import { ORIGIN_PREFIX } from '../../protocol/log/index.ts';
import type { Rpc, RpcProtocol } from '../rpc/index.ts';
import type { LogResources } from './resources.ts';

/** Bytes of a request: an origin and a path. */
const REQUEST_BYTES_MAX = 512;
/** Bytes of an answer: a note of the largest form, a full bundle of our records (13 kB), a tile (8 KiB) or evidence (64 KiB). */
const RESPONSE_BYTES_MAX: number = 256 * 1024;
/** The one path that belongs to no log. */
const FORKS = /^zerostate\.dev\/log\/(forks\/.*)$/;
/** Characters of a peer id of a node, as an origin ends. */
const PEER_ID_CHARS = 52;

/** Serves and asks for resources of logs. */
export class LogProtocol {
  readonly #rpc: Rpc;
  readonly #resources: LogResources;
  readonly #protocol: RpcProtocol;
  /** Answers which logs are known to have forked; set by who knows. */
  onForks: (path: string) => Uint8Array = () => new Uint8Array();

  constructor(deps: { rpc: Rpc; resources: LogResources; network: string }) {
    this.#rpc = deps.rpc;
    this.#resources = deps.resources;
    this.#protocol = {
      id: `/zerostate/${deps.network}/log/1`,
      evenConfined: true,
      sheds: 'bulk',
      requestBytesMax: REQUEST_BYTES_MAX,
      responseBytesMax: RESPONSE_BYTES_MAX,
      timeoutMs: 10_000,
      // An audit reads tile after tile.
      perSecond: 100,
      burst: 1_000,
    };
  }

  async start(): Promise<void> {
    await this.#rpc.handle(this.#protocol, async (request) => {
      const forks = FORKS.exec(fromUtf8(request))?.[1];
      if (forks !== undefined) return this.onForks(forks);
      const { origin, path } = readRequest(request);
      return (await this.#resources.read(origin, path)).bytes;
    });
  }

  /** The libp2p protocol id. */
  get id(): string {
    return this.#protocol.id;
  }

  /** What a peer has at a path of a log; nothing of it is verified. Throws PEER_UNREACHABLE, NOT_FOUND, or as the peer answered. */
  async fetch(peer: PeerId, origin: string, path: string, signal?: AbortSignal): Promise<Uint8Array> {
    const options = signal === undefined ? {} : { signal };
    return await this.#rpc.call(
      peer,
      this.#protocol,
      utf8(origin === ORIGIN_PREFIX ? origin + path : `${origin}/${path}`),
      options,
    );
  }
}

function readRequest(request: Uint8Array): { origin: string; path: string } {
  const text = fromUtf8(request);
  const at = ORIGIN_PREFIX.length + PEER_ID_CHARS;
  if (!text.startsWith(ORIGIN_PREFIX) || text[at] !== '/')
    throw new ZeroError('DECODE_FAILED', 'the request names no log');
  return { origin: text.slice(0, at), path: text.slice(at + 1) };
}

// Asking witnesses over libp2p: the request of C2SP tlog-witness as it is, the answer as status, type and body. One request, one answer.

import { encode } from '@ipld/dag-cbor';
import type { PeerId } from '@libp2p/interface';
import { utf8 } from '../../protocol/bytes/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import {
  ADD_CHECKPOINT_BYTES_MAX,
  type AddCheckpoint,
  COSIGNATURES_BYTES_MAX,
  encodeAddCheckpoint,
} from '../../protocol/log/index.ts';
import { decodeCborMap } from '../rpc/cbor.ts';
import type { Rpc, RpcProtocol } from '../rpc/index.ts';
import type { Witness, WitnessAnswer } from './witness.ts';

/** Serves a witness and asks others. */
export class WitnessProtocol {
  readonly #rpc: Rpc;
  readonly #witness: Witness;
  readonly #protocol: RpcProtocol;

  constructor(deps: { rpc: Rpc; witness: Witness; network: string }) {
    this.#rpc = deps.rpc;
    this.#witness = deps.witness;
    this.#protocol = {
      id: `/zerostate/${deps.network}/witness/1`,
      requestBytesMax: ADD_CHECKPOINT_BYTES_MAX,
      responseBytesMax: COSIGNATURES_BYTES_MAX,
      timeoutMs: 10_000,
      // Each request that is granted costs a signature and a write to the disk; a node asks about once a second when its log grows.
      perSecond: 5,
      burst: 20,
    };
  }

  /** The libp2p protocol id. */
  get id(): string {
    return this.#protocol.id;
  }

  async start(): Promise<void> {
    await this.#rpc.handle(this.#protocol, async (request, peer) =>
      encode(await this.#witness.answer(request, peer.toString())),
    );
  }

  /** Asks a peer to cosign. Throws PEER_UNREACHABLE, BUSY or DECODE_FAILED. */
  async ask(peer: PeerId, request: AddCheckpoint, signal?: AbortSignal): Promise<WitnessAnswer> {
    const options = signal === undefined ? {} : { signal };
    const bytes = await this.#rpc.call(peer, this.#protocol, utf8(encodeAddCheckpoint(request)), options);
    const { status, type, body } = decodeCborMap(bytes, 'the witness’s answer') as Partial<WitnessAnswer>;
    if (typeof status !== 'number' || typeof type !== 'string' || typeof body !== 'string')
      throw new ZeroError('DECODE_FAILED', 'the witness’s answer has another form');
    return { status, type, body };
  }
}

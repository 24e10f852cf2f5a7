// One question to one member: the manifest, the parts it lacks, and its answer. Repeating it under the same token joins the same run.

import { multiaddr } from '@multiformats/multiaddr';
import { encodeEnvelope } from '../../protocol/envelope/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import type { VerifiedManifest } from '../../protocol/task/index.ts';
import type { BookEntry } from '../cards/card-book.ts';
import type { CardService } from '../cards/card-service.ts';
import type { Clock } from '../clock/index.ts';
import type { Host } from '../host/create.ts';
import { peerOfText } from '../host/peer-of-text.ts';
import type { Rpc } from '../rpc/index.ts';
import { askAgain } from './ask-again.ts';
import type { Batches } from './batches.ts';
import type { Executor } from './executor.ts';
import { partsOfManifest } from './gather.ts';
import type { LiveText } from './live-output.ts';
import type { Loads } from './loads.ts';
import type { TaskParts } from './parts.ts';
import { PeerParts } from './peer-parts.ts';
import type { Member } from './task-book.ts';
import {
  type ControlRequest,
  decodeStandings,
  decodeTaskResponse,
  encodeControl,
  encodeTaskRequest,
  TASK_REQUEST_BYTES_MAX,
  type TaskRequest,
  type TaskResponse,
  type TaskStanding,
  taskControlProtocol,
  taskProtocolId,
} from './wire.ts';
import {
  decodeLiveText,
  encodeOutputRequest,
  type OutputRequest,
  taskOutputProtocol,
} from './wire-output.ts';

/** What the manifest and the frame need beside the attached parts. */
const FRAME_BYTES = 1024 * 1024;

export interface AskerDeps {
  readonly rpc: Rpc;
  readonly batches: Batches;
  readonly host: Host;
  readonly cards: CardService;
  readonly executor: Executor;
  readonly loads: Loads;
  readonly parts: TaskParts;
  readonly clock: Clock;
  readonly network: string;
}

/** Asks members. */
export class Asker {
  readonly #deps: AskerDeps;
  /** What peers were given before, so that a module travels once. */
  readonly given = new PeerParts();

  constructor(deps: AskerDeps) {
    this.#deps = deps;
  }

  /** Has a member run the task. Throws what it refused with, or PEER_UNREACHABLE; what `signal` was aborted with. */
  async run(
    manifest: VerifiedManifest,
    member: Member,
    token: number,
    signal: AbortSignal,
  ): Promise<TaskResponse> {
    const { executor, host } = this.#deps;
    const base = { manifest: encodeEnvelope(manifest.envelope), agentId: member.agentId, token };
    if (member.peer === host.peerId.toString())
      return await executor.execute({ ...base, attached: {} }, host.peerId);
    await this.#learnAddresses(member);
    const wanted = partsOfManifest(manifest).map(({ cid }) => cid);
    const lacking = wanted.filter((cid) => !this.given.has(member.peer, cid));
    try {
      return await this.#call(member, { ...base, attached: await this.#attach(lacking) }, signal);
    } catch (error) {
      if (!isZeroError(error) || error.code !== 'PART_MISSING' || lacking.length === wanted.length)
        throw error;
      this.given.forget(member.peer);
      return await this.#call(member, { ...base, attached: await this.#attach(wanted) }, signal);
    }
  }

  async #call(member: Member, request: TaskRequest, signal: AbortSignal): Promise<TaskResponse> {
    const { batches, clock } = this.#deps;
    const bytes = encodeTaskRequest(request);
    const answer = await askAgain(() => batches.call(member.peer, bytes, signal), clock, signal);
    const response = decodeTaskResponse(answer);
    this.given.add(member.peer, Object.keys(request.attached));
    return response;
  }

  /** The parts, largest left out when they do not fit into one message: the member fetches those as artifacts. */
  async #attach(cids: readonly string[]): Promise<Record<string, Uint8Array>> {
    const attached: Record<string, Uint8Array> = {};
    let room = TASK_REQUEST_BYTES_MAX - FRAME_BYTES;
    for (const cid of cids) {
      const bytes = await this.#deps.parts.get(cid);
      if (bytes === undefined) throw new ZeroError('PART_MISSING', `part ${cid} is not kept here any more`);
      if (bytes.length > room) continue;
      attached[cid] = bytes;
      room -= bytes.length;
    }
    return attached;
  }

  /** The card of a member. Throws TASK_REFUSED when it cannot be had. */
  async card(agentId: string): Promise<BookEntry> {
    const entry = await this.#deps.cards.resolve(agentId);
    if (entry === undefined) throw new ZeroError('TASK_REFUSED', `the card of ${agentId} cannot be found`);
    return entry;
  }

  /** How tasks stand at a member, or their withdrawal. Throws PEER_UNREACHABLE. */
  async control(peer: string, request: ControlRequest): Promise<readonly TaskStanding[]> {
    const { executor, host, network, rpc } = this.#deps;
    // Nobody dials itself: a run of an agent that lives here would count as dead, and could not be withdrawn.
    if (peer === host.peerId.toString()) return executor.control(request, host.peerId);
    const answer = await rpc.call(peerOfText(peer), taskControlProtocol(network), encodeControl(request));
    const { load, standings } = decodeStandings(answer, request.tasks.length);
    if (load !== null) this.#deps.loads.heard(peer, load);
    return standings;
  }

  /** What a run has written since a place, as its member says. Throws NOT_FOUND or PEER_UNREACHABLE. */
  async output(peer: string, request: OutputRequest): Promise<LiveText> {
    const { executor, host, network, rpc } = this.#deps;
    if (peer === host.peerId.toString()) return await executor.output(request, host.peerId);
    const answer = await rpc.call(
      peerOfText(peer),
      taskOutputProtocol(network),
      encodeOutputRequest(request),
    );
    return decodeLiveText(answer);
  }

  // The card's addresses are a hint: libp2p authenticates the peer id whatever they say.
  async #learnAddresses(member: Member): Promise<void> {
    const { cards, host, network } = this.#deps;
    const peer = peerOfText(member.peer);
    if (host.getConnections(peer).length > 0) return;
    const entry = await cards.resolve(member.agentId).catch(() => undefined);
    const endpoint = entry?.card.endpoints.find(({ protocol }) => protocol === taskProtocolId(network));
    if (endpoint === undefined || endpoint.peer !== member.peer || endpoint.addresses.length === 0) return;
    await host.peerStore
      .merge(peer, { multiaddrs: endpoint.addresses.map((address) => multiaddr(address)) })
      .catch(() => undefined);
  }
}

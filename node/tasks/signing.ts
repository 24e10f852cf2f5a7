// From what a caller wants to a signed manifest: the agent that asks, the parts by content id, the deadline. Must not: place or run anything.

import { randomUUID } from 'node:crypto';
import { seedSigner } from '../../protocol/envelope/index.ts';
import { signManifest, type TaskPart, type VerifiedManifest } from '../../protocol/task/index.ts';
import { type Clock, rfc3339 } from '../clock/index.ts';
import type { AgentVault, LocalAgent } from '../keys/agent-vault.ts';
import { Serial } from '../serial.ts';
import type { Manifest } from './manifest.ts';
import { deadlineMsOf, type TaskOrder } from './order.ts';
import type { TaskParts } from './parts.ts';
import type { TaskPorts } from './ports.ts';

/** Parts above travel as artifacts: together they would not fit into one message. */
const ATTACH_BYTES_MAX = 4 * 1024 * 1024;
/** Operational keys of an agent that is made to sign for this node's own requests. */
const KEY_LIFE_MS = 365 * 86_400_000;
const BACKDATE_MS = 60_000;

/** What a caller gives. */
export interface TaskInput {
  readonly spec: Manifest;
  readonly order: TaskOrder;
  readonly module: Uint8Array;
  readonly stdin: Uint8Array;
  readonly inputs: Readonly<Record<string, Uint8Array>>;
}

export interface SigningDeps {
  readonly vault: AgentVault;
  readonly clock: Clock;
  readonly parts: TaskParts;
  readonly ports: TaskPorts;
  readonly peerId: string;
}

/** Signs what this node asks for. */
export class TaskSigning {
  readonly #deps: SigningDeps;
  readonly #serial = new Serial();

  constructor(deps: SigningDeps) {
    this.#deps = deps;
  }

  /** The manifest of a request; its parts are kept here. Throws NOT_FOUND (no such agent), LIMIT_EXCEEDED or MANIFEST_INVALID. */
  async sign({ inputs, module, order, spec, stdin }: TaskInput): Promise<VerifiedManifest> {
    const agent = await this.#agent(order.as);
    const now = this.#deps.clock.now();
    const { amount, currency } = order.priceCeiling ?? {};
    return signManifest({
      agent,
      signer: seedSigner(agent.operationalSeed),
      idempotencyKey: order.idempotencyKey ?? randomUUID(),
      peer: this.#deps.peerId,
      issuedAt: rfc3339(now),
      deadline: rfc3339(now + deadlineMsOf(spec, order) + 999),
      module: await this.#part(module),
      stdin: stdin.length === 0 ? null : await this.#part(stdin),
      inputs: await Promise.all(
        Object.entries(inputs).map(async ([path, bytes]) => ({ path, ...(await this.#part(bytes)) })),
      ),
      redundancy: order.redundancy,
      priceCeiling: amount === undefined || currency === undefined ? null : { amount, currency },
      spec: spec as never,
    });
  }

  /** The agent that signs a request: the one that is named, the first that lives here, or one that is made for it. */
  async #agent(named: string | undefined): Promise<LocalAgent> {
    const { clock, vault } = this.#deps;
    if (named !== undefined) return vault.get(named);
    return await this.#serial.run('agent', async () => {
      const [first] = vault.list();
      if (first !== undefined) return first;
      const now = clock.now();
      return await vault.create({
        notBefore: rfc3339(now - BACKDATE_MS),
        notAfter: rfc3339(now + KEY_LIFE_MS),
      });
    });
  }

  async #part(bytes: Uint8Array): Promise<TaskPart> {
    const { artifacts } = this.#deps.ports;
    const part = await this.#deps.parts.put(bytes);
    if (bytes.length <= ATTACH_BYTES_MAX || artifacts === undefined) return part;
    return { ...part, artifact: await artifacts.share(bytes) };
  }
}

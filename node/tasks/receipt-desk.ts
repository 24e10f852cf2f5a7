// Signs what came of a run, has it in the own log, and packs it for whoever asked. A receipt leaves only after it is on disk. While many runs
// are under way, receipts that are ready within a moment of each other go to the log together: one head is signed for them, one write goes
// to the disk, and whoever asked checks one head. Must not: know how a task is run, or what it costs.

import { seedSigner } from '../../protocol/envelope/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import { bytesDigest, signReceipt } from '../../protocol/receipt/index.ts';
import type { VerifiedManifest } from '../../protocol/task/index.ts';
import type { Job, RunResult } from '../../wasm-runner/index.ts';
import type { CardBook } from '../cards/card-book.ts';
import { type Clock, rfc3339 } from '../clock/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { LogStore, OwnLog } from '../log/index.ts';
import { buildReceiptFile, packReceiptFile } from '../receipts/receipt-file.ts';
import { Company } from './company.ts';
import { deterministicPart } from './deterministic.ts';

export interface ReceiptDeskDeps {
  readonly vault: AgentVault;
  readonly book: CardBook;
  readonly ownLog: OwnLog;
  readonly store: LogStore;
  readonly clock: Clock;
  readonly peerId: string;
}

/** A run that has ended. */
export interface EndedRun {
  readonly manifest: VerifiedManifest;
  readonly agentId: AgentId;
  readonly job: Job;
  readonly result: RunResult;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** Makes receipts. */
export class ReceiptDesk {
  readonly #deps: ReceiptDeskDeps;
  readonly #company: Company;

  /** `underWay`: runs that wait, run, or have a receipt to come. */
  constructor(deps: ReceiptDeskDeps, underWay: () => number) {
    this.#deps = deps;
    this.#company = new Company(deps.clock, underWay);
  }

  /** The file of a run's receipt; it is on disk when this resolves. Throws as the own log does. */
  async of({ agentId, job, manifest, result, startedAt }: EndedRun): Promise<Uint8Array> {
    const { book, clock, ownLog, peerId, store, vault } = this.#deps;
    const agent = vault.get(agentId);
    const envelope = signReceipt({
      keychain: agent.keychain,
      signer: seedSigner(agent.operationalSeed),
      issuedAt: rfc3339(clock.now()),
      deterministic: deterministicPart(job, result),
      observed: {
        taskId: manifest.manifest.taskId,
        manifestDigest: bytesDigest(manifest.envelope.payload),
        requester: manifest.manifest.requester,
        executor: peerId,
        origin: ownLog.origin,
        startedAt: rfc3339(startedAt),
        wallMs: Math.round(result.wallMs),
      },
    });
    await this.#company.joined();
    const position = await ownLog.append(envelope);
    const card = book.get(agentId);
    // The card travels with the receipt so that a stranger can see what the executor had promised.
    return packReceiptFile(await buildReceiptFile(store, position, card?.bytes));
  }
}

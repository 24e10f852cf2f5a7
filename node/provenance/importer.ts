// Brings attestations of other tools into the own log, in the name of an agent of this node: the original is kept, and what it says is signed.

import {
  publicKeyOfPem,
  type ReadAttestation,
  readAttestations,
  signImports,
} from '../../protocol/attestation/index.ts';
import { seedSigner } from '../../protocol/envelope/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { AgentId } from '../../protocol/identity/index.ts';
import type { NodeId } from '../../protocol/provenance/index.ts';
import { nodeIdsOfDigests } from '../../protocol/provenance/index.ts';
import { type Clock, rfc3339 } from '../clock/index.ts';
import type { AgentVault } from '../keys/agent-vault.ts';
import type { OwnLog } from '../log/index.ts';
import type { BoundedFiles } from '../storage/bounded-files.ts';
import type { ProvenanceGraph } from './graph.ts';

/** What became of one attestation. */
export interface Added {
  readonly kind: string;
  readonly predicateType: string;
  /** Of the original bytes. */
  readonly digest: string;
  readonly verified: boolean;
  /** Why it is not verified; null when it is. */
  readonly reason: string | null;
  readonly subjects: readonly NodeId[];
  /** The records in the log. */
  readonly statementIds: readonly string[];
  /** True when this node had said the same before: nothing was added. */
  readonly known: boolean;
}

export interface ImporterDeps {
  readonly vault: AgentVault;
  readonly ownLog: OwnLog;
  readonly originals: BoundedFiles;
  readonly graph: ProvenanceGraph;
  readonly clock: Clock;
}

/** Lets everything else on the thread have its turn. */
const breath = () => new Promise((resolve) => setImmediate(resolve));

/** Imports. */
export class Importer {
  readonly #deps: ImporterDeps;

  constructor(deps: ImporterDeps) {
    this.#deps = deps;
  }

  /**
   * Imports every attestation in the bytes (one, or one a line), verified under `keys` (PEM). Resolves when all is on disk.
   * Throws DECODE_FAILED, LIMIT_EXCEEDED, KEY_INVALID, NOT_OWNER, or what OwnLog.append throws.
   */
  async add(
    bytes: Uint8Array,
    options: { readonly agent?: AgentId | undefined; readonly keys?: readonly string[] } = {},
  ): Promise<Added[]> {
    const { clock, originals, ownLog, vault } = this.#deps;
    const agent = options.agent === undefined ? vault.list()[0] : vault.get(options.agent);
    if (agent === undefined)
      throw new ZeroError('NOT_OWNER', 'this node has no agent that could sign', {
        hint: 'Publish a card first: zerostate card publish.',
      });
    const found: ReadAttestation[] = [];
    // All are read before the first is written. Each is small enough for a turn of the thread; a file of many is not.
    for (const one of readAttestations(bytes, { keys: (options.keys ?? []).map(publicKeyOfPem) })) {
      found.push(one);
      await breath();
    }
    const added: Added[] = [];
    for (const { imported, original } of found) {
      const { digest, kind, predicateType, proof, subjects } = imported;
      const outcome = {
        kind,
        predicateType,
        digest,
        verified: proof.status === 'verified',
        reason: proof.status === 'verified' ? null : proof.reason,
        subjects: subjects.flatMap(({ digest: digests }) => nodeIdsOfDigests(digests).slice(0, 1)),
      };
      if (this.#isKnown(digest, agent.agentId)) {
        added.push({ ...outcome, statementIds: [], known: true });
        continue;
      }
      // The original first: a record must not point at what a crash took.
      await originals.put(digest, original);
      const records = signImports({
        imported,
        keychain: agent.keychain,
        signer: seedSigner(agent.operationalSeed),
        issuedAt: rfc3339(clock.now()),
      });
      const positions = await Promise.all(records.map((record) => ownLog.append(record)));
      added.push({ ...outcome, statementIds: positions.map(({ statementId }) => statementId), known: false });
    }
    return added;
  }

  #isKnown(digest: string, issuer: AgentId): boolean {
    const { graph, ownLog } = this.#deps;
    for (const number of graph.statementsAbout(graph.thing(digest))) {
      const { issuer: by, origin } = graph.statement(number);
      if (by === issuer && origin === ownLog.origin) return true;
    }
    return false;
  }
}

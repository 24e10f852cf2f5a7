// Evidence against partners, on disk: files that anybody can verify. Bounded for each partner; nothing is ever dropped for newer evidence.

import { toHex } from '../../protocol/bytes/index.ts';
import { sha256 } from '../../protocol/crypto/index.ts';
import { isZeroError, ZeroError } from '../../protocol/errors/index.ts';
import {
  decodePartnerEvidence,
  encodePartnerEvidence,
  type PartnerEvidence,
  type PartnerFinding,
  verifyPartnerEvidence,
} from '../../protocol/partner/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import { type BytesLevel, bytesLevel, type Database, DURABLE } from '../storage/index.ts';
import { EVIDENCE_PER_PARTNER_MAX } from './limits.ts';

/** Evidence that was kept. */
export interface KeptEvidence {
  readonly id: string;
  readonly agent: string;
  readonly finding: Verified<PartnerFinding>;
  /** The file. */
  readonly bytes: Uint8Array;
}

/** Evidence by partner. */
export class EvidenceStore {
  readonly #db: Database;
  readonly #level: BytesLevel;
  readonly #kept = new Map<string, KeptEvidence>();

  constructor(db: Database) {
    this.#db = db;
    this.#level = bytesLevel(db, 'partner-evidence');
  }

  /** Reads what is kept; leaves out what does not verify any more. */
  async load(): Promise<void> {
    for await (const [key, bytes] of this.#level.iterator()) {
      const [agent = '', id = ''] = key.split('/');
      try {
        this.#kept.set(id, {
          id,
          agent,
          bytes,
          finding: verifyPartnerEvidence(decodePartnerEvidence(bytes)),
        });
      } catch (error) {
        if (!isZeroError(error)) throw error;
      }
    }
  }

  of(agent: string): KeptEvidence[] {
    return [...this.#kept.values()].filter((kept) => kept.agent === agent);
  }

  get(id: string): KeptEvidence | undefined {
    return this.#kept.get(id);
  }

  /** Verifies and keeps evidence; undefined when it is known, or enough is. Throws PROOF_INVALID when it convicts nobody, STORAGE_FAILED. */
  async add(agent: string, evidence: PartnerEvidence): Promise<KeptEvidence | undefined> {
    const finding = verifyPartnerEvidence(evidence);
    const bytes = encodePartnerEvidence(evidence);
    const id = toHex(sha256(bytes)).slice(0, 32);
    if (this.#kept.has(id) || this.of(agent).length >= EVIDENCE_PER_PARTNER_MAX) return undefined;
    try {
      await this.#db.batch().put(`${agent}/${id}`, bytes, { sublevel: this.#level }).write(DURABLE);
    } catch (cause) {
      throw new ZeroError('STORAGE_FAILED', 'evidence against a partner could not be written', { cause });
    }
    const kept = { id, agent, finding, bytes };
    this.#kept.set(id, kept);
    return kept;
  }
}

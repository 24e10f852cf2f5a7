// Checks an index folder without changing it: every record's checksum, every card's signature, the snapshot's sections.
// What `zerostate index verify` prints.

import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyCard } from '../protocol/card/index.ts';
import { isZeroError, ZeroError } from '../protocol/errors/index.ts';
import { readManifest } from './store/manifest.ts';
import { decodeBody } from './store/record.ts';
import { scanLog } from './store/scan-log.ts';
import { SnapshotReader } from './store/snapshot.ts';

/** Problems listed one by one; the rest is only counted. */
const PROBLEMS_LISTED_MAX = 100;

export interface FolderReport {
  readonly ok: boolean;
  readonly embedder: string;
  readonly records: number;
  readonly cards: number;
  /** Bytes of an unfinished last write; harmless, the next opening cuts them. */
  readonly tornBytes: number;
  readonly snapshot: 'sound' | 'damaged' | 'none';
  readonly problems: readonly { readonly offset: number; readonly problem: string }[];
  readonly problemCount: number;
}

/** Reads a whole folder. Throws INDEX_CORRUPT when there is no index to read. */
export async function verifyFolder(dir: string): Promise<FolderReport> {
  const manifest = await readManifest(dir);
  if (manifest === null)
    throw new ZeroError('INDEX_CORRUPT', `${dir} holds no index`, {
      hint: 'If it was removed, start the node again: it builds the index anew from its cards (docs/runbooks/index-is-damaged.md). Else name the folder that the node, "zerostate index import" or "serve" filled.',
    });
  const problems: { offset: number; problem: string }[] = [];
  const agents = new Set<string>();
  const file = await open(join(dir, manifest.log), 'r');
  try {
    const scan = await scanLog(file, 0, (body, offset) => {
      const problem = checkRecord(body, agents);
      if (problem !== null) problems.push({ offset, problem });
    });
    for (const { offset, length } of scan.damaged)
      problems.push({ offset, problem: `${length} bytes do not match their checksum` });
    const snapshot = await checkSnapshot(dir, manifest.snapshot?.file ?? null);
    return {
      ok: problems.length === 0 && snapshot !== 'damaged',
      embedder: manifest.embedder,
      records: scan.records,
      cards: agents.size,
      tornBytes: scan.tail,
      snapshot,
      problems: problems.slice(0, PROBLEMS_LISTED_MAX),
      problemCount: problems.length,
    };
  } finally {
    await file.close();
  }
}

/** What is wrong with a record, or null. */
function checkRecord(body: Uint8Array, agents: Set<string>): string | null {
  try {
    const record = decodeBody(body);
    if (record.kind === 'remove') agents.delete(record.agentId);
    if (record.kind !== 'put') return null;
    const { agentId, cardId } = record.fields;
    agents.add(agentId);
    const verified = verifyCard(record.envelope);
    if (verified.cardId !== cardId)
      return `the envelope is card ${verified.cardId}, the record says ${cardId}`;
    return verified.card.id === agentId
      ? null
      : `the card is of ${verified.card.id}, the record says ${agentId}`;
  } catch (error) {
    if (!isZeroError(error)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

async function checkSnapshot(dir: string, file: string | null): Promise<FolderReport['snapshot']> {
  if (file === null) return 'none';
  try {
    const reader = await SnapshotReader.open(join(dir, file));
    try {
      for (const name of reader.names()) await reader.read(name);
    } finally {
      await reader.close();
    }
    return 'sound';
  } catch (error) {
    if (!isZeroError(error)) throw error;
    return 'damaged';
  }
}

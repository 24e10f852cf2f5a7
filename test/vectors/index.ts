// All suites of vectors, in the order of their files.

import { ed25519Suite } from './ed25519.ts';
import { didKeySuite, envelopeJsonSuite, envelopeSuite, paeSuite } from './envelope.ts';
import { jsonSuite } from './json.ts';
import { coseSuite, equivocationSuite, proofSuite, recordSuite, tileSuite } from './log-files.ts';
import { checkpointSuite, noteSuite, policySuite } from './notes.ts';
import { cardSuite, keychainSuite } from './objects.ts';
import {
  bundleSuite,
  factsSuite,
  indexRootSuite,
  mapSuite,
  omissionSuite,
  querySuite,
} from './provenance.ts';
import { receiptFileSuite } from './receipt-file.ts';
import { receiptSuite, revocationSuite } from './statements.ts';
import type { Suite } from './suite.ts';
import { messageSuite, reconcileSuite, tailSuite } from './sync.ts';
import { consistencySuite, inclusionSuite, treeSuite } from './tree.ts';

/** Builds every suite from fixed seeds: the same bytes on every machine. */
export async function vectorSuites(): Promise<Suite[]> {
  return [
    jsonSuite(),
    ed25519Suite(),
    didKeySuite(),
    paeSuite(),
    envelopeSuite(),
    envelopeJsonSuite(),
    keychainSuite(),
    cardSuite(),
    receiptSuite(),
    revocationSuite(),
    treeSuite(),
    inclusionSuite(),
    consistencySuite(),
    checkpointSuite(),
    noteSuite(),
    policySuite(),
    recordSuite(),
    proofSuite(),
    tileSuite(),
    coseSuite(),
    equivocationSuite(),
    await messageSuite(),
    await tailSuite(),
    reconcileSuite(),
    receiptFileSuite(),
    factsSuite(),
    querySuite(),
    mapSuite(),
    indexRootSuite(),
    await bundleSuite(),
    omissionSuite(),
  ];
}

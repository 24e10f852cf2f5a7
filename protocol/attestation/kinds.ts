// The admitted predicate types and documents. What is not here is refused: an index of claims nobody reads helps nobody but a spammer.

import type { JsonObject } from '../json/index.ts';
import type { AttestationKind } from './types.ts';

const TYPES: readonly [RegExp, AttestationKind][] = [
  [/^https:\/\/slsa\.dev\/provenance\/v(?:0\.2|1)$/, 'slsa-provenance'],
  [/^https:\/\/slsa\.dev\/verification_summary\/v(?:0\.2|1)$/, 'slsa-verification-summary'],
  [/^https:\/\/cyclonedx\.org\/bom(?:\/v1(?:\.\d)?)?$/, 'cyclonedx'],
  [/^https:\/\/spdx\.dev\/Document(?:\/v[23](?:\.\d)?)?$/, 'spdx'],
  [/^https:\/\/openvex\.dev\/ns(?:\/v0\.\d(?:\.\d)?)?$/, 'openvex'],
];

/** The kind of a predicate type, or undefined when it is not admitted. */
export function kindOfPredicateType(predicateType: string): AttestationKind | undefined {
  return TYPES.find(([pattern]) => pattern.test(predicateType))?.[1];
}

function contextStartsWith(document: JsonObject, prefix: string): boolean {
  const context = document['@context'];
  const first = Array.isArray(context) ? context[0] : context;
  return typeof first === 'string' && first.startsWith(prefix);
}

/** The predicate type under which a bare document would be attested, or undefined when it is not admitted. */
export function predicateTypeOfDocument(document: JsonObject): string | undefined {
  if (document.bomFormat === 'CycloneDX' && typeof document.specVersion === 'string')
    return 'https://cyclonedx.org/bom';
  if (typeof document.spdxVersion === 'string' && document.spdxVersion.startsWith('SPDX-2.'))
    return 'https://spdx.dev/Document/v2';
  if (contextStartsWith(document, 'https://spdx.org/rdf/3.') && Array.isArray(document['@graph']))
    return 'https://spdx.dev/Document/v3';
  if (contextStartsWith(document, 'https://openvex.dev/ns') && Array.isArray(document.statements))
    return 'https://openvex.dev/ns';
  return undefined;
}

// Draws the facts out of each kind of attestation: subjects, dependencies, builder, assessments.

import { isJsonObject, type JsonObject } from '../json/index.ts';
import type { DigestSet, Subject } from '../statement/index.ts';
import { ASSESSMENTS_MAX, DEPENDENCIES_MAX } from './limits.ts';
import type { Assessment, AttestationFacts, AttestationKind, Dependency } from './types.ts';
import { addDigest, digestsOrNull, objectOrEmpty, objectsOf, textOrNull } from './values.ts';

const NONE: AttestationFacts = { subjects: [], dependencies: [], builder: null, assessments: [] };

function subjectsOf(dependencies: readonly Dependency[]): Subject[] {
  return dependencies.flatMap(({ name, uri, digest }) =>
    digest === null ? [] : [{ ...(name === null ? {} : { name }), ...(uri === null ? {} : { uri }), digest }],
  );
}

// in-toto resource descriptors: SLSA's materials and resolved dependencies.
function resource(value: JsonObject): Dependency {
  const digests: DigestSet = {};
  for (const [algorithm, digest] of Object.entries(objectOrEmpty(value.digest, 'digest'))) {
    if (
      algorithm === 'gitCommit' &&
      typeof digest === 'string' &&
      /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(digest)
    )
      digests.gitCommit = digest;
    else addDigest(digests, algorithm, digest);
  }
  return {
    name: textOrNull(value.name, 'name'),
    version: null,
    uri: textOrNull(value.uri, 'uri'),
    digest: digestsOrNull(digests),
  };
}

function slsa(predicate: JsonObject): AttestationFacts {
  const definition = objectOrEmpty(predicate.buildDefinition, 'buildDefinition');
  const run = objectOrEmpty(predicate.runDetails, 'runDetails');
  const builder = objectOrEmpty(run.builder ?? predicate.builder, 'builder');
  const resources = objectsOf(
    definition.resolvedDependencies ?? predicate.materials,
    DEPENDENCIES_MAX,
    'materials',
  );
  return { ...NONE, dependencies: resources.map(resource), builder: textOrNull(builder.id, 'builder.id') };
}

function verificationSummary(predicate: JsonObject): AttestationFacts {
  const inputs = objectsOf(predicate.inputAttestations, DEPENDENCIES_MAX, 'inputAttestations');
  const verifier = objectOrEmpty(predicate.verifier, 'verifier');
  return { ...NONE, dependencies: inputs.map(resource), builder: textOrNull(verifier.id, 'verifier.id') };
}

function cyclonedxComponent(value: JsonObject): Dependency {
  const digests: DigestSet = {};
  for (const hash of objectsOf(value.hashes, 16, 'hashes')) addDigest(digests, hash.alg, hash.content);
  return {
    name: textOrNull(value.name, 'name'),
    version: textOrNull(value.version, 'version'),
    uri: textOrNull(value.purl, 'purl'),
    digest: digestsOrNull(digests),
  };
}

function cyclonedx(document: JsonObject): AttestationFacts {
  const { component } = objectOrEmpty(document.metadata, 'metadata');
  const root = isJsonObject(component) ? [cyclonedxComponent(component)] : [];
  return {
    ...NONE,
    subjects: subjectsOf(root),
    dependencies: objectsOf(document.components, DEPENDENCIES_MAX, 'components').map(cyclonedxComponent),
  };
}

function spdxPackage(value: JsonObject): Dependency {
  const digests: DigestSet = {};
  for (const checksum of objectsOf(value.checksums, 16, 'checksums'))
    addDigest(digests, checksum.algorithm, checksum.checksumValue);
  for (const hash of objectsOf(value.verifiedUsing, 16, 'verifiedUsing'))
    addDigest(digests, hash.algorithm, hash.hashValue);
  const purl = objectsOf(value.externalRefs, 256, 'externalRefs').find(
    ({ referenceType }) => referenceType === 'purl',
  );
  return {
    name: textOrNull(value.name, 'name'),
    version: textOrNull(value.versionInfo ?? value.software_packageVersion, 'version'),
    uri: textOrNull(purl?.referenceLocator ?? value.software_packageUrl, 'purl'),
    digest: digestsOrNull(digests),
  };
}

// SPDX 2 names what it describes by id, in either of two ways.
function describedIds(document: JsonObject): Set<unknown> {
  const listed = Array.isArray(document.documentDescribes) ? document.documentDescribes : [];
  const related = objectsOf(document.relationships, DEPENDENCIES_MAX, 'relationships').filter(
    ({ relationshipType }) => relationshipType === 'DESCRIBES',
  );
  return new Set([...listed, ...related.map(({ relatedSpdxElement }) => relatedSpdxElement)]);
}

function spdx(document: JsonObject): AttestationFacts {
  if (Array.isArray(document['@graph'])) {
    const graph = objectsOf(document['@graph'], DEPENDENCIES_MAX * 4, '@graph');
    return {
      ...NONE,
      dependencies: graph
        .filter(({ type }) => type === 'software_Package')
        .slice(0, DEPENDENCIES_MAX)
        .map(spdxPackage),
    };
  }
  const described = describedIds(document);
  const packages = objectsOf(document.packages, DEPENDENCIES_MAX, 'packages');
  const roots = packages.filter(({ SPDXID }) => described.has(SPDXID));
  const others = packages.filter(({ SPDXID }) => !described.has(SPDXID));
  return { ...NONE, subjects: subjectsOf(roots.map(spdxPackage)), dependencies: others.map(spdxPackage) };
}

function vexProducts(statement: JsonObject): { names: string[]; subjects: Subject[] } {
  const names: string[] = [];
  const subjects: Subject[] = [];
  // OpenVEX 0.0.1 lists texts, 0.2.0 objects.
  for (const product of Array.isArray(statement.products)
    ? statement.products.slice(0, DEPENDENCIES_MAX)
    : []) {
    if (!isJsonObject(product)) {
      names.push(textOrNull(product, 'product') ?? '');
      continue;
    }
    const uri = textOrNull(product['@id'], 'product');
    const digests: DigestSet = {};
    for (const [algorithm, digest] of Object.entries(objectOrEmpty(product.hashes, 'hashes')))
      addDigest(digests, algorithm, digest);
    if (uri !== null) names.push(uri);
    subjects.push(...subjectsOf([{ name: uri, version: null, uri: null, digest: digestsOrNull(digests) }]));
  }
  return { names, subjects };
}

function openvex(document: JsonObject): AttestationFacts {
  const subjects: Subject[] = [];
  const assessments: Assessment[] = objectsOf(document.statements, ASSESSMENTS_MAX, 'statements').map(
    (statement) => {
      const { vulnerability } = statement;
      const products = vexProducts(statement);
      subjects.push(...products.subjects);
      const id = isJsonObject(vulnerability) ? (vulnerability.name ?? vulnerability['@id']) : vulnerability;
      return {
        vulnerability: textOrNull(id, 'vulnerability') ?? '',
        status: textOrNull(statement.status, 'status') ?? '',
        products: products.names,
      };
    },
  );
  const distinct = new Map(subjects.map((subject) => [JSON.stringify(subject), subject]));
  return { ...NONE, subjects: [...distinct.values()], assessments };
}

const READERS: { readonly [K in AttestationKind]: (value: JsonObject) => AttestationFacts } = {
  'slsa-provenance': slsa,
  'slsa-verification-summary': verificationSummary,
  cyclonedx,
  spdx,
  openvex,
};

/** The facts of a predicate or document of this kind. Errors: DECODE_FAILED, LIMIT_EXCEEDED. */
export function factsOf(kind: AttestationKind, value: JsonObject): AttestationFacts {
  return READERS[kind](value);
}

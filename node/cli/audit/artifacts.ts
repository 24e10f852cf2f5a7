// Audits of documents about artifacts: attestations (SLSA, SBOM, VEX) and OCI manifests.

import { createHash } from 'node:crypto';
import {
  type ImportedAttestation,
  type ImportTrust,
  importAttestations,
} from '../../../protocol/attestation/index.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../protocol/json/index.ts';
import { type Audit, shortened } from './types.ts';

const KINDS: Readonly<Record<ImportedAttestation['kind'], string>> = {
  'slsa-provenance': 'SLSA provenance',
  'slsa-verification-summary': 'SLSA verification summary',
  cyclonedx: 'CycloneDX SBOM',
  spdx: 'SPDX SBOM',
  openvex: 'OpenVEX document',
};

const digestsOf = (set: Readonly<Record<string, string>> | null): string[] =>
  Object.entries(set ?? {}).map(([algorithm, hex]) => `${algorithm}:${hex}`);

/** The attestations of a file. Throws DECODE_FAILED when there are none. */
export function auditAttestations(file: string, bytes: Uint8Array, trust: ImportTrust): Audit[] {
  return importAttestations(bytes, trust).map((one) => auditAttestation(file, one));
}

function auditAttestation(file: string, one: ImportedAttestation): Audit {
  const { assessments, builder, dependencies, form, kind, proof, subjects } = one;
  const digests = subjects.flatMap(({ digest }) => digestsOf(digest));
  const loose = dependencies.filter(({ digest }) => digest === null || Object.keys(digest).length === 0);
  const weak = subjects.filter(({ digest }) =>
    Object.keys(digest).every((name) => /^(?:sha1|md5|gitCommit)$/.test(name)),
  );
  const open = assessments.filter(({ status }) => status === 'affected' || status === 'under_investigation');
  const pinned = dependencies.flatMap(({ digest }) => digestsOf(digest));
  return {
    file,
    kind: KINDS[kind],
    name: subjects[0]?.name ?? digests[0] ?? one.digest,
    joins: [
      ...shortened(digests.map((digest) => `the artifact ${digest}`)),
      `${dependencies.length} things that went into it, ${pinned.length === 0 ? 'none' : dependencies.length - loose.length} by digest`,
      `a signed statement of this node that it saw the document ${one.digest}`,
    ],
    missing: [
      ...(digests.length === 0 ? ['a digest of what it is about: it cannot be joined to an artifact'] : []),
      ...(kind === 'slsa-provenance' && builder === null ? ['a builder'] : []),
      ...(form === 'document' || form === 'statement'
        ? ['an envelope: a bare document is signed by nobody']
        : []),
      ...(loose.length > 0
        ? [`digests of ${loose.length} of ${dependencies.length} things that went into it`]
        : []),
    ],
    risks: [
      ...(proof.status === 'unverified' ? [`unverified: ${proof.reason}`] : []),
      ...(weak.length > 0 ? [`${weak.length} subjects are named by weak digests alone (sha1, md5)`] : []),
      ...(open.length > 0
        ? [
            `${open.length} vulnerabilities are open: ${open
              .map((v) => v.vulnerability)
              .slice(0, 5)
              .join(', ')}`,
          ]
        : []),
    ],
    next:
      proof.status === 'verified'
        ? `zerostate prov add ${file}`
        : `Check who signed it: zerostate prov add ${file} --key SIGNER.pem`,
    digests: [...digests, ...pinned],
  };
}

/** An OCI image manifest or index. */
export function auditOci(file: string, bytes: Uint8Array, value: JsonObject): Audit {
  const own = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const list = (member: JsonValue | undefined) => (Array.isArray(member) ? member.filter(isJsonObject) : []);
  const manifests = list(value.manifests);
  const parts = [...list(value.layers), ...manifests, ...(isJsonObject(value.config) ? [value.config] : [])];
  const annotations = isJsonObject(value.annotations) ? value.annotations : {};
  const of = (name: string) => {
    const found = annotations[`org.opencontainers.image.${name}`];
    return typeof found === 'string' ? found : '';
  };
  const attested = manifests.some(
    ({ annotations: notes }) =>
      isJsonObject(notes) && notes['vnd.docker.reference.type'] === 'attestation-manifest',
  );
  const digests = parts.flatMap(({ digest }) => (typeof digest === 'string' ? [digest] : []));
  const isIndex = manifests.length > 0;
  return {
    file,
    kind: isIndex ? 'OCI image index' : 'OCI image manifest',
    name: of('title') || own,
    joins: [`the artifact ${own}`, ...shortened(digests.map((digest) => `part ${digest}`))],
    missing: [
      ...(of('source') === '' ? ['where its source is (org.opencontainers.image.source)'] : []),
      ...(of('revision') === ''
        ? ['which revision it was built from (org.opencontainers.image.revision)']
        : []),
      ...(isIndex && attested
        ? []
        : ['provenance: fetch it with "cosign download attestation IMAGE" and audit it as well']),
      'statements: a manifest says what is in an image, and nobody says it',
    ],
    risks: [
      'a tag is not a digest: pin the image by the digest above',
      ...parts
        .filter(
          ({ mediaType }) => typeof mediaType === 'string' && /foreign|nondistributable/.test(mediaType),
        )
        .map(({ digest }) => `the layer ${String(digest)} lives elsewhere and may not be there tomorrow`),
      ...parts
        .filter(({ urls }) => Array.isArray(urls) && urls.length > 0)
        .map(({ digest }) => `the part ${String(digest)} is fetched from addresses that the manifest names`),
    ],
    next: `zerostate prov query ${own}`,
    digests: [own, ...digests],
  };
}

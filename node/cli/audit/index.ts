// Recognises a foreign document and audits it. Reads; does nothing.

import type { ImportTrust } from '../../../protocol/attestation/index.ts';
import { isZeroError, ZeroError } from '../../../protocol/errors/index.ts';
import { isJsonObject, type JsonObject, parseStrictJson } from '../../../protocol/json/index.ts';
import { auditA2a, auditDirectoryRecord, auditMcp } from './agents.ts';
import { auditAttestations, auditOci } from './artifacts.ts';
import type { Audit } from './types.ts';

export type { Audit } from './types.ts';

/** Bytes of one document: the largest attestations and image indexes. */
export const AUDIT_BYTES_MAX: number = 16 * 1024 * 1024;

/** The documents of a file. Throws USAGE for what is none that is known. */
export function auditFile(
  file: string,
  bytes: Uint8Array,
  options: { region: string; trust: ImportTrust },
): Audit[] {
  const { region, trust } = options;
  const value = jsonOf(bytes);
  if (value !== undefined) {
    const types = `${String(value.mediaType ?? '')} ${String(value.$schema ?? '')}`;
    if (
      /vnd\.(?:oci|docker)\./.test(types) ||
      (value.schemaVersion === 2 && (Array.isArray(value.layers) || Array.isArray(value.manifests)))
    )
      return [auditOci(file, bytes, value)];
    if (
      Array.isArray(value.tools) ||
      Array.isArray(value.packages) ||
      Array.isArray(value.remotes) ||
      /modelcontextprotocol/.test(types)
    )
      if (value.spdxVersion === undefined && value.bomFormat === undefined)
        return [auditMcp(file, value, region)];
    if (typeof value.schema_version === 'string' && typeof value.name === 'string')
      return [auditDirectoryRecord(file, value, region)];
    if (
      typeof value.name === 'string' &&
      (value.supportedInterfaces !== undefined ||
        value.skills !== undefined ||
        value.protocolVersion !== undefined)
    )
      return [auditA2a(file, bytes, region)];
  }
  try {
    return auditAttestations(file, bytes, trust);
  } catch (cause) {
    if (!isZeroError(cause)) throw cause;
    throw new ZeroError('USAGE', `${file} is no document that is known: ${cause.message}`, {
      cause,
      hint: 'Known are A2A cards, MCP server.json and tools/list, OCI manifests, agent directory records, SLSA, CycloneDX, SPDX and OpenVEX.',
    });
  }
}

function jsonOf(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value = parseStrictJson(bytes, { bytesMax: AUDIT_BYTES_MAX });
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined; // perhaps one a line
  }
}

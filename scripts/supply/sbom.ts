// Our own bill of materials (CycloneDX), from npm's: what ships, by the lock file. npm names the folder, the moment and a random serial
// number; here all three come from the package and the commit, so that the same commit gives the same bytes anywhere.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { execute, npm } from './npm.ts';

interface Component {
  'bom-ref': string;
  name: string;
  type: string;
}

/** The members that are read or set here; the others pass as npm wrote them. */
export interface Bom {
  specVersion: string;
  serialNumber: string;
  metadata: { timestamp: string; component: Component; tools?: unknown };
  components: Component[];
  dependencies: { ref: string; dependsOn?: string[] }[];
}

const byText =
  <T>(key: (value: T) => string) =>
  (a: T, b: T): number =>
    key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0;

/** A UUID of the last form (version 8, RFC 9562) from a digest: the same content has the same name. */
function uuidOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Where the schemas say that they are; they refer to each other by it. */
const SCHEMAS = 'http://cyclonedx.org/schema/';

/** npm's bill in the form that depends on nothing but the commit. `commitTime` is RFC 3339. */
export function settled(bom: Bom, name: string, commitTime: string): Bom {
  const { component } = bom.metadata;
  const metadata = {
    ...bom.metadata,
    timestamp: commitTime,
    component: { ...component, name, type: 'application' },
  };
  // Which npm wrote it is no part of what is in it.
  delete metadata.tools;
  const { serialNumber: _, ...rest } = bom;
  const plain = {
    ...rest,
    metadata,
    components: [...bom.components].sort(byText((one) => one['bom-ref'])),
    dependencies: bom.dependencies
      .map((one) => ({ ...one, dependsOn: [...(one.dependsOn ?? [])].sort() }))
      .sort(byText((one) => one.ref)),
  };
  return { ...plain, serialNumber: `urn:uuid:${uuidOf(JSON.stringify(plain))}` };
}

/** What the official schema of its version finds wrong with a bill of materials. */
export function schemaErrors(bom: Pick<Bom, 'specVersion'>): string[] {
  const main = createRequire(import.meta.url).resolve('@cyclonedx/cyclonedx-library');
  const folder = join(main.slice(0, main.indexOf('cyclonedx-library')), 'cyclonedx-library/res/schema');
  const read = (file: string): object => JSON.parse(readFileSync(join(folder, file), 'utf8')) as object;
  // Formats (dates, addresses) are annotations in draft 7.
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(read('spdx.SNAPSHOT.schema.json'), `${SCHEMAS}spdx.SNAPSHOT.schema.json`);
  ajv.addSchema(read('jsf-0.82.SNAPSHOT.schema.json'), `${SCHEMAS}jsf-0.82.SNAPSHOT.schema.json`);
  const validate = ajv.compile(read(`bom-${bom.specVersion}.SNAPSHOT.schema.json`));
  if (validate(bom)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || '/'} ${message}`);
}

/** The time of the commit that a folder is at, in UTC; without git the epoch, which says that nobody knows. */
export async function commitTime(root: string): Promise<string> {
  const { code, stdout } = await execute('git', ['log', '-1', '--format=%ct'], root);
  return new Date(code === 0 ? Number(stdout.trim()) * 1_000 : 0).toISOString();
}

/** The bill of materials of a folder with package.json and lock file as of a time (RFC 3339), valid by the schema. */
export async function sbomOf(root: string, time: string): Promise<{ bom: Bom; text: string }> {
  const flags = ['--sbom-format', 'cyclonedx', '--package-lock-only', '--omit', 'dev'];
  const { code, stderr, stdout } = await npm(['sbom', ...flags], root);
  if (code !== 0) throw new Error(`npm sbom: ${stderr.trim()}`);
  const { name } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { name: string };
  const bom = settled(JSON.parse(stdout) as Bom, name, time);
  const errors = schemaErrors(bom);
  if (errors.length > 0) throw new Error(`the bill of materials is not CycloneDX: ${errors[0]}`);
  return { bom, text: `${JSON.stringify(bom, null, 2)}\n` };
}

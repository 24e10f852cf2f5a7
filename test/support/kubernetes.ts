// Kubernetes manifests held against the schemas of their kinds (Kubernetes' own OpenAPI, as the package kubernetes-models carries it), also
// for what these let pass: a field that no schema knows.

import { createRequire } from 'node:module';
import { parseAllDocuments } from 'yaml';

const require = createRequire(import.meta.url);

/** A manifest of any kind. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  // biome-ignore lint/suspicious/noExplicitAny: the schema has judged it before a test looks inside
  readonly spec?: any;
  readonly data?: Readonly<Record<string, string>>;
}

/** The documents of a YAML file. Throws on a repeated key or anything else that YAML forbids. */
export function manifestsOf(text: string): Manifest[] {
  return parseAllDocuments(text, { uniqueKeys: true }).map((document) => {
    for (const error of document.errors) throw error;
    return document.toJS() as Manifest;
  });
}

/** What is wrong with a manifest; empty when Kubernetes would take it. */
export function faultsOf(manifest: Manifest): string[] {
  const { apiVersion, kind } = manifest;
  let Kind: { readonly prototype: { validate(): void } } | undefined;
  try {
    Kind = require(`kubernetes-models/${apiVersion}`)[kind];
  } catch {}
  if (Kind === undefined) return [`there is no ${kind} in ${apiVersion}`];
  const seen = new Map<string, Set<string>>();
  try {
    // Not an instance: that would be a copy, made by looking at every field.
    Kind.prototype.validate.call(watch(manifest, '', seen));
  } catch (error) {
    return [(error as Error).message];
  }
  return [...unknownOf(manifest, '', seen)];
}

/** The same value, which notes the fields that are looked at. */
function watch<T>(value: T, path: string, seen: Map<string, Set<string>>): T {
  if (typeof value !== 'object' || value === null) return value;
  const fields = seen.get(path) ?? new Set();
  seen.set(path, fields);
  return new Proxy(value, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof name === 'symbol') return member;
      fields.add(name);
      return watch(member, `${path}/${name}`, seen);
    },
  });
}

/** Fields that no schema asked for: a field that is not in its schema is never looked at. */
function* unknownOf(value: unknown, path: string, seen: Map<string, Set<string>>): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    if (seen.get(path)?.has(name) !== true) yield `${path}/${name}: no schema knows this field`;
    yield* unknownOf(member, `${path}/${name}`, seen);
  }
}

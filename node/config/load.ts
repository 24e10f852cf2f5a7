// env -> config: flag > environment > file > default, validated against the schema; an unknown key is an error.

import { readFile } from 'node:fs/promises';
import { Value } from 'typebox/value';
import { parse as parseYaml, stringify } from 'yaml';
import { ZeroError } from '../../protocol/errors/index.ts';
import { type Config, configSchema } from './schema.ts';

const CONFIG_BYTES_MAX = 64 * 1024; // a node's configuration fits in some kilobytes; more is a mistake

type Tree = { [key: string]: unknown };

interface SchemaNode {
  type?: string;
  anyOf?: { const?: unknown; type?: string }[];
  properties?: Record<string, SchemaNode>;
  description?: string;
  default?: unknown;
}

/** One row of the configuration: its path, environment variable, description and default. */
export interface ConfigKey {
  readonly path: readonly string[];
  readonly env: string;
  readonly description: string;
  readonly default: unknown;
  readonly type: string;
}

/** Every configuration key, in file order. */
export function configKeys(
  schema: SchemaNode = configSchema as SchemaNode,
  prefix: readonly string[] = [],
): ConfigKey[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, node]) => {
    const path = [...prefix, name];
    if (node.properties !== undefined) return configKeys(node, path);
    const env = `ZEROSTATE_${path.map((part) => part.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()).join('_')}`;
    return [
      { path, env, description: node.description ?? '', default: node.default, type: node.type ?? 'string' },
    ];
  });
}

function fromText(type: string, text: string): unknown {
  if (type === 'array') return text === '' ? [] : text.split(',').map((item) => item.trim());
  if (type === 'integer' || type === 'number') return text.trim() === '' ? text : Number(text);
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  return text;
}

function setPath(tree: Tree, path: readonly string[], value: unknown): void {
  let at = tree;
  for (const part of path.slice(0, -1)) {
    at[part] ??= {};
    at = at[part] as Tree;
  }
  at[path.at(-1)!] = value;
}

/** What the environment says: ZEROSTATE_API_PORT=7480 sets api.port. */
export function configFromEnv(env: Readonly<Record<string, string | undefined>>): Tree {
  const tree: Tree = {};
  for (const key of configKeys()) {
    const text = env[key.env];
    if (text !== undefined) setPath(tree, key.path, fromText(key.type, text));
  }
  return tree;
}

function merge(under: Tree, over: Tree): Tree {
  const out: Tree = { ...under };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = out[key];
    const nested = isTree(value) && isTree(below);
    out[key] = nested ? merge(below, value) : value;
  }
  return out;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Validates and completes a configuration. Throws CONFIG_INVALID that names each wrong key. */
export function completeConfig(input: unknown, source = 'configuration'): Config {
  const candidate = Value.Default(
    configSchema,
    input === undefined || input === null ? {} : structuredClone(input),
  );
  if (Value.Check(configSchema, candidate)) return candidate;
  const problems = Value.Errors(configSchema, candidate)
    .filter((error) => error.keyword !== 'additionalProperties' && error.keyword !== 'const')
    .map((error) => {
      const key = error.instancePath.slice(1).replaceAll('/', '.') || '(top level)';
      return error.keyword === 'boolean' ? `${key}: unknown key` : `${key}: ${error.message}`;
    });
  throw new ZeroError('CONFIG_INVALID', `${source}: ${[...new Set(problems)].slice(0, 8).join('; ')}`);
}

/** Reads a YAML configuration file. Throws CONFIG_INVALID when it is unreadable or not a mapping. */
export async function readConfigFile(path: string): Promise<Tree> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new ZeroError('CONFIG_INVALID', `cannot read ${path}`, {
      cause,
      hint: 'Write one with "zerostate init".',
    });
  }
  if (text.length > CONFIG_BYTES_MAX)
    throw new ZeroError('CONFIG_INVALID', `${path} is larger than ${CONFIG_BYTES_MAX} bytes`);
  try {
    const tree: unknown = parseYaml(text, { maxAliasCount: 0 }) ?? {};
    if (isTree(tree)) return tree;
  } catch (cause) {
    throw new ZeroError(
      'CONFIG_INVALID',
      `${path} is not valid YAML: ${(cause as Error).message.split('\n')[0]}`,
      { cause },
    );
  }
  throw new ZeroError('CONFIG_INVALID', `${path} is not a mapping of keys to values`);
}

/** The effective configuration: flag > environment > file > default. */
export function resolveConfig(
  file: Tree,
  env: Readonly<Record<string, string | undefined>>,
  flags: Tree,
): Config {
  return completeConfig(merge(merge(file, configFromEnv(env)), flags));
}

/** A configuration file with every key, its default and what it means. */
export function renderConfigFile(config: Config): string {
  const lines = [
    '# zerostate node configuration. A flag wins over the environment, the environment over this file.',
    '',
  ];
  let open: readonly string[] = [];
  for (const key of configKeys()) {
    const groups = key.path.slice(0, -1);
    const common = groups.findIndex((group, depth) => open[depth] !== group);
    const first = common === -1 ? groups.length : common;
    for (const [depth, group] of groups.entries())
      if (depth >= first) lines.push(`${'  '.repeat(depth)}${group}:`);
    open = groups;
    const indent = '  '.repeat(groups.length);
    const value = key.path.reduce<unknown>((at, part) => (at as Tree)[part], config);
    lines.push(
      `${indent}# ${key.description} [${key.env}]`,
      `${indent}${key.path.at(-1)}: ${stringify(value, { collectionStyle: 'flow' }).trim()}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

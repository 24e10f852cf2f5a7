// docs/reference/configuration.md, from the one configuration schema.

import { cell, table } from './markdown.ts';

/** The part of JSON Schema that the configuration uses. */
export interface SchemaNode {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly { readonly const?: unknown; readonly type?: string }[];
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxItems?: number;
}

function typeOf(node: SchemaNode): string {
  if (node.anyOf !== undefined)
    return node.anyOf.map(({ const: value, type }) => String(value ?? type)).join(', ');
  if (node.type === 'array') return `list of ${typeOf(node.items ?? {})}`;
  const range =
    node.minimum !== undefined && node.maximum !== undefined ? ` ${node.minimum} to ${node.maximum}` : '';
  return `${node.type ?? 'any'}${range}`;
}

/** Rows of all leaves: dotted key, type, default, meaning. A leaf without a description is a mistake of the schema. */
export function configurationRows(node: SchemaNode, prefix = ''): string[][] {
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const key = `${prefix}${name}`;
    if (child.properties !== undefined) return configurationRows(child, `${key}.`);
    if (child.description === undefined) throw new Error(`configuration key ${key} has no description`);
    const fallback = child.default === undefined ? '' : `\`${JSON.stringify(child.default)}\``;
    return [[`\`${key}\``, cell(typeOf(child)), fallback, cell(child.description)]];
  });
}

/** The whole document. */
export function configurationDocument(schema: SchemaNode): string {
  return `# Configuration

Generated from \`node/config/schema.ts\` by \`npm run docs:reference\`; do not edit. A flag wins over the environment, and
the environment over the file. An unknown key is an error. \`zerostate init\` writes a file with every default in it.

${table(['key', 'type', 'default', 'meaning'], configurationRows(schema))}
`;
}

// The list of everything that the documents claim, with what stands behind each claim.

import { posix } from 'node:path';
import { CLAIMS_DOC, type Claim, type NamedTest, readClaims, TAGS } from '../claims/read.ts';
import type { Tree } from '../source/tree.ts';
import { cell, code, table } from './markdown.ts';

const MANY = 4;

function someOf(names: readonly string[]): string {
  const shown = names.slice(0, MANY).map(code).join(', ');
  return names.length > MANY ? `${shown} and ${names.length - MANY} more` : shown;
}

const testOf = ({ name, title }: NamedTest): string => (title === undefined ? name : `${name}: ${title}`);
const linkTo = (path: string): string => posix.relative(posix.dirname(CLAIMS_DOC), path);

function rowOf({ commands, runbooks, tag, tests, text }: Claim): string[] {
  const books = runbooks.map((path) => `[${posix.basename(path, '.md')}](${linkTo(path)})`);
  const named = tag === 'PLANNED' ? [] : tests.map(testOf);
  return [cell(text), tag, someOf([...new Set(named)]), someOf([...new Set(commands)]), books.join(', ')];
}

/** The document. */
export function claimsDocument(tree: Tree): string {
  const claims = readClaims(tree);
  const counts = TAGS.map((tag) => `${claims.filter((claim) => claim.tag === tag).length} ${tag}`);
  const sections = [...new Set(claims.map(({ path }) => path))].map((path) => {
    const rows = claims.filter((claim) => claim.path === path).map(rowOf);
    return `## ${path}\n\n[The document](${linkTo(path)}).\n\n${table(['claim', '', 'tests', 'measurements', 'runbooks'], rows)}`;
  });
  return `# Claims

Every sentence of the documents that promises something, with what stands behind it: made from the documents by \`npm run docs:reference\`; do
not edit. [What the tags mean](../README.md#claims). \`npm run tidy\` fails when a test, a title, a command or a benchmark that is named does
not exist, and when a claim names none. A test that is named for many claims of a document is one that its head names for all of them.

${counts.join(', ')}.

${sections.join('\n\n')}
`;
}

// Finds what looks like a secret in what a capsule would pass on: words of a search, arguments and environment of a task. A capsule leaves
// the house; what is found is taken out, and the capsule says so. Must not be relied on to find every secret.

import type { JsonValue } from '../../protocol/json/index.ts';

const FORMS: readonly RegExp[] = [
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY/,
  // Tokens by their known beginnings: GitHub, npm, Slack, AWS, Google, OpenAI and the like, JSON Web Tokens.
  /\b(?:gh[pousr]_|github_pat_|npm_|glpat-|xox[abprs]-|AKIA|AIza|sk-)[A-Za-z0-9_-]{12,}/,
  /\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\./,
  /\b(?:bearer|basic)\s+[A-Za-z0-9+/_=.-]{16,}/i,
  /(?:passw(?:or)?d|secret|token|api[_-]?key|private[_-]?key)["']?\s*[:=]\s*\S{6,}/i,
];
/** Names whose values are secrets whatever they look like. */
const NAME = /passw(?:or)?d|secret|token|api[_-]?key|private[_-]?key|credential/i;

/** True for text that holds what looks like a secret, or that stands under a name that says so. */
export function looksSecret(text: string, name = ''): boolean {
  return (NAME.test(name) && text !== '') || FORMS.some((form) => form.test(text));
}

/** Paths of values in JSON that look like secrets. */
export function secretPaths(value: JsonValue, path = ''): string[] {
  if (typeof value === 'string')
    return looksSecret(value, path.slice(path.lastIndexOf('/') + 1)) ? [path] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    secretPaths(member as JsonValue, path === '' ? name : `${path}/${name}`),
  );
}

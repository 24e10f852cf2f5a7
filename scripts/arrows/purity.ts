// Finds uses of the clock, of randomness, of the network and of the host in files that must be pure.

import { closing } from '../source/imports.ts';
import type { Token } from '../source/tokens.ts';

export interface Impurity {
  readonly offset: number;
  readonly what: string;
}

const TIMERS = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
];
const HOST = ['process', 'Buffer', 'globalThis', 'navigator', 'console', 'eval', 'Intl'];
const NETWORK = ['fetch', 'WebSocket', 'XMLHttpRequest', 'EventSource'];

/** Bare names that a room under virtual time must not use. */
const TIME_NAMES: ReadonlySet<string> = new Set(['performance', ...TIMERS]);
/** Bare names that a pure room must not use. */
const PURE_NAMES: ReadonlySet<string> = new Set([...TIME_NAMES, ...HOST, ...NETWORK]);
/** Names whose result depends on entropy, bare or on whatever object. Math.random is looked for apart. */
const RANDOM_NAMES = /^(?:getRandomValues|random(?:Bytes|UUID|SecretKey|PrivateKey|Int))$/;
/** Members whose result depends on the host's language settings. */
const LOCALE_MEMBERS = /^(?:localeCompare|toLocale\w*)$/;

function isMember(tokens: readonly Token[], at: number): boolean {
  return tokens[at - 1]?.text === '.' || tokens[at - 1]?.text === '?.';
}

// `{ fetch: … }`, `fetch?: …`, `fetch(url): string;` and `fetch(url) { … }` name a member and use nothing.
function isDeclaration(tokens: readonly Token[], at: number): boolean {
  const before = tokens[at - 1]?.text ?? ';';
  const next = tokens[at + 1]?.text;
  const opens = ['{', '}', ';', ',', 'readonly', 'async', 'get', 'static'].includes(before);
  if (!opens) return false;
  if (next === ':' || (next === '?' && tokens[at + 2]?.text === ':')) return true;
  if (next !== '(') return false;
  const after = tokens[closing(tokens, at + 1) + 1]?.text;
  return after === '{' || after === ':';
}

// A variable or a first parameter of the same name is the file's own.
function isShadowed(tokens: readonly Token[], name: string): boolean {
  return tokens.some(({ text }, at) => {
    if (text !== name) return false;
    const before = tokens[at - 1]?.text ?? '';
    return /^(?:const|let|var|function)$/.test(before) || (before === '(' && tokens[at + 1]?.text === ':');
  });
}

function isWallClock(tokens: readonly Token[], at: number): boolean {
  if (tokens[at]!.text !== 'Date' || isMember(tokens, at)) return false;
  if (tokens[at + 1]?.text === '.') return tokens[at + 2]?.text === 'now';
  const constructed = tokens[at - 1]?.text === 'new';
  const called = tokens[at + 1]?.text === '(';
  if (!constructed) return called;
  return !called || tokens[at + 2]?.text === ')';
}

/** Impure uses in a file's tokens. `strict` bans host, network and locale too, not only time and entropy. */
export function findImpurities(tokens: readonly Token[], strict: boolean): Impurity[] {
  const banned = strict ? PURE_NAMES : TIME_NAMES;
  const found: Impurity[] = [];
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== 'name') continue;
    const { text, offset } = token;
    const member = isMember(tokens, at);
    const mathRandom = text === 'random' && member && tokens[at - 2]?.text === 'Math';
    if (isWallClock(tokens, at)) found.push({ offset, what: 'the wall clock (Date)' });
    else if (strict && member && LOCALE_MEMBERS.test(text))
      found.push({ offset, what: `the host's locale (${text})` });
    else if (isDeclaration(tokens, at)) continue;
    else if (mathRandom || RANDOM_NAMES.test(text))
      found.push({ offset, what: `ambient randomness (${text})` });
    else if (!member && banned.has(text) && !isShadowed(tokens, text)) found.push({ offset, what: text });
  }
  return found;
}

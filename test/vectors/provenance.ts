// Vectors of the provenance index: what statements stand for in the graph, map proofs, index roots, bundles and evidence of omissions.

import { encodeEnvelope, seedSigner } from '../../protocol/envelope/index.ts';
import type { ErrorCode } from '../../protocol/errors/index.ts';
import { ZeroError } from '../../protocol/errors/index.ts';
import type { JsonObject, JsonValue } from '../../protocol/json/index.ts';
import {
  aboutKey,
  decodeQuery,
  encodeBundle,
  encodeOmission,
  encodeQuery,
  factsOfStatement,
  IndexMap,
  type IndexRoot,
  issuerKey,
  type ProvenanceRow,
  provenanceQuery,
  signIndexRoot,
  tagOf,
  typeKey,
  useKey,
  verifyIndexRoot,
  verifyMapProof,
  verifyOmission,
} from '../../protocol/provenance/index.ts';
import { verifyAgentStatement } from '../../protocol/statement/index.ts';
import { verify } from '../../protocol/verify/index.ts';
import { seed } from '../support/agents.ts';
import { digestOf, MemoryAnswerer, receiptOf } from '../support/provenance-answers.ts';
import { bytesOf, Cases, hex, listOf, type Suite } from './suite.ts';

const NOW = Date.parse('2026-04-01T00:00:00Z');
const honest = new MemoryAnswerer(12, { modules: 3 });
const question = provenanceQuery({ start: [digestOf(0)], direction: 'both', depth: 1, prove: true });

export function factsSuite(): Suite {
  const check: Suite['check'] = ({ statement }) => {
    const { about, edges, predicateType, self, uses } = factsOfStatement(
      verifyAgentStatement(bytesOf(statement)),
    );
    return {
      self,
      predicateType,
      about: [...about],
      uses: [...uses],
      edges: edges.map((edge) => ({ ...edge })),
    };
  };
  const cases = new Cases(check);
  const receipt = receiptOf(1, 0);
  const bytes = hex(encodeEnvelope(receipt));
  const sig = hex(receipt.signatures[0]!.sig);
  cases.good('a receipt ran its module and inputs, and produced its output', { statement: bytes });
  cases.bad('a changed signature', 'SIGNATURE_INVALID', {
    statement: bytes.replace(sig, `${sig.slice(0, 8)}00${sig.slice(10)}`),
  });
  cases.bad('cut off', 'DECODE_FAILED', { statement: bytes.slice(0, -2) });
  return {
    name: 'provenance-facts',
    what: 'What a statement says in the provenance graph, and under which names it is found.',
    input: { statement: 'an encoded envelope, hexadecimal' },
    output: 'self, predicateType, about, uses, edges',
    check,
    cases: cases.list,
  };
}

export function querySuite(): Suite {
  const check: Suite['check'] = ({ query }) => ({ ...decodeQuery(bytesOf(query)) }) as unknown as JsonValue;
  const cases = new Cases(check);
  const good = hex(encodeQuery(question));
  cases.good('a walk, to be proven', { query: good });
  cases.good('by type, as it was known then', {
    query: hex(encodeQuery(provenanceQuery({ predicateTypes: ['https://openvex.dev/ns'], at: NOW }))),
  });
  const bad = (name: string, code: ErrorCode, change: object): unknown =>
    cases.bad(name, code, { query: hex(encodeQuery({ ...question, ...change })) });
  bad('no start, issuer or type', 'DECODE_FAILED', { start: [], depth: 0 });
  bad('a walk without a start', 'DECODE_FAILED', { start: [], issuer: 'zs:someone' });
  bad('a proven walk with a filter', 'DECODE_FAILED', { predicateTypes: ['https://openvex.dev/ns'] });
  bad('too deep', 'LIMIT_EXCEEDED', { depth: 9 });
  bad('too many', 'LIMIT_EXCEEDED', { limit: 10_001 });
  bad('a start twice', 'DECODE_FAILED', { start: [digestOf(0), digestOf(0)] });
  bad('a digest in upper case', 'DECODE_FAILED', { start: [`sha256:${'A'.repeat(64)}`] });
  bad('a direction of its own', 'DECODE_FAILED', { direction: 'up' });
  cases.bad('bytes follow', 'DECODE_FAILED', { query: `${good}00` });
  cases.bad('cut off', 'DECODE_FAILED', { query: good.slice(0, -2) });
  return {
    name: 'provenance-query',
    what: 'A provenance query: DAG-CBOR in its one form.',
    input: { query: 'hexadecimal' },
    output: 'its members',
    check,
    cases: cases.list,
  };
}

function sampleMap(): IndexMap {
  const map = new IndexMap();
  const tag = tagOf('https://slsa.dev/provenance/v1', 'zs:issuer');
  for (let index = 0; index < 40; index++)
    for (const key of [aboutKey(digestOf(index % 7)), useKey(digestOf(index)), issuerKey('zs:issuer')])
      map.add(key, index, tag);
  return map;
}

export function mapSuite(): Suite {
  const check: Suite['check'] = ({ keys, proof, root }) => {
    const lists = verifyMapProof(bytesOf(root), listOf(keys), bytesOf(proof));
    return Object.fromEntries(
      [...lists].map(([key, list]) => [key, list.map(({ index, tag }) => [index, hex(tag)])]),
    );
  };
  const cases = new Cases(check);
  const map = sampleMap();
  const input = (...keys: Uint8Array[]): JsonObject => ({
    root: hex(map.root()),
    keys: keys.map(hex),
    proof: hex(map.prove(keys)),
  });
  const listed = aboutKey(digestOf(3));
  const absent = aboutKey(digestOf(99));
  cases.good('a list', input(listed));
  cases.good('no list', input(absent));
  cases.good('several at once', input(listed, absent, useKey(digestOf(5)), typeKey('none')));
  cases.good('an empty map', { root: '00'.repeat(32), keys: [hex(listed)], proof: '01' });
  const good = input(listed);
  const proof = good.proof as string;
  const bad = (name: string, change: JsonObject): unknown =>
    cases.bad(name, 'PROOF_INVALID', { ...good, ...change });
  bad('another root', { root: '11'.repeat(32) });
  bad('for another key', { keys: [hex(absent)] });
  bad('for one key more', { keys: [hex(listed), hex(absent)] });
  bad('the key hidden in a hash', { proof: `00${good.root}` });
  bad('cut off', { proof: proof.slice(0, -2) });
  bad('bytes follow', { proof: `${proof}00` });
  bad('an unknown part', { proof: `05${proof.slice(2)}` });
  bad('empty', { proof: '' });
  const at = proof.indexOf(hex(listed));
  const count = at + 64;
  bad('a posting less', { proof: `${proof.slice(0, count)}05${proof.slice(count + 2)}` });
  bad('a posting moved', { proof: `${proof.slice(0, count + 2)}04${proof.slice(count + 4)}` });
  bad('a number with two spellings', { proof: `${proof.slice(0, count + 2)}8300${proof.slice(count + 4)}` });
  bad('a list shown as another leaf', { proof: `${proof.slice(0, at - 2)}02${proof.slice(at)}` });
  return {
    name: 'provenance-map',
    what: 'A proof of the lists that a committed index holds for some keys.',
    input: { root: 'hexadecimal', keys: 'list of hexadecimal', proof: 'hexadecimal' },
    output: 'for each key, its postings: index and tag',
    check,
    cases: cases.list,
  };
}

export function indexRootSuite(): Suite {
  const check: Suite['check'] = ({ envelope, origin }) => {
    const { keys, root, size } = verifyIndexRoot(bytesOf(envelope), origin as string);
    return { size, keys, root: hex(root) };
  };
  const cases = new Cases(check);
  const { origin } = honest;
  const of = (index: Partial<IndexRoot>, by = 9): string =>
    hex(
      encodeEnvelope(
        signIndexRoot(
          { origin, size: 7, keys: 3, root: new Uint8Array(32).fill(5), ...index },
          seedSigner(seed(by)),
        ),
      ),
    );
  cases.good('signed by the log', { envelope: of({}), origin });
  cases.bad('signed by another key', 'SIGNATURE_INVALID', { envelope: of({}, 8), origin });
  cases.bad('of another log', 'DECODE_FAILED', { envelope: of({ origin: `${origin}x` }), origin });
  cases.bad('a negative size', 'DECODE_FAILED', { envelope: of({ size: -1 }), origin });
  cases.bad('a root of 31 bytes', 'DECODE_FAILED', { envelope: of({ root: new Uint8Array(31) }), origin });
  cases.bad('no origin of a node', 'KEY_INVALID', { envelope: of({}), origin: 'example.com/log' });
  cases.bad('a statement', 'DECODE_FAILED', { envelope: hex(encodeEnvelope(receiptOf(1, 0))), origin });
  return {
    name: 'provenance-index-root',
    what: "The root of a log's index, signed by the log's key.",
    input: { envelope: 'an encoded envelope, hexadecimal', origin: 'the log' },
    output: 'size, keys, root',
    check,
    cases: cases.list,
  };
}

export async function bundleSuite(): Promise<Suite> {
  const check: Suite['check'] = ({ bundle }) => {
    const report = verify(bytesOf(bundle), { now: NOW });
    const failed = report.checks.find(({ ok }) => !ok);
    if (failed !== undefined) throw new ZeroError(failed.code!, failed.detail);
    return { ...report.subject };
  };
  const cases = new Cases(check);
  const mine = [0, 3, 6, 9];
  const of = async (rows: readonly ProvenanceRow[]) =>
    hex(
      await encodeBundle({ query: question, rows }, (_, level, index) => honest.log.nodes.node(level, index)),
    );
  const rows = honest.answer(question, mine);
  const good = await of(rows);
  cases.good('a whole answer', { bundle: good });
  cases.good('with a body withheld', {
    bundle: await of(
      rows.map((row) => (row.kind === 'statement' && row.index === 3 ? { ...row, body: null } : row)),
    ),
  });
  cases.bad('a statement left out', 'ANSWER_INVALID', {
    bundle: await of(honest.answer(question, mine, [6])),
  });
  cases.bad('without its end', 'ANSWER_INVALID', { bundle: await of(rows.slice(0, -1)) });
  cases.bad('cut off', 'DECODE_FAILED', { bundle: good.slice(0, good.length / 2) });
  cases.bad('another version', 'DECODE_FAILED', {
    bundle: good.replace(/^7a65726f73746174652d62756e646c652f7631/, '7a65726f73746174652d62756e646c652f7632'),
  });
  const length = 'zerostate-bundle/v1\n'.length * 2;
  cases.bad('says that it is 4 GB', 'LIMIT_EXCEEDED', {
    bundle: `${good.slice(0, length)}ffffffff${good.slice(length + 8)}`,
  });
  cases.bad('unpacks to more than it says', 'DECODE_FAILED', {
    bundle: `${good.slice(0, length)}00000010${good.slice(length + 8)}`,
  });
  return {
    name: 'provenance-bundle',
    what: 'A bundle: an answer with everything that verifies it, in one file.',
    input: { bundle: 'the file, hexadecimal' },
    output: 'statements, withheld, issuers, revoked, notWhole',
    check,
    cases: cases.list,
  };
}

export function omissionSuite(): Suite {
  const check: Suite['check'] = ({ omission }) => ({ ...verifyOmission(bytesOf(omission)) });
  const cases = new Cases(check);
  const liar = new MemoryAnswerer(12, { modules: 3, hide: [6] });
  const query = provenanceQuery({ start: [digestOf(0)], direction: 'both', prove: true });
  const rows = liar.answer(query, [0, 3, 9]);
  const part = (kind: ProvenanceRow['kind']) => rows.find((row) => row.kind === kind) as never;
  const bytes = encodeOmission({
    thing: digestOf(0),
    head: part('head'),
    completeness: part('completeness'),
    statement: liar.row(6),
  });
  const text = new TextDecoder().decode(bytes);
  const of = (changed: string): JsonObject => ({ omission: hex(new TextEncoder().encode(changed)) });
  cases.good('an entry that the index hides', of(text));
  cases.bad('about another thing', 'PROOF_INVALID', of(text.replace(digestOf(0), digestOf(1))));
  cases.bad('another kind', 'DECODE_FAILED', of(text.replace('/v1', '/v2')));
  cases.bad(
    'a row missing',
    'DECODE_FAILED',
    of(JSON.stringify({ ...JSON.parse(text), rows: JSON.parse(text).rows.slice(1) })),
  );
  return {
    name: 'provenance-omission',
    what: "Evidence that a log's committed index leaves out an entry of that log.",
    input: { omission: 'the file, hexadecimal' },
    output: 'origin, index, statementId, thing',
    check,
    cases: cases.list,
  };
}

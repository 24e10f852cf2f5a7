// Vectors of RFC 6962 trees, inclusion and consistency.

import type { JsonObject } from '../../protocol/json/index.ts';
import {
  CompactTree,
  consistencyProof,
  EMPTY_ROOT,
  inclusionProof,
  leafHash,
  parseSize,
  verifyConsistency,
  verifyInclusion,
} from '../../protocol/log/index.ts';
import { MemoryTree } from '../support/merkle.ts';
import { bytesOf, Cases, hex, listOf, type Suite } from './suite.ts';

// The records of the Certificate Transparency reference tests.
const RECORDS = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const LEAVES = RECORDS.map((record) => leafHash(bytesOf(record)));
const log = new MemoryTree(LEAVES);
const rootAt = (size: number): string => hex(log.roots[size]!);
const ELEMENT = '11'.repeat(32);

export function treeSuite(): Suite {
  const check: Suite['check'] = ({ records }) => {
    const tree = new CompactTree();
    for (const record of listOf(records)) tree.append(leafHash(record));
    return { root: hex(tree.root()), state: hex(tree.serialise()) };
  };
  const cases = new Cases(check);
  for (let size = 0; size <= RECORDS.length; size++)
    cases.good(`${size} records`, { records: RECORDS.slice(0, size) });
  return {
    name: 'log-tree',
    what: 'The root of the RFC 6962 tree over records, and the stored state of the compact tree.',
    input: { records: 'list of records, hexadecimal' },
    output:
      'root, and state: 0x01, the size as u64 big-endian, the roots of the complete subtrees, largest first; hexadecimal',
    check,
    cases: cases.list,
  };
}

export function inclusionSuite(): Suite {
  const check: Suite['check'] = ({ leaf, index, size, proof, root }) => {
    verifyInclusion({
      leafHash: bytesOf(leaf),
      index: parseSize(index as string, 'index'),
      size: parseSize(size as string, 'size'),
      proof: listOf(proof),
      root: bytesOf(root),
    });
    return true;
  };
  const cases = new Cases(check);
  const at = (index: number, size: number): JsonObject => ({
    leaf: hex(LEAVES[index]!),
    index: String(index),
    size: String(size),
    proof: inclusionProof(size, index, log).map(hex),
    root: rootAt(size),
  });
  for (const [index, size] of [
    [0, 1],
    [0, 2],
    [1, 2],
    [2, 3],
    [0, 5],
    [4, 5],
    [3, 7],
    [6, 7],
    [0, 8],
    [7, 8],
  ] as const)
    cases.good(`leaf ${index} of ${size}`, at(index, size));
  const good = at(3, 7);
  const proof = good.proof as string[];
  const bad = (name: string, change: JsonObject): unknown =>
    cases.bad(name, 'PROOF_INVALID', { ...good, ...change });
  bad('another leaf', { leaf: hex(LEAVES[4]!) });
  bad('another index', { index: '2' });
  bad('index equal to the size', { index: '7' });
  bad('a size of another shape', { size: '3' });
  bad('another root', { root: rootAt(6) });
  bad('first element missing', { proof: proof.slice(1) });
  bad('last element missing', { proof: proof.slice(0, -1) });
  bad('element too many in front', { proof: [ELEMENT, ...proof] });
  bad('element too many at the end', { proof: [...proof, ELEMENT] });
  bad('elements in another order', { proof: proof.toReversed() });
  bad('no elements', { proof: [] });
  bad('one bit changed', {
    proof: [proof[0]!.replace(/^./, (digit) => (digit === '0' ? '1' : '0')), ...proof.slice(1)],
  });
  cases.bad('an empty tree has no leaves', 'PROOF_INVALID', {
    ...good,
    index: '0',
    size: '0',
    proof: [],
    root: hex(EMPTY_ROOT),
  });
  cases.bad('an empty tree with the leaf as its root', 'PROOF_INVALID', {
    ...good,
    index: '0',
    size: '0',
    proof: [],
    root: good.leaf as string,
  });
  cases.bad('element of 31 bytes', 'DECODE_FAILED', {
    ...good,
    proof: [proof[0]!.slice(2), ...proof.slice(1)],
  });
  cases.bad('root of 33 bytes', 'DECODE_FAILED', { ...good, root: `${good.root}00` });
  cases.bad('leaf hash of 0 bytes', 'DECODE_FAILED', { ...good, leaf: '' });
  cases.bad('index with a leading zero', 'DECODE_FAILED', { ...good, index: '03' });
  cases.bad('negative index', 'DECODE_FAILED', { ...good, index: '-1' });
  cases.bad('size of 2^62', 'LIMIT_EXCEEDED', { ...good, size: '4611686018427387904' });
  cases.bad('size of 2^64', 'DECODE_FAILED', { ...good, size: '18446744073709551616' });
  return {
    name: 'log-inclusion',
    what: 'Inclusion proofs (RFC 9162 section 2.1.3.2), with exact counts.',
    input: {
      leaf: 'leaf hash',
      index: 'decimal text',
      size: 'decimal text',
      proof: 'hashes, sibling of the leaf first',
      root: 'root of the tree',
    },
    output: 'true',
    check,
    cases: cases.list,
  };
}

export function consistencySuite(): Suite {
  const check: Suite['check'] = ({ from, to, fromRoot, toRoot, proof }) => {
    verifyConsistency({
      from: parseSize(from as string, 'from'),
      to: parseSize(to as string, 'to'),
      fromRoot: bytesOf(fromRoot),
      toRoot: bytesOf(toRoot),
      proof: listOf(proof),
    });
    return true;
  };
  const cases = new Cases(check);
  const between = (from: number, to: number): JsonObject => ({
    from: String(from),
    to: String(to),
    fromRoot: rootAt(from),
    toRoot: rootAt(to),
    proof: consistencyProof(from, to, log).map(hex),
  });
  for (const [from, to] of [
    [0, 0],
    [0, 8],
    [1, 1],
    [1, 8],
    [2, 5],
    [3, 7],
    [4, 8],
    [6, 8],
    [7, 8],
    [8, 8],
  ] as const)
    cases.good(`${from} to ${to}`, between(from, to));
  const good = between(3, 7);
  const proof = good.proof as string[];
  const bad = (name: string, change: JsonObject): unknown =>
    cases.bad(name, 'PROOF_INVALID', { ...good, ...change });
  bad('another first size', { from: '2' });
  bad('first size above the second', { from: '8' });
  bad('another first root', { fromRoot: rootAt(2) });
  bad('another second root', { toRoot: rootAt(6) });
  bad('roots exchanged', { fromRoot: rootAt(7), toRoot: rootAt(3) });
  bad('element missing', { proof: proof.slice(1) });
  bad('element too many', { proof: [...proof, ELEMENT] });
  bad('no elements', { proof: [] });
  bad('elements in another order', { proof: proof.toReversed() });
  cases.bad('one size, two roots', 'PROOF_INVALID', { ...between(5, 5), toRoot: rootAt(6) });
  cases.bad('one size, with an element', 'PROOF_INVALID', { ...between(5, 5), proof: [ELEMENT] });
  cases.bad('an empty tree with a bogus root', 'PROOF_INVALID', { ...between(0, 5), fromRoot: ELEMENT });
  cases.bad('an empty second tree with a bogus root', 'PROOF_INVALID', { ...between(0, 0), toRoot: ELEMENT });
  cases.bad('two empty trees with one bogus root', 'PROOF_INVALID', {
    ...between(0, 0),
    fromRoot: ELEMENT,
    toRoot: ELEMENT,
  });
  cases.bad('an empty tree, with an element', 'PROOF_INVALID', { ...between(0, 5), proof: [ELEMENT] });
  cases.bad('a complete first tree, its root sent as an element', 'PROOF_INVALID', {
    ...between(4, 8),
    proof: [rootAt(4), ...(between(4, 8).proof as string[])],
  });
  cases.bad('element of 31 bytes', 'DECODE_FAILED', {
    ...good,
    proof: [proof[0]!.slice(2), ...proof.slice(1)],
  });
  cases.bad('size of 2^62', 'LIMIT_EXCEEDED', { ...good, to: '4611686018427387904' });
  return {
    name: 'log-consistency',
    what: 'Consistency proofs (RFC 9162 section 2.1.4.2), with exact counts; an empty tree has the empty root only.',
    input: {
      from: 'decimal text',
      to: 'decimal text',
      fromRoot: 'hexadecimal',
      toRoot: 'hexadecimal',
      proof: 'hashes',
    },
    output: 'true',
    check,
    cases: cases.list,
  };
}

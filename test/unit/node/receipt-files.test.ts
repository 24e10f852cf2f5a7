// Receipt files on disk: given back as a stranger gets them, and a module or a card that many tasks share kept once.

import assert from 'node:assert/strict';
import { packFile, partsNamedBy, unpackFile } from '../../../node/receipts/packed-file.ts';
import { encodeReceiptFile, type ReceiptFile } from '../../../node/receipts/receipt-file.ts';
import { ReceiptFiles } from '../../../node/receipts/receipt-files.ts';
import { SharedParts } from '../../../node/receipts/shared-parts.ts';
import { bytesLevel, type Database } from '../../../node/storage/index.ts';
import { fromUtf8, toBase64, toHex, utf8 } from '../../../protocol/bytes/index.ts';
import { sha256 } from '../../../protocol/crypto/index.ts';
import { TestDatabase } from '../../support/log-stores.ts';
import { sampleReceipt } from '../../support/receipt-files.ts';

const ENVELOPE = { payloadType: 'text/plain', payload: 'eA==', signatures: [] };
const FILE: ReceiptFile = {
  kind: 'zerostate-receipt/v1',
  receipt: ENVELOPE,
  entry: 'eA==',
  proof: 'a proof',
  executorCard: ENVELOPE,
};
/** Paths that are numbers come first in an object, whatever the order in which they were named. */
const INPUTS = {
  manifest: utf8('m'),
  stdin: utf8('in'),
  files: { 'a.txt': utf8('a'), 2: utf8('two'), 1: utf8('') },
};
const SECOND = { manifest: 'bQ==', stdin: 'aW4=', files: { 1: '', 2: 'dHdv', 'a.txt': 'YQ==' } };
const moduleOf = (fill: number) => new Uint8Array(10_000).fill(fill);
const whole = (module: Uint8Array, file = FILE, manifest = SECOND.manifest) => {
  const { stdin, files } = SECOND;
  return encodeReceiptFile({ ...file, inputs: { manifest, module: toBase64(module), stdin, files } });
};
const envelopeOf = (payload: Uint8Array) => ({ ...ENVELOPE, payload: toBase64(payload) });
/** What an agent signs: what differs, and a keychain that does not. */
const signed = (n: number, keys = 'k') =>
  utf8(`{"a":"{${n}","keychain":{"roots":[{"key":"${keys.repeat(900)}"}]},"z":"}ü${n}"}`);
const receiptOf = (n: number, changes: Partial<ReceiptFile> = {}): ReceiptFile => ({
  ...FILE,
  receipt: envelopeOf(signed(n)),
  executorCard: envelopeOf(utf8('c'.repeat(2_000))),
  ...changes,
});

describe('the store of receipt files', () => {
  let database: TestDatabase;
  let db: Database;

  beforeEach(async () => {
    database = new TestDatabase();
    db = await database.open();
  });

  afterEach(async () => await database[Symbol.asyncDispose]());

  const modules = async () => (await bytesLevel(db, 'receipt-modules').keys().all()).length;
  const text = async (files: ReceiptFiles, id: string) => fromUtf8((await files.get(id)) as Uint8Array);
  const parts = async () => (await bytesLevel(db, 'receipt-parts').keys().all()).length;
  const sizeOf = async (id: string) => (await bytesLevel(db, 'receipt-files').get(id))?.length ?? 0;

  it('gives each file back whole, and keeps one module for all, also after a restart', async () => {
    const files = new ReceiptFiles(db);
    const put = (store: ReceiptFiles, id: string, fill: number) =>
      store.put(id, FILE, { ...INPUTS, module: moduleOf(fill) });
    await Promise.all(['a', 'b', 'c'].map((id) => put(files, id, 1)));
    assert.equal(await modules(), 1);
    const again = new ReceiptFiles(db);
    await again.load();
    await put(again, 'd', 1);
    await put(again, 'e', 2);
    assert.equal(await modules(), 2);
    for (const id of ['a', 'b', 'c', 'd']) assert.equal(await text(again, id), fromUtf8(whole(moduleOf(1))));
    assert.equal(await text(again, 'e'), fromUtf8(whole(moduleOf(2))));
    assert.equal(await again.get('f'), undefined);
  });

  it('reads files of the first and the second form, and gives a receipt whose module is gone without its capsule', async () => {
    const digest = toHex(sha256(moduleOf(5)));
    const second = { ...FILE, inputs: { ...SECOND, moduleDigest: digest } };
    const level = bytesLevel(db, 'receipt-files');
    await level.put('first', whole(moduleOf(4)));
    await level.put('second', utf8(JSON.stringify(second)));
    const files = new ReceiptFiles(db);
    await files.put('new', FILE, { ...INPUTS, module: moduleOf(5) });
    assert.equal(await text(files, 'second'), fromUtf8(whole(moduleOf(5))));
    await bytesLevel(db, 'receipt-modules').clear();
    assert.equal(await text(files, 'first'), fromUtf8(whole(moduleOf(4))));
    for (const id of ['second', 'new'])
      assert.equal(await text(files, id), fromUtf8(encodeReceiptFile(FILE)));
  });

  it('keeps a card and a keychain once for all files, and gives each file back to the byte', async () => {
    const files = new ReceiptFiles(db);
    const module = moduleOf(1);
    const put = async (store: ReceiptFiles, id: string, file: ReceiptFile, manifest: Uint8Array) => {
      await store.put(id, file, { ...INPUTS, manifest, module });
      return fromUtf8(whole(module, file, toBase64(manifest)));
    };
    const kept = await Promise.all(
      [1, 2, 3].map((n) => put(files, `${n}`, receiptOf(n), signed(n, 'other keys'))),
    );
    assert.equal(await parts(), 3);
    assert.ok((await sizeOf('3')) < 1_000, 'what many files share is in none of them');
    const again = new ReceiptFiles(db);
    await again.load();
    kept.push(await put(again, '4', receiptOf(4), signed(4, 'other keys')));
    assert.equal(await parts(), 3);
    // As a member may write it: members in another order, one that is not known, the other alphabet, braces that do not close.
    const { executorCard, kind, ...rest } = receiptOf(5);
    const odd = { more: 1, ...executorCard, signatures: [{ sig: 'eA==', keyid: 'x', '1': {} }] };
    const urlSafe = { ...ENVELOPE, payload: '__8' };
    kept.push(await put(again, '5', { executorCard: odd, ...rest, kind, receipt: urlSafe }, signed(5)));
    const open = utf8(`${'x'.repeat(600)}"keychain":{${'{'.repeat(900)}`);
    kept.push(await put(again, '6', receiptOf(6, { receipt: envelopeOf(open) }), open));
    const { inputs: _, ...real } = sampleReceipt().file as unknown as ReceiptFile;
    kept.push(await put(again, '7', real, signed(7)));
    for (const [at, file] of kept.entries()) assert.equal(await text(again, `${at + 1}`), file);
  });

  it('a file without room for its parts holds them itself; one that lost a part is not shown in pieces', async () => {
    const room = new SharedParts(db, 'receipt-parts', 20_000);
    await room.load(async () => new Set());
    const ids = await Promise.all(
      Array.from({ length: 30 }, (_, n) => room.keep(new Uint8Array(1_000).fill(n))),
    );
    assert.equal(ids.filter((id) => id !== undefined).length, 20);
    assert.equal(await parts(), 20);
    assert.equal(await room.keep(new Uint8Array(1_000).fill(3)), ids[3], 'one that is there needs no room');
    // The next start gives up those that no file names, and only those.
    const next = new SharedParts(db, 'receipt-parts', 20_000);
    await next.load(async () => new Set(ids.slice(0, 2) as string[]));
    assert.equal(await parts(), 2);
    assert.equal((await next.get(ids[1] as string))?.[999], 1);
    assert.notEqual(await next.keep(new Uint8Array(1_000).fill(25)), undefined);
    const none = new SharedParts(db, 'no-room', 0);
    const packed = await packFile(receiptOf(1), INPUTS, 'digest', none);
    assert.deepEqual(partsNamedBy(packed), []);
    const unpacked = await unpackFile(packed, none);
    assert.deepEqual(unpacked, { file: receiptOf(1), inputs: SECOND, moduleDigest: 'digest' });
    const files = new ReceiptFiles(db);
    await files.load();
    await files.put('a', receiptOf(1), { ...INPUTS, module: moduleOf(1) });
    assert.equal(await text(files, 'a'), fromUtf8(whole(moduleOf(1), receiptOf(1))));
    await bytesLevel(db, 'receipt-parts').clear();
    assert.equal(await files.get('a'), undefined);
  });

  it('no part is given up that a kept file needs, when a start makes room', async () => {
    const files = new ReceiptFiles(db);
    await files.put('a', receiptOf(1), { ...INPUTS, module: moduleOf(1) });
    const named = await parts();
    assert.equal(named, 2);
    // So many that the next start looks for what nothing names.
    const level = bytesLevel(db, 'receipt-parts');
    for (let n = 0; n < 33; n++) await level.put(`left over ${n}`, new Uint8Array(1024 * 1024));
    const next = new ReceiptFiles(db);
    await next.load();
    assert.equal(await parts(), named);
    assert.equal(await text(next, 'a'), fromUtf8(whole(moduleOf(1), receiptOf(1))));
  });
});

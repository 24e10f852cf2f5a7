// Receipt files on disk: given back as a stranger gets them, and a module that many tasks ran kept once.

import assert from 'node:assert/strict';
import { encodeReceiptFile, type ReceiptFile } from '../../../node/receipts/receipt-file.ts';
import { ReceiptFiles } from '../../../node/receipts/receipt-files.ts';
import { bytesLevel, type Database } from '../../../node/storage/index.ts';
import { fromUtf8, toBase64 } from '../../../protocol/bytes/index.ts';
import { TestDatabase } from '../../support/log-stores.ts';

const ENVELOPE = { payloadType: 'text/plain', payload: 'eA==', signatures: [] };
const FILE: ReceiptFile = {
  kind: 'zerostate-receipt/v1',
  receipt: ENVELOPE,
  entry: 'eA==',
  proof: 'a proof',
  executorCard: ENVELOPE,
};
const INPUTS = { manifest: 'bQ==', stdin: '', files: { 'a.txt': 'YQ==' } };
const moduleOf = (fill: number) => new Uint8Array(10_000).fill(fill);
const whole = (module: Uint8Array) => {
  const { manifest, stdin, files } = INPUTS;
  return encodeReceiptFile({ ...FILE, inputs: { manifest, module: toBase64(module), stdin, files } });
};

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

  it('reads files of the first form, and gives a receipt whose module is gone without its capsule', async () => {
    await bytesLevel(db, 'receipt-files').put('old', whole(moduleOf(4)));
    const files = new ReceiptFiles(db);
    await files.put('new', FILE, { ...INPUTS, module: moduleOf(5) });
    await bytesLevel(db, 'receipt-modules').clear();
    assert.equal(await text(files, 'old'), fromUtf8(whole(moduleOf(4))));
    assert.equal(await text(files, 'new'), fromUtf8(encodeReceiptFile(FILE)));
  });
});

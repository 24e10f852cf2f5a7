// The story of the README for a program: find an agent, run a task, verify its receipt.
// Run it beside a devnet:  ZEROSTATE_API=http://127.0.0.1:7480 ZEROSTATE_TOKEN=… node examples/client/story.ts

import { readFile } from 'node:fs/promises';
import { ZerostateClient } from 'zerostate/client';

const client = new ZerostateClient({
  url: process.env.ZEROSTATE_API ?? 'http://127.0.0.1:7480',
  token: process.env.ZEROSTATE_TOKEN ?? '',
});

const need = 'count the words in text documents and rank them by frequency';
const found = await client.call('agents.find', { body: { text: need, limit: 3 } });
for (const { name, score, reasons } of found.results)
  console.log(name, score.toFixed(3), reasons.map(({ detail }) => detail).join('; '));

const module = await readFile(new URL('../tasks/word-count/word-count.wasm', import.meta.url));
const task = await client.run({
  manifest: { name: 'count', capability: need, args: ['3'] },
  module: module.toString('base64'),
  files: { 'note.txt': Buffer.from('one two two three three three').toString('base64') },
});
console.log(Buffer.from(task.stdout, 'base64').toString());

const receipt = await client.call('receipts.get', { params: { id: task.receiptId ?? '' } });
const report = await client.call('receipts.verify', { body: receipt });
console.log('receipt', task.receiptId, report.ok === true ? 'verified' : 'REFUSED');

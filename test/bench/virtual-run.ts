// Runs one policy over the virtual fleet in a process of its own.

import { type ChildProcess, fork } from 'node:child_process';
import type { VirtualDays, VirtualOrder } from './virtual-days.ts';

const PROGRAM = new URL('./virtual-policy.ts', import.meta.url);

type Word = { readonly note: string } | { readonly failure: string } | { readonly days: VirtualDays };

/** Runs one policy in a process of its own. Rejects when the process fails. */
export async function daysOf(order: VirtualOrder, note: (text: string) => void): Promise<VirtualDays> {
  const child: ChildProcess = fork(PROGRAM, {
    execArgv: [],
    // One thread answers in the order of the questions.
    env: { ...process.env, UV_THREADPOOL_SIZE: '1', TZ: 'UTC' },
  });
  try {
    return await new Promise((resolve, reject) => {
      child.on('exit', (code, signal) => reject(new Error(`${order.kind.label} ended (${code ?? signal})`)));
      child.on('message', (word: Word) => {
        if ('note' in word) note(`${order.kind.label}: ${word.note}`);
        else if ('failure' in word) reject(new Error(word.failure));
        else resolve(word.days);
      });
      child.send(order);
    });
  } finally {
    child.kill('SIGKILL');
  }
}

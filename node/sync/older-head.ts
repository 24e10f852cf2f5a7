// A fork shows in an older head too: it must be a prefix of what is held here.

import { type Checkpoint, findEquivocation, verifyNodeCheckpoint } from '../../protocol/log/index.ts';
import type { Verified } from '../../protocol/verified.ts';
import type { LogStore } from '../log/index.ts';
import type { ForkBook } from './fork-book.ts';

/** Compares a head that brings nothing new with the log that is held; keeps the evidence when the two contradict each other. */
export async function compareOlder(
  { forks, store }: { readonly forks: ForkBook; readonly store: LogStore },
  head: Verified<Checkpoint>,
): Promise<void> {
  const { checkpoint } = store.state(head.origin);
  if (checkpoint === '' || forks.has(head.origin)) return;
  const own = verifyNodeCheckpoint(checkpoint, head.origin);
  if (head.size > own.size) return;
  const finding = await findEquivocation(head, own, store.reader(head.origin));
  if (finding !== null) await forks.add(finding);
}

// A process with some edges of a fleet: does what its parent asks, and ends with it.

import { LocalEdges } from './edge-host.ts';
import type { Answered, Asked } from './edge-processes.ts';

const edges = new LocalEdges(JSON.parse(process.argv[2]!) as ConstructorParameters<typeof LocalEdges>[0]);

process.on('message', async ({ args, id, method }: Asked) => {
  const answer = (message: Answered) => process.connected && process.send!(message);
  try {
    const work = edges[method as keyof LocalEdges] as (...all: unknown[]) => Promise<unknown>;
    answer({ id, value: await work.apply(edges, [...args]) });
  } catch (error) {
    answer({ id, error: (error as Error).message });
  }
});
process.once('disconnect', () => {
  void edges[Symbol.asyncDispose]().finally(() => process.kill(process.pid, 'SIGKILL'));
});

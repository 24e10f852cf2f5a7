// A process that writes to a node's own log as fast as the disk lets it, and says what is acknowledged: to be killed at any moment, or
// to kill itself at a given step of its writes: before a batch is handed to the database, while it is under way, or when it is done and
// nobody has been told.

import { systemClock } from '../../node/clock/index.ts';
import { HeadGuard } from '../../node/log/index.ts';
import { openStores } from '../../node/log/open-stores.ts';
import { createLogger } from '../../node/logger/index.ts';
import { GuardedLevel } from '../../node/storage/guarded-level.ts';
import { note, ownLogOver } from '../support/log-stores.ts';

/** Appends that wait for the disk at once. */
const AT_ONCE = 16;

const [home = '', life = '0', lastStep = ''] = process.argv.slice(2);

if (lastStep !== '') {
  let step = 0;
  const pass = (): void => {
    if (step++ === Number(lastStep)) process.kill(process.pid, 'SIGKILL');
  };
  const { batch } = GuardedLevel.prototype;
  GuardedLevel.prototype.batch = function steppedBatch(...args: unknown[]) {
    const made = batch.apply(this, args);
    if (args.length > 0) return made;
    const write = made.write.bind(made);
    made.write = async (options: unknown) => {
      pass();
      const done = write(options);
      pass();
      await done;
      pass();
    };
    return made;
  };
}

const { store } = await openStores({
  dir: `${home}/db`,
  clock: systemClock,
  log: createLogger({ level: 'error', name: 'writer' }),
});
const own = ownLogOver(store, {}, 7, new HeadGuard(`${home}/own-head`));
if (!(await own.check())) throw new Error('the own log has lost entries');
process.stdout.write(`open ${own.state().size}\n`);
const write = async (worker: number): Promise<void> => {
  for (let n = 0; ; n++) {
    const { index, statementId } = await own.append(
      note(`life ${life}, worker ${worker}, ${n} ${'x'.repeat((n * 37) % 3000)}`),
    );
    process.stdout.write(`ack ${index} ${statementId}\n`);
  }
};
await Promise.all(Array.from({ length: AT_ONCE }, (_, worker) => write(worker)));

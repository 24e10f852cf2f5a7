// Puts tasks together: the executor for others, and the requester with its book.

import type { Core } from '../context.ts';
import { RowStreams } from '../rpc/row-streams.ts';
import type { Service } from '../services.ts';
import { instrument } from '../tracing/index.ts';
import { Asker } from './ask.ts';
import { BatchDesk } from './batch-desk.ts';
import { Batches } from './batches.ts';
import { BusySpell } from './busy-spell.ts';
import { Executor } from './executor.ts';
import { Lanes } from './lanes.ts';
import { Loads } from './loads.ts';
import { Members } from './members.ts';
import { TaskParts } from './parts.ts';
import { NO_PORTS, type TaskPorts } from './ports.ts';
import { Requester } from './requester.ts';
import { Runs } from './runs.ts';
import { Settlement } from './settle.ts';
import { TaskSigning } from './signing.ts';
import { TaskBook } from './task-book.ts';
import { viewOf } from './view.ts';

/** Runs of this requester at one member at once: enough to keep its workers busy over a slow link. */
const AT_ONE_MEMBER = 16;

/** The parts, not started. */
export function makeTasks(core: Core, given: Partial<TaskPorts> = {}) {
  const { config, events } = core;
  const { network } = config;
  const ports: TaskPorts = { ...NO_PORTS, ...given };
  const parts = new TaskParts(core.db);
  const executor = new Executor({ ...core, parts, ports, network, limits: config.tasks });
  const tasks = new TaskBook(core);
  tasks.onChange = (entry) => events.emit('task', () => viewOf(entry));
  const lanes = new Lanes(AT_ONE_MEMBER);
  const loads = new Loads(core);
  if (config.tasks.accept) core.directory.load = () => executor.load;
  const spell = new BusySpell(
    core.clock,
    () => executor.load.tasks + tasks.open().length,
    () => executor.begun,
  );
  core.sync.busy = () => spell.isBusy;
  const rows = new RowStreams(core);
  const batches = new Batches({ ...core, rows, network });
  const desk = new BatchDesk({ ...core, rows, executor, network });
  const asker = new Asker({ ...core, batches, executor, loads, parts, network });
  const members = new Members({
    ...core,
    ports,
    network,
    load: (peer) => loads.of(peer, lanes.load(peer)),
    local: (peer, manifest) => asker.given.share(peer, manifest),
  });
  const settlement = new Settlement({ ...core, ports, book: tasks, isBusy: () => spell.isBusy });
  const runs = new Runs({ ...core, asker, book: tasks, parts, ports, lanes });
  instrument(executor, { execute: 'task.execute' });
  instrument(runs, { ask: 'task.ask' });
  instrument(members, { find: 'task.members' });
  const signing = new TaskSigning({ ...core, parts, ports });
  const requester = new Requester({
    ...core,
    asker,
    book: tasks,
    members,
    settlement,
    parts,
    ports,
    runs,
    signing,
  });
  const services: Service[] = [
    {
      name: 'tasks',
      start: async () => {
        await parts.load();
        await tasks.load();
        await executor.start();
        if (config.tasks.accept) await desk.start();
        await requester.start();
      },
      stop: async () => {
        executor.stop();
        await requester.stop();
      },
    },
  ];
  return { executor, tasks, requester, services };
}

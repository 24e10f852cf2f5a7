// Puts tasks together: the executor for others, and the requester with its book.

import type { Core } from '../context.ts';
import type { Service } from '../services.ts';
import { Executor } from './executor.ts';
import { Requester } from './requester.ts';
import { TaskStore } from './task-store.ts';

/** The parts, not started. */
export function makeTasks(core: Core) {
  const { config, clock, events } = core;
  const { network } = config;
  const executor = new Executor({ ...core, network, limits: config.tasks });
  const tasks = new TaskStore({ clock, onChange: (view) => events.emit('task', () => view) });
  const requester = new Requester({ ...core, tasks, executor, network });
  const services: Service[] = [{ name: 'tasks', start: () => executor.start(), stop: () => {} }];
  return { executor, tasks, requester, services };
}

// Starts and stops a list of services: in order, back again in reverse, and not longer than promised.

import { STOP_MS_MAX } from './host/limits.ts';
import type { Logger } from './logger/index.ts';

/** Something that is started and stopped. */
export interface Service {
  readonly name: string;
  start(): Promise<void> | void;
  stop(): Promise<void> | void;
}

/** Runs the services as one. */
export function runServices(services: readonly Service[], log: Logger) {
  const started: Service[] = [];

  /** Stops every service in reverse order. Answers the names of those that hung: each is left behind after STOP_MS_MAX. */
  async function stop(): Promise<string[]> {
    const hung: string[] = [];
    for (let service = started.pop(); service !== undefined; service = started.pop())
      if (!(await endsInTime(service, log))) hung.push(service.name);
    return hung;
  }

  /** Starts every service; on failure stops those that had started. */
  async function start(): Promise<void> {
    try {
      for (const service of services) {
        started.push(service);
        await service.start();
      }
    } catch (error) {
      await stop();
      throw error;
    }
  }

  return { start, stop };
}

async function endsInTime(service: Service, log: Logger): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => {
      log.error({ service: service.name }, 'a service did not stop in time');
      resolve(false);
    }, STOP_MS_MAX);
  });
  try {
    return await Promise.race([Promise.resolve(service.stop()).then(() => true), late]);
  } catch (error) {
    log.error({ err: error, service: service.name }, 'a service failed to stop');
    return true;
  } finally {
    clearTimeout(timer);
  }
}

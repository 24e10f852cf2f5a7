// CPU profiles of a host of the fleet: what its nodes' work consists of. Read the file with any viewer of .cpuprofile.

import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

/** Microseconds between two samples. */
const SAMPLE_US = 1_000;

let session: Session | undefined;

/** Starts a profile, or with a file ends the one that runs and writes it there. Answers CPU milliseconds of the process so far. */
export async function profile(file: string | null): Promise<number> {
  if (file === null) {
    session = new Session();
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_US });
    await session.post('Profiler.start');
  } else if (session !== undefined) {
    const { profile: taken } = await session.post('Profiler.stop');
    writeFileSync(file, JSON.stringify(taken));
    session.disconnect();
    session = undefined;
  }
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

// Pulls many logs from one peer, some at a time: who joins late lacks the logs of everybody, and one round trip after another for each would
// take it minutes over long links. One bad log does not keep the others from being pulled.

/** Logs that are pulled from one peer at the same time. Each answer has up to a MiB, and the peer serves others too. */
const PULLS_AT_ONCE = 8;

export interface WantedLog {
  readonly origin: string;
  readonly to: number;
}

/**
 * Runs `pull` for every log. What it throws is kept until all were tried, unless `endsAll` says that nothing more can come of this peer:
 * then no further log is begun. Throws the first error.
 */
export async function pullAll(
  wanted: readonly WantedLog[],
  pull: (log: WantedLog) => Promise<void>,
  endsAll: (error: unknown) => boolean,
): Promise<void> {
  const next = wanted.values();
  const failures: unknown[] = [];
  let isOver = false;
  const worker = async (): Promise<void> => {
    for (const log of next) {
      if (isOver) return;
      try {
        await pull(log);
      } catch (error) {
        isOver ||= endsAll(error);
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: PULLS_AT_ONCE }, worker));
  if (failures.length > 0) throw failures[0];
}

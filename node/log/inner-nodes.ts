// Reads the inner nodes of a stored tree, each level from its beginning, for whoever builds the tree again beside it.

import type { BytesLevel } from '../storage/index.ts';
import { nodeKey } from './stored-forms.ts';

export interface InnerNodes {
  /** The next node of a level, or undefined where there are no more. */
  next(level: number): Promise<Uint8Array | undefined>;
  close(): Promise<void>;
}

/** The nodes of one log. */
export function innerNodes(nodes: BytesLevel, origin: string): InnerNodes {
  const open = (level: number) =>
    nodes.values({ gte: nodeKey(origin, level, 0), lt: nodeKey(origin, level, Number.MAX_SAFE_INTEGER) });
  const levels = new Map<number, ReturnType<typeof open>>();
  return {
    next: (level) => {
      const values = levels.get(level) ?? open(level);
      levels.set(level, values);
      return values.next();
    },
    close: async () => {
      await Promise.all([...levels.values()].map((values) => values.close()));
    },
  };
}

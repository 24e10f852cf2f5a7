// Other parts of the node as the ports that tasks know.

import type { ArtifactService } from '../artifacts/artifact-service.ts';
import type { TaskArtifacts } from './ports.ts';

/** How far a requester is trusted with room on this disk: what the own user wants stays longer. */
const REQUESTER_TRUST = 0.5;

/** Artifacts, for parts that are too large to be sent along. */
export function artifactsOf(artifacts: ArtifactService): TaskArtifacts {
  return {
    share: (bytes) => artifacts.addBytes(bytes),
    async fetch(root, { from, bytesMax, signal }) {
      await artifacts.fetch(root, { from: [from.toString()], bytesMax, trust: REQUESTER_TRUST, signal });
      return await artifacts.bytes(root, { bytesMax });
    },
  };
}

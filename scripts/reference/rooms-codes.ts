// The error codes of each room, for the document and its check.

import { indexServiceCodes } from '../../protocol/errors/codes/index-service.ts';
import { nodeCodes } from '../../protocol/errors/codes/node.ts';
import { protocolCodes } from '../../protocol/errors/codes/protocol.ts';
import { simCodes } from '../../protocol/errors/codes/sim.ts';
import { wasmRunnerCodes } from '../../protocol/errors/codes/wasm-runner.ts';
import type { CodesByRoom } from './errors.ts';

export const codesByRoom: CodesByRoom = {
  protocol: protocolCodes,
  'wasm-runner': wasmRunnerCodes,
  'index-service': indexServiceCodes,
  node: nodeCodes,
  sim: simCodes,
};

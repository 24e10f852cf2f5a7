// The error codes of each room, for the document and its check.

import { artifactCodes } from '../../protocol/errors/codes/artifacts.ts';
import { guildCodes } from '../../protocol/errors/codes/guild.ts';
import { indexServiceCodes } from '../../protocol/errors/codes/index-service.ts';
import { nodeCodes } from '../../protocol/errors/codes/node.ts';
import { partnerCodes } from '../../protocol/errors/codes/partners.ts';
import { paymentCodes } from '../../protocol/errors/codes/payments.ts';
import { policyCodes } from '../../protocol/errors/codes/policy.ts';
import { protocolCodes } from '../../protocol/errors/codes/protocol.ts';
import { provenanceCodes } from '../../protocol/errors/codes/provenance.ts';
import { simCodes } from '../../protocol/errors/codes/sim.ts';
import { taskCodes } from '../../protocol/errors/codes/task.ts';
import { wasmRunnerCodes } from '../../protocol/errors/codes/wasm-runner.ts';
import type { CodesByRoom } from './errors.ts';

export const codesByRoom: CodesByRoom = {
  protocol: protocolCodes,
  'wasm-runner': wasmRunnerCodes,
  'index-service': indexServiceCodes,
  node: nodeCodes,
  sim: simCodes,
  artifacts: artifactCodes,
  guild: guildCodes,
  task: taskCodes,
  payments: paymentCodes,
  partners: partnerCodes,
  policy: policyCodes,
  provenance: provenanceCodes,
};

// The one table of error codes. docs/reference/errors.md is generated from it.

import { artifactCodes } from './artifacts.ts';
import { guildCodes } from './guild.ts';
import { indexServiceCodes } from './index-service.ts';
import { nodeCodes } from './node.ts';
import { partnerCodes } from './partners.ts';
import { paymentCodes } from './payments.ts';
import { policyCodes } from './policy.ts';
import { protocolCodes } from './protocol.ts';
import { provenanceCodes } from './provenance.ts';
import { routingCodes } from './routing.ts';
import { simCodes } from './sim.ts';
import { taskCodes } from './task.ts';
import { wasmRunnerCodes } from './wasm-runner.ts';

export const errorCodes = {
  ...protocolCodes,
  ...wasmRunnerCodes,
  ...indexServiceCodes,
  ...nodeCodes,
  ...simCodes,
  ...routingCodes,
  ...artifactCodes,
  ...guildCodes,
  ...partnerCodes,
  ...taskCodes,
  ...paymentCodes,
  ...provenanceCodes,
  ...policyCodes,
} as const;

/** A stable error code. */
export type ErrorCode = keyof typeof errorCodes;

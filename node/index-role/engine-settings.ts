// From the configuration to the settings of a vector engine: what is empty there is left out here.

import type { EngineSettings } from '../../index-service/index.ts';
import type { Config } from '../config/index.ts';

export function engineSettings(index: Config['index']): EngineSettings {
  const { backend, url, tokenFile, collection, shardByRegion } = index;
  return {
    engine: backend,
    ...(url !== '' && { url }),
    ...(tokenFile !== '' && { tokenFile }),
    collection,
    shardByRegion,
  };
}

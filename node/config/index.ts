// Configuration of a node: schema, sources and their order.

export {
  type ConfigKey,
  completeConfig,
  configFromEnv,
  configKeys,
  readConfigFile,
  renderConfigFile,
  resolveConfig,
} from './load.ts';
export { type Config, configSchema, ROLES } from './schema.ts';

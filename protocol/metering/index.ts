// Metering: what was measured, and what it costs. The only door of this folder.

export * from './limits.ts';
export {
  BYTE_MS_PER_GB_SECOND,
  type Charge,
  type ChargeLine,
  chargeFor,
  meterBytes,
  meterFuel,
  meterMemory,
  meterRelayed,
  meterRequests,
  meterTokens,
  priceOf,
  type Quantity,
} from './metering.ts';

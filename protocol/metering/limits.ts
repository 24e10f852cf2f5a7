// Bounds of metering.

/** Quantities of one charge: one a unit. */
export const QUANTITIES_MAX = 16;

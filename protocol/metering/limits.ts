// Bounds of metering: how much one charge may sum up.

/** Quantities of one charge: one a unit. */
export const QUANTITIES_MAX = 16;

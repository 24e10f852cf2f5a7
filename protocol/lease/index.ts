// Leases with fencing tokens: exclusive work that survives the death of whoever does it. The only door of this folder.

export { leaseTableFromJson, leaseTableToJson } from './json-form.ts';
export {
  checkLease,
  completeLease,
  expiredLeases,
  grantLease,
  isLive,
  type LeaseProof,
  leaseFence,
  leaseTable,
  releaseLease,
  renewLease,
  revokeLease,
} from './lease.ts';
export * from './types.ts';

// Leases with fencing tokens. The only door of this folder.

export {
  grantLease,
  isHeld,
  type Lease,
  type LeaseState,
  NO_LEASE,
  passFence,
  releaseLease,
  renewLease,
} from './lease.ts';

// Partners and the federated query. The door of this folder.

export type { FederatedEvent, FederatedOptions, PartnerState } from './federated-types.ts';
export { LOCAL } from './federated-types.ts';
export type { Federation } from './federation.ts';
export { makePartners } from './make-partners.ts';
export type { Partner } from './partner-book.ts';
export type { NewPartner, Partners } from './partners.ts';

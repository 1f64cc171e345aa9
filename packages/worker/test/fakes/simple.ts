import type { Authenticator } from '@alluvium/net';

/** Believes who the client says it is. */
export const simple: Authenticator = {
  scheme: 'SIMPLE',
  authenticate: ({ authenticationId }) => ({ user: authenticationId, connectionUser: authenticationId }),
};

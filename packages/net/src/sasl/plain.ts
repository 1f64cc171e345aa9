import { fail } from '@alluvium/base';

/** What a PLAIN message (RFC 4616) says. */
export interface Plain {
  /** Who to act for; empty: the authenticated one. */
  readonly authorizationId: string;
  readonly authenticationId: string;
  readonly password: string;
}

/** Reads `authorizationId NUL authenticationId NUL password`. Throws `unauthenticated` with Alluxio's texts. */
export function parsePlain(message: Uint8Array | undefined): Plain {
  const parts = Buffer.from(message ?? [])
    .toString('utf8')
    .split('\0');
  if (parts.length !== 3) throw plainFailure('Invalid message format, parts must contain 3 items');
  const [authorizationId, authenticationId, password] = parts as [string, string, string];
  if (authenticationId === '') throw plainFailure('No authentication identity provided');
  if (password === '') throw plainFailure('No password provided');
  return { authorizationId, authenticationId, password };
}

export function encodePlain(plain: Plain): Buffer {
  return Buffer.from(`${plain.authorizationId}\0${plain.authenticationId}\0${plain.password}`, 'utf8');
}

export function plainFailure(why: string): Error {
  return fail('unauthenticated', `Plain authentication failed: ${why}`);
}

import type { ErrorKind } from '@alluvium/base';
import type { Method } from '@alluvium/net';

/** What is asked, and how it is answered: `ok`, or a kind of error with its text. Nothing may change in any case. */
export interface Case {
  readonly method: Method<never, unknown>;
  readonly why: string;
  readonly request: object;
  readonly kind: ErrorKind | 'ok';
  readonly text?: string | RegExp;
  /** Undefined: root. */
  readonly user?: string;
}

export const MAX = 2n ** 63n - 1n;
export const MIN = -(2n ** 63n);
export const ODD = 77 as never;
export const MANY = 100_000;

/** Cases of one call: why, the request, how it is answered, with what text, who asks. */
export function of<Q, R>(
  method: Method<Q, R>,
  ...cases: readonly (readonly [why: string, request: Q, kind: Case['kind'], text?: string | RegExp, user?: string])[]
): Case[] {
  return cases.map(([why, request, kind, text, user]) => ({
    method: method as unknown as Method<never, unknown>,
    why,
    request: request as object,
    kind,
    ...(text !== undefined && { text }),
    ...(user !== undefined && { user }),
  }));
}

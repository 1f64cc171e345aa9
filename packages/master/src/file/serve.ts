import type { ServerCall, UnaryHandler } from '@alluvium/net';
import type { FileContext } from './context.js';

/** An operation of the file system master: answers at once unless it has to wait for a store or for the journal. */
export type Operation<Request, Reply> = (c: FileContext, request: Request, user: string) => Reply | Promise<Reply>;

/**
 * Holds a reply back, and an error too, until everything that it may show is durable: nobody learns what a crash can take back.
 * What an operation answers asynchronously it has waited for itself.
 */
export function serve<Request, Reply>(c: FileContext, operation: Operation<Request, Reply>): UnaryHandler<Request, Reply> {
  return (request: Request, call: ServerCall) => {
    let reply: Reply | Promise<Reply>;
    c.locks.caller = call;
    try {
      reply = operation(c, request, call.caller.user);
    } catch (error) {
      return throwSettled(c, error);
    } finally {
      c.locks.caller = undefined;
    }
    if (reply instanceof Promise) return reply.catch((error: unknown) => throwSettled(c, error));
    const pending = c.committer.settled();
    return pending === undefined ? reply : pending.then(() => reply);
  };
}

function throwSettled(c: FileContext, error: unknown): Promise<never> {
  const pending = c.committer.settled();
  if (pending === undefined) throw error;
  return pending.then(() => {
    throw error;
  });
}

import type { ServerCall, UnaryHandler } from '@alluvium/net';
import type { FileContext } from './context.js';

/** An operation of the file system master: answers at once unless it has to wait for a store or for the journal. */
export type Operation<Request, Reply> = (c: FileContext, request: Request, user: string) => Reply | Promise<Reply>;

/**
 * Holds a reply back, and an error too, until everything that it may show is durable: nobody learns what a crash can take back.
 * What an operation answers asynchronously it has waited for itself.
 */
export function serve<Request, Reply>(c: FileContext, operation: Operation<Request, Reply>): UnaryHandler<Request, Reply> {
  const { audit } = c;
  return (request: Request, call: ServerCall) => {
    const startedMs = audit?.now() ?? 0;
    let reply: Reply | Promise<Reply>;
    c.locks.caller = call;
    try {
      reply = operation(c, request, call.caller.user);
    } catch (error) {
      audit?.ended(call, request, undefined, error, startedMs);
      return throwSettled(c, error);
    } finally {
      c.locks.caller = undefined;
    }
    if (reply instanceof Promise) {
      return reply.then(
        (answer) => {
          audit?.ended(call, request, answer, undefined, startedMs);
          return answer;
        },
        (error: unknown) => {
          audit?.ended(call, request, undefined, error, startedMs);
          return throwSettled(c, error);
        },
      );
    }
    audit?.ended(call, request, reply, undefined, startedMs);
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

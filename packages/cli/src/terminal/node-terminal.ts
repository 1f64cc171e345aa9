// The edge to the process: its standard streams and its signals.
import { once } from 'node:events';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { Interruption, OutputClosed } from '../context.js';
import type { Input, Output } from '../context.js';

/** A standard stream of this process as an output. */
export function nodeOutput(stream: NodeJS.WriteStream): Output {
  let closed: Error | undefined;
  // Also keeps an error that comes between two writes from ending the process.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    closed = error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED' ? new OutputClosed(error.message) : error;
  });
  return {
    isTTY: stream.isTTY ?? false,
    get columns() {
      // A terminal that does not tell its size has 0.
      return stream.isTTY && stream.columns > 0 ? stream.columns : undefined;
    },
    async write(chunk) {
      if (closed !== undefined) throw closed;
      if (stream.write(chunk)) return;
      try {
        await once(stream, 'drain');
      } catch (error) {
        throw closed ?? error;
      }
    },
  };
}

/** Standard input. Reading it ends with an error when `signal` is aborted. */
export function nodeInput(stream: Readable & { readonly isTTY?: boolean }, signal: AbortSignal): Input {
  return {
    isTTY: stream.isTTY ?? false,
    async *[Symbol.asyncIterator]() {
      const stop = (): void => void stream.destroy(signal.reason as Error);
      signal.addEventListener('abort', stop, { once: true });
      try {
        for await (const chunk of stream) yield chunk as Uint8Array;
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
  };
}

/**
 * A signal that Ctrl-C and termination abort, so that commands clean up; asked a second time, the process ends at once.
 * `stop` gives the process its own behaviour back.
 */
export function nodeSignals(): { readonly signal: AbortSignal; stop(): void } {
  const controller = new AbortController();
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const stop = (): void => {
    for (const name of names) process.off(name, onSignal);
  };
  const onSignal = (name: NodeJS.Signals): void => {
    // Without our listener a second signal has its default effect.
    stop();
    controller.abort(new Interruption(name as (typeof names)[number]));
  };
  for (const name of names) process.on(name, onSignal);
  return { signal: controller.signal, stop };
}

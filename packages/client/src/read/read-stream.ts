/** A web stream of what `open` yields; nothing is read before it is asked for, and cancelling ends what is under way. */
export function readStream(
  open: (signal: AbortSignal) => AsyncGenerator<Uint8Array, void, void>,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  const cancelled = new AbortController();
  const chunks = open(signal === undefined ? cancelled.signal : AbortSignal.any([signal, cancelled.signal]));
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      async cancel(reason) {
        cancelled.abort(reason);
        await chunks.return().catch(() => undefined);
      },
    },
    { highWaterMark: 0 },
  );
}

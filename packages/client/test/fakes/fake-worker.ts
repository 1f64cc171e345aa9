import { fail } from '@alluvium/base';
import type { AlluviumError } from '@alluvium/base';
import { methodsOf, ServiceTable } from '@alluvium/net';
import type { ServerStream } from '@alluvium/net';
import { blockWorker } from '@alluvium/wire';

const methods = methodsOf(blockWorker.BlockWorkerDefinition);
const CHUNK = 1 << 20;

export interface Upload {
  readonly command: blockWorker.WriteRequestCommand;
  bytes: Buffer;
  state: 'open' | 'whole' | 'dropped';
}

/** A worker that serves `blocks` and takes uploads; `breaksAfter` makes it fail in the middle. */
export class FakeWorker {
  readonly blocks = new Map<bigint, Buffer>();
  readonly reads: blockWorker.ReadRequest[] = [];
  readonly acknowledged: bigint[] = [];
  /** Reads that the client ended before they were through. */
  readsLeft = 0;
  readonly uploads: Upload[] = [];
  readonly cacheRequests: blockWorker.CacheRequest[] = [];
  /** Bytes of a read after which it fails. */
  readFailure: { readonly afterBytes: number; readonly error: AlluviumError } | undefined;
  /** Bytes of an upload after which it fails. */
  writeFailure: { readonly afterBytes: number; readonly error: AlluviumError } | undefined;
  /** What the nth upload is refused with. */
  failsUpload: (command: blockWorker.WriteRequestCommand, nth: number) => AlluviumError | undefined = () => undefined;
  /** Says nothing to reads. */
  silent = false;
  /** More than this cannot be reserved. */
  spaceBytes = 1n << 40n;
  contentHash: string | undefined;

  table(): ServiceTable {
    return new ServiceTable()
      .stream(methods.readBlock, (stream) => this.#read(stream))
      .stream(methods.writeBlock, (stream) => this.#write(stream))
      .unary(methods.cache, (request) => {
        this.cacheRequests.push(request);
        return {};
      });
  }

  async #read(stream: ServerStream<blockWorker.ReadRequest, blockWorker.ReadResponse>): Promise<void> {
    const request = (await stream.read())!;
    this.reads.push(request);
    stream.signal.addEventListener('abort', () => this.readsLeft++);
    void this.#acknowledgements(stream);
    if (this.silent) await new Promise((_, reject) => stream.signal.addEventListener('abort', () => reject(fail('cancelled', 'over'))));
    const block = this.blocks.get(request.blockId ?? -1n);
    if (block === undefined) throw fail('notFound', `BlockMeta not found for blockId ${request.blockId}`);
    const start = Number(request.offset);
    const end = Math.min(block.length, start + Number(request.length));
    const stop = this.readFailure === undefined ? end : Math.min(end, start + this.readFailure.afterBytes);
    for (let at = start; at < stop; at += CHUNK) await stream.write({ chunk: { data: block.subarray(at, Math.min(stop, at + CHUNK)) } });
    if (this.readFailure !== undefined) {
      // In memory an error overtakes what was sent before it; on a connection it does not.
      await new Promise((resolve) => setImmediate(resolve));
      throw this.readFailure.error;
    }
  }

  async #acknowledgements(stream: ServerStream<blockWorker.ReadRequest, blockWorker.ReadResponse>): Promise<void> {
    try {
      for (let ack = await stream.read(); ack !== undefined; ack = await stream.read()) this.acknowledged.push(ack.offsetReceived ?? -1n);
    } catch {
      // The call is over.
    }
  }

  async #write(stream: ServerStream<blockWorker.WriteRequest, blockWorker.WriteResponse>): Promise<void> {
    const { command } = (await stream.read())!;
    const upload: Upload = { command: command!, bytes: Buffer.alloc(0), state: 'open' };
    this.uploads.push(upload);
    const refusal = this.failsUpload(command!, this.uploads.length);
    if (refusal !== undefined) {
      upload.state = 'dropped';
      throw refusal;
    }
    const { writeFailure } = this;
    if ((command?.spaceToReserve ?? 0n) > this.spaceBytes) {
      upload.state = 'dropped';
      throw fail('resourceExhausted', 'no space left');
    }
    try {
      for (let message = await stream.read(); message !== undefined; message = await stream.read()) {
        upload.bytes = Buffer.concat([upload.bytes, message.chunk?.data ?? Buffer.alloc(0)]);
        if (writeFailure !== undefined && upload.bytes.length > writeFailure.afterBytes) throw writeFailure.error;
      }
      if (writeFailure?.afterBytes === upload.bytes.length) throw writeFailure.error;
    } catch (error) {
      upload.state = 'dropped';
      throw error;
    }
    upload.state = 'whole';
    if (command?.type === blockWorker.RequestType.UFS_FILE && this.contentHash !== undefined)
      await stream.write({ offset: BigInt(upload.bytes.length), contentHash: this.contentHash });
    else this.blocks.set(command?.id ?? -1n, upload.bytes);
  }
}

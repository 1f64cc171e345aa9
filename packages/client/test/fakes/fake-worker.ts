import { fail } from '@alluvium/base';
import type { AlluviumError } from '@alluvium/base';
import { methodsOf, ServiceTable } from '@alluvium/net';
import type { ServerStream } from '@alluvium/net';
import { blockWorker } from '@alluvium/wire';
import type { FakeMachine } from './fake-machine.js';

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
  /** What the commit of a block file fails with. */
  commitFailure: AlluviumError | undefined;
  /** Says nothing to reads. */
  silent = false;
  /** More than this cannot be reserved. */
  spaceBytes = 1n << 40n;
  contentHash: string | undefined;
  /** Where its block files lie; undefined: it lets nobody at them. */
  machine: FakeMachine | undefined;
  /** Files that it names for blocks, where it is not the usual one. */
  readonly pathOf = new Map<bigint, string>();
  /** Calls that keep a block in place, now. */
  held = 0;
  readonly localOpens: blockWorker.OpenLocalBlockRequest[] = [];
  readonly localCreates: blockWorker.CreateLocalBlockRequest[] = [];
  /** Ends all calls that hold blocks. */
  letGo: () => void = () => undefined;

  table(): ServiceTable {
    return new ServiceTable()
      .stream(methods.readBlock, (stream) => this.#read(stream))
      .stream(methods.writeBlock, (stream) => this.#write(stream))
      .stream(methods.openLocalBlock, (stream) => this.#openLocal(stream))
      .stream(methods.createLocalBlock, (stream) => this.#createLocal(stream))
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

  async #openLocal(stream: ServerStream<blockWorker.OpenLocalBlockRequest, blockWorker.OpenLocalBlockResponse>): Promise<void> {
    const request = (await stream.read())!;
    this.localOpens.push(request);
    const block = this.blocks.get(request.blockId ?? -1n);
    if (this.machine === undefined || block === undefined) throw fail('notFound', `BlockMeta not found for blockId ${request.blockId}`);
    const path = this.pathOf.get(request.blockId!) ?? `/tier/${request.blockId}`;
    if (!this.machine.files.has(path)) this.machine.files.set(path, block);
    this.held++;
    try {
      await stream.write({ path });
      const ended = new Promise<never>((_, reject) => (this.letGo = () => reject(fail('unavailable', 'the worker ends'))));
      await Promise.race([stream.read(), ended]);
    } finally {
      this.held--;
    }
  }

  async #createLocal(stream: ServerStream<blockWorker.CreateLocalBlockRequest, blockWorker.CreateLocalBlockResponse>): Promise<void> {
    const first = (await stream.read())!;
    this.localCreates.push(first);
    if (this.machine === undefined) throw fail('unimplemented', 'short-circuit writes are off');
    if ((first.spaceToReserve ?? 0n) > this.spaceBytes) throw fail('resourceExhausted', 'no space left');
    const path = `/tier/tmp/5eb-${first.blockId}`;
    this.machine.files.set(path, Buffer.alloc(0));
    await stream.write({ path });
    let reserved = first.spaceToReserve ?? 0n;
    for (let more = await stream.read(); more !== undefined; more = await stream.read()) {
      this.localCreates.push(more);
      reserved += more.spaceToReserve ?? 0n;
      if (reserved > this.spaceBytes) throw fail('resourceExhausted', 'no space left');
      await stream.write({});
    }
    if (this.commitFailure !== undefined) throw this.commitFailure;
    this.blocks.set(first.blockId ?? -1n, this.machine.files.get(path)!);
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

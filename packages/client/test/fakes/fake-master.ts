import { fail } from '@alluvium/base';
import type { AlluviumError } from '@alluvium/base';
import { methodsOf, ServiceTable } from '@alluvium/net';
import type { Method } from '@alluvium/net';
import { blockMaster, fileSystemMaster, metaMaster, serviceVersion } from '@alluvium/wire';
import type { WriteType } from '@alluvium/client';

const files = methodsOf(fileSystemMaster.FileSystemMasterClientServiceDefinition);
const blocks = methodsOf(blockMaster.BlockMasterClientServiceDefinition);
const configuration = methodsOf(metaMaster.MetaMasterConfigurationServiceDefinition);
const versions = methodsOf(serviceVersion.ServiceVersionClientServiceDefinition);

export interface Recorded {
  readonly method: string;
  readonly request: unknown;
}

/** A master of a few maps. It notes each request and fails those that `fails` says, before it does anything. */
export class FakeMaster {
  readonly calls: Recorded[] = [];
  readonly files = new Map<string, fileSystemMaster.FileInfo>();
  workers: blockMaster.WorkerInfo[] = [];
  writeType: WriteType = 'MUST_CACHE';
  pathConfigs: Record<string, metaMaster.ConfigProperties> = {};
  leads = true;
  fails: (method: string, nth: number) => AlluviumError | undefined = () => undefined;
  /** What ListStatus sends, one message after the other; counted as they are taken. */
  listing: fileSystemMaster.FileInfo[][] = [];
  listedMessages = 0;
  listingsLeft = 0;
  #nextId = 100n;

  /** The requests of a method, in order. */
  requests<Q>(method: Method<Q, unknown>): Q[] {
    const name = method.path.slice(method.path.lastIndexOf('/') + 1);
    return this.calls.filter((call) => call.method === name).map(({ request }) => request as Q);
  }

  table(): ServiceTable {
    return new ServiceTable()
      .declare(configuration.getConfiguration.service, 'none')
      .declare(versions.getServiceVersion.service, 'none')
      .unary(versions.getServiceVersion, () => {
        if (!this.leads) throw fail('unavailable', 'not the leader');
        return { version: 2n };
      })
      .unary(
        configuration.getConfiguration,
        this.#noted(configuration.getConfiguration, () => ({
          clusterConfigs: [
            { name: 'alluxio.user.file.writetype.default', value: this.writeType, source: 'DEFAULT' },
            { name: 'alluxio.user.block.size.bytes.default', value: '8MB', source: 'DEFAULT' },
          ],
          pathConfigs: this.pathConfigs,
        })),
      )
      .unary(
        files.getStatus,
        this.#noted(files.getStatus, ({ path = '' }) => ({ fileInfo: this.#file(path) })),
      )
      .unary(
        files.createDirectory,
        this.#noted(files.createDirectory, () => ({})),
      )
      .unary(
        files.createFile,
        this.#noted(files.createFile, ({ path = '', options = {} }) => ({ fileInfo: this.#create(path, options) })),
      )
      .unary(
        files.getNewBlockIdForFile,
        this.#noted(files.getNewBlockIdForFile, () => ({ id: this.#nextId++ })),
      )
      .unary(
        files.completeFile,
        this.#noted(files.completeFile, ({ path = '' }) => {
          this.files.set(path, { ...this.#file(path), completed: true });
          return {};
        }),
      )
      .unary(
        files.remove,
        this.#noted(files.remove, ({ path = '' }) => {
          this.#file(path);
          this.files.delete(path);
          return {};
        }),
      )
      .unary(
        blocks.getWorkerInfoList,
        this.#noted(blocks.getWorkerInfoList, () => ({ workerInfos: this.workers })),
      )
      .stream(files.listStatus, async (stream) => {
        const request = await stream.read();
        stream.signal.addEventListener('abort', () => this.listingsLeft++);
        this.#note('ListStatus', request);
        for (const fileInfos of this.listing) {
          await stream.write({ fileInfos });
          this.listedMessages++;
        }
      });
  }

  #noted<Q, R>(method: Method<Q, R>, answer: (request: Q) => R): (request: Q) => R {
    const name = method.path.slice(method.path.lastIndexOf('/') + 1);
    return (request) => {
      this.#note(name, request);
      return answer(request);
    };
  }

  #note(method: string, request: unknown): void {
    if (!this.leads) throw fail('unimplemented', `Method not found: ${method}`);
    this.calls.push({ method, request });
    const error = this.fails(method, this.calls.filter((call) => call.method === method).length);
    if (error !== undefined) throw error;
  }

  #file(path: string): fileSystemMaster.FileInfo {
    const info = this.files.get(path);
    if (info === undefined) throw fail('notFound', `Path "${path}" does not exist.`);
    return info;
  }

  #create(path: string, { blockSizeBytes }: fileSystemMaster.CreateFilePOptions): fileSystemMaster.FileInfo {
    const info: fileSystemMaster.FileInfo = {
      path,
      fileId: this.#nextId++,
      blockSizeBytes,
      ufsPath: `mem://store${path}`,
      mountId: 1n,
      owner: 'ada',
      group: 'staff',
      mode: 0o644,
      completed: false,
    };
    this.files.set(path, info);
    return info;
  }
}

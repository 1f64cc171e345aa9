import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Configuration, nodeEnvironment, silentLogger } from '@alluvium/platform';
import { composeRoles, type Roles } from '@alluvium/server/roles.js';

/** Master and worker as the program runs them, in this process, on free ports and directories of their own. */
export class Cluster {
  readonly directory = mkdtempSync(join(tmpdir(), 'alluvium-cluster-'));
  readonly #settings: Readonly<Record<string, string>>;
  #roles!: Roles;

  constructor(settings: Readonly<Record<string, string>> = {}) {
    this.#settings = settings;
    for (const name of ['store', 'tier', 'journal']) mkdirSync(join(this.directory, name));
  }

  get store(): string {
    return join(this.directory, 'store');
  }

  get master(): string {
    return text(this.#roles.master!.address!);
  }

  get worker(): string {
    return text(this.#roles.worker()!.address!);
  }

  /** Resolves when the master must not serve on. */
  get broken(): Promise<Error> {
    return this.#roles.master!.failed;
  }

  async start(): Promise<void> {
    const configuration = Configuration.of({
      'alluxio.master.rpc.port': '0',
      'alluxio.worker.rpc.port': '0',
      'alluxio.master.journal.folder': join(this.directory, 'journal'),
      'alluxio.master.mount.table.root.ufs': this.store,
      'alluxio.worker.tieredstore.level0.dirs.path': join(this.directory, 'tier'),
      'alluxio.worker.ramdisk.size': '16MB',
      ...this.#settings,
    });
    this.#roles = composeRoles(['master', 'worker'], nodeEnvironment({ log: silentLogger }), configuration);
    await this.#roles.services.start();
  }

  stop(): Promise<void> {
    return this.#roles.services.stop();
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function text({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host}:${port}`;
}

import { createMaster, type Master } from '@alluvium/master';
import { simpleAuthenticator, type RpcChannel } from '@alluvium/net';
import { Configuration, silentLogger } from '@alluvium/platform';
import { MemoryNetwork, type ProcessNetwork, SeededRandom, SimClock, SimDisk, simGzip } from '@alluvium/testkit';
import { MemoryStores } from './file/memory-store.js';
import { GROUPS } from './file/world.js';

/** One machine: a disk that may lose power, a clock, a network, stores, and a master that comes and goes. */
export class Machine {
  readonly clock = new SimClock();
  readonly disk: SimDisk;
  readonly network = new MemoryNetwork({ clock: this.clock, random: new SeededRandom(4) });
  readonly stores = new MemoryStores();
  readonly #settings: Record<string, string>;
  #starts = 0;
  #process!: ProcessNetwork;
  master!: Master;

  constructor(settings: Record<string, string> = {}, disk = new SimDisk(new SeededRandom(3))) {
    this.#settings = settings;
    this.disk = disk;
  }

  async start(): Promise<RpcChannel> {
    this.#process = this.network.of(`master ${this.#starts}`);
    this.master = createMaster({
      environment: { clock: this.clock, random: new SeededRandom(100 + this.#starts++), disk: this.disk.mount(), log: silentLogger },
      network: this.#process,
      underStores: this.stores,
      gzip: simGzip,
      configuration: Configuration.of({
        'alluxio.master.journal.folder': '/journal',
        'alluxio.master.mount.table.root.ufs': 'mem://root',
        'alluxio.master.rpc.port': '19998',
        ...this.#settings,
      }),
      authenticator: simpleAuthenticator(),
      user: 'root',
      groupsOf: (user) => GROUPS[user] ?? [],
      clusterProperties: [
        { name: 'alluxio.version', source: 'DEFAULT', value: '2.9.4' },
        { name: 'alluxio.underfs.version', source: 'DEFAULT', value: '3.3.1' },
      ],
      version: '2.9.4',
    });
    await this.clock.run(this.master.start());
    return this.connect();
  }

  /** To another port of it: that of its job master. */
  connect(user = 'root', port = 19998): RpcChannel {
    return this.network.connect({ host: 'localhost', port }, { user });
  }

  async stop(): Promise<void> {
    await this.clock.run(this.master.stop());
  }

  /** The process is killed, or the power goes; the master starts again. */
  async restart(how: 'stop' | 'kill' | 'crash'): Promise<RpcChannel> {
    if (how === 'kill') this.disk.kill();
    if (how === 'crash') this.disk.crash();
    if (how === 'stop') await this.stop();
    else this.#process.kill();
    return this.start();
  }
}

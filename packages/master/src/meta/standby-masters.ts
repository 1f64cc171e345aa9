// What a primary knows of its standbys: MetaMasterMasterService of Alluxio 2.9.4.
import { fail, randomId63, type Clock, type Random } from '@alluvium/base';
import { methodsOf, type ServiceTable } from '@alluvium/net';
import { metaMaster, type common } from '@alluvium/wire';
import type { ConfigurationCheck } from './configuration-check.js';

const methods = methodsOf(metaMaster.MetaMasterMasterServiceDefinition);

/** Silence after which a standby is lost: `alluxio.master.heartbeat.timeout` of Alluxio. */
const TIMEOUT_MS = 10 * 60_000;
const MAX_MASTERS = 100;

interface Standby {
  readonly id: bigint;
  readonly address: common.NetAddress;
  registered: boolean;
  version: string;
  seenMs: number;
}

export class StandbyMasters {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #configurations: ConfigurationCheck;
  readonly #byAddress = new Map<string, Standby>();

  constructor(clock: Clock, random: Random, configurations: ConfigurationCheck) {
    this.#clock = clock;
    this.#random = random;
    this.#configurations = configurations;
  }

  register(table: ServiceTable): void {
    const { MetaCommand } = metaMaster;
    table
      .unary(methods.getMasterId, (request) => ({ masterId: this.#announce(request.masterAddress ?? {}).id }))
      .unary(methods.registerMaster, (request) => {
        const standby = this.#find(request.masterId);
        if (standby === undefined) throw fail('notFound', `No master with masterId ${request.masterId ?? 0n} is found.`);
        standby.registered = true;
        standby.version = request.options?.version ?? '';
        standby.seenMs = this.#clock.monotonicMs();
        this.#configurations.report(nameOf(standby.address), 'MASTER', request.options?.configs ?? []);
        return {};
      })
      .unary(methods.masterHeartbeat, (request) => {
        const standby = this.#find(request.masterId);
        if (standby === undefined || !standby.registered) return { command: MetaCommand.MetaCommand_Register };
        standby.seenMs = this.#clock.monotonicMs();
        return { command: MetaCommand.MetaCommand_Nothing };
      });
  }

  list(): metaMaster.MasterVersion[] {
    return [...this.#byAddress.values()]
      .filter((standby) => standby.registered)
      .map(({ address, version, seenMs }) => ({
        addresses: address,
        version,
        state: this.#clock.monotonicMs() - seenMs > TIMEOUT_MS ? 'LOST' : 'STANDBY',
      }));
  }

  #announce(address: common.NetAddress): Standby {
    if (address.host === undefined || address.host === '')
      throw fail('invalidArgument', 'Cannot give a master id: masterAddress is missing');
    const known = this.#byAddress.get(nameOf(address));
    if (known !== undefined) return known;
    if (this.#byAddress.size >= MAX_MASTERS)
      throw fail('resourceExhausted', `Cannot give a master id: ${MAX_MASTERS} masters are known already`);
    const standby = { id: randomId63(this.#random), address, registered: false, version: '', seenMs: this.#clock.monotonicMs() };
    this.#byAddress.set(nameOf(address), standby);
    return standby;
  }

  #find(id: bigint | undefined): Standby | undefined {
    return [...this.#byAddress.values()].find((standby) => standby.id === id);
  }
}

function nameOf({ host, rpcPort }: common.NetAddress): string {
  return `${host ?? ''}:${rpcPort ?? 0}`;
}

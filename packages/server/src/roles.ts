// The composition root: which services a process runs, and what each is given.
import { createMaster, masterRpcPort, type DynamicOption, type Master } from '@alluvium/master';
import { grpcNetwork, type Network } from '@alluvium/net';
import { machine, nodeGzip, type Configuration, type Environment } from '@alluvium/platform';
import { underStoreFactory } from '@alluvium/ufs';
import { createWorker, type Worker } from '@alluvium/worker';
import { authenticatorOf } from './authentication.js';
import { clusterProperties, reportedProperties } from './cluster-properties.js';
import { loginUser } from './client-options.js';
import { ServiceGroup, type NamedService } from './service-group.js';
import { userGroupsOf } from './user-groups.js';
import { PROTOCOL_VERSION } from './version.js';

export type Role = 'master' | 'worker';

export interface Roles {
  readonly services: ServiceGroup;
  readonly master: Master | undefined;
  /** Made when it starts: in one process with a master its configuration holds the master's port. */
  worker(): Worker | undefined;
  /** Resolves when the worker has given up. */
  readonly workerFailed: Promise<Error>;
}

/** `dynamicOptions`: of the process, which the master may be told to change while it runs. */
export function composeRoles(
  roles: readonly Role[],
  environment: Environment,
  configuration: Configuration,
  dynamicOptions: readonly DynamicOption[] = [],
): Roles {
  const { clock, random, log } = environment;
  const { cpus, userName } = machine();
  const user = configuration.get(loginUser) || userName;
  const groups = userGroupsOf(configuration, environment);
  const network: Network = grpcNetwork({ clock, random, log: (level, message, fields) => log[level](message, fields) });
  const common = {
    environment,
    network,
    authenticator: authenticatorOf(configuration, groups),
    user,
    version: PROTOCOL_VERSION,
  };
  const members: NamedService[] = [];
  let master: Master | undefined;
  if (roles.includes('master')) {
    master = createMaster({
      ...common,
      configuration,
      underStores: underStoreFactory(environment, configuration),
      gzip: nodeGzip,
      // Who did not have to say who he is has no groups.
      groupsOf: (user) => (user === '' ? [] : groups.groupsOf(user)),
      clusterProperties: clusterProperties(configuration),
      dynamicOptions,
      reportedProperties: reportedProperties(configuration),
    });
    members.push({ role: 'master', service: master });
  }
  let worker: Worker | undefined;
  const workerFailed = Promise.withResolvers<Error>();
  if (roles.includes('worker')) {
    const service = {
      async start(): Promise<void> {
        const port = master?.address?.port;
        worker = createWorker({
          ...common,
          configuration: port === undefined ? configuration : configuration.with({ [masterRpcPort.name]: String(port) }),
          underStores: underStoreFactory(environment, configuration),
          cpus,
          properties: reportedProperties(configuration),
        });
        void worker.failed.then(workerFailed.resolve);
        await worker.start();
      },
      stop: async (): Promise<void> => worker?.stop(),
      health: () => worker?.health() ?? { ready: false, detail: 'not started' },
    };
    members.push({ role: 'worker', service });
  }
  return { services: new ServiceGroup(members), master, worker: () => worker, workerFailed: workerFailed.promise };
}

// ServiceVersionClientService: which services a port has and their versions (handshake of Alluxio 2.9.4).
import { fail } from '@alluvium/base';
import { methodsOf, type ServiceTable } from '@alluvium/net';
import { serviceVersion } from '@alluvium/wire';

const methods = methodsOf(serviceVersion.ServiceVersionClientServiceDefinition);
const { ServiceType } = serviceVersion;

type ServiceType = serviceVersion.ServiceType;

/** The versions that 2.9.4 clients demand of a master. */
export const MASTER_SERVICES: ReadonlyMap<ServiceType, bigint> = new Map<ServiceType, bigint>([
  [ServiceType.FILE_SYSTEM_MASTER_CLIENT_SERVICE, 2n],
  [ServiceType.FILE_SYSTEM_MASTER_WORKER_SERVICE, 2n],
  [ServiceType.FILE_SYSTEM_MASTER_JOB_SERVICE, 2n],
  [ServiceType.BLOCK_MASTER_CLIENT_SERVICE, 2n],
  [ServiceType.BLOCK_MASTER_WORKER_SERVICE, 2n],
  [ServiceType.META_MASTER_CONFIG_SERVICE, 2n],
  [ServiceType.META_MASTER_CLIENT_SERVICE, 2n],
  [ServiceType.META_MASTER_MASTER_SERVICE, 1n],
  [ServiceType.META_MASTER_PROXY_SERVICE, 1n],
  [ServiceType.METRICS_MASTER_CLIENT_SERVICE, 2n],
  [ServiceType.JOURNAL_MASTER_CLIENT_SERVICE, 1n],
]);

export function serviceVersionService(versions: ReadonlyMap<ServiceType, bigint>): (table: ServiceTable) => void {
  const names = new Map<ServiceType, string>(Object.entries(ServiceType).map(([name, type]) => [type, name]));
  return (table) => {
    table.declare(serviceVersion.ServiceVersionClientServiceDefinition.fullName, 'none').unary(methods.getServiceVersion, (request) => {
      const type = request.serviceType ?? ServiceType.UNKNOWN_SERVICE;
      if (type === ServiceType.UNKNOWN_SERVICE) return { version: -1n };
      const version = versions.get(type);
      if (version === undefined) throw fail('notFound', `Service ${names.get(type) ?? type} is not found.`);
      return { version };
    });
  };
}

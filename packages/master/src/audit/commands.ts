// What the audit log calls the operations: as Alluxio where it knows them, else by the name of the method.
import { fileSystemMaster as fs } from '@alluvium/wire';

/** What the log tells of a request, beside who sent it. */
export interface Audited {
  readonly name: (request: Requested) => string;
  /** Whose owner, group and mode are told. */
  readonly permission: 'source' | 'destination' | 'none';
}

/** Fields of requests that name paths. */
export interface Requested {
  readonly path?: string | undefined;
  readonly dstPath?: string | undefined;
  readonly alluxioPath?: string | undefined;
  readonly ufsPath?: string | undefined;
  readonly ufsUri?: string | undefined;
  readonly options?: object | undefined;
  readonly checkUfs?: boolean | undefined;
}

const { methods, fullName } = fs.FileSystemMasterClientServiceDefinition;

function named(name: string, permission: Audited['permission'] = 'source'): Audited {
  return { name: () => name, permission };
}

const KNOWN: Partial<Record<keyof typeof methods, Audited>> = {
  getStatus: named('getFileInfo'),
  exists: named('exists', 'none'),
  createFile: named('createFile'),
  createDirectory: named('mkdir'),
  remove: named('delete', 'none'),
  rename: named('rename', 'destination'),
  setAttribute: { name: (request) => attributeCommand(request.options ?? {}), permission: 'source' },
  getMountTable: {
    name: ({ checkUfs }) => (checkUfs === false ? 'getMountPointInfo' : 'getMountPointInfo(checkUfs)'),
    permission: 'none',
  },
  listStatus: named('listStatus'),
  listStatusPartial: named('listStatus'),
};

function attributeCommand(options: fs.SetAttributePOptions): string {
  if (options.owner !== undefined) return 'chown';
  if (options.group !== undefined) return 'chgrp';
  return options.mode === undefined ? 'setAttribute' : 'chmod';
}

const commands = new Map<string, Audited | undefined>(
  Object.entries(methods).map(([key, { name }]) => [`/${fullName}/${name}`, KNOWN[key as keyof typeof methods] ?? named(key)]),
);

/** Services for the cluster's own processes, which are not audited. */
const INTERNAL = /^\/alluxio\.grpc\.file\.FileSystemMaster(Worker|Job)Service\//;

/** Undefined for what is not audited. `method` is `/package.Service/Method`. */
export function auditedCommand(method: string): Audited | undefined {
  if (commands.has(method)) return commands.get(method);
  const name = method.slice(method.lastIndexOf('/') + 1);
  const command = INTERNAL.test(method) || name === '' ? undefined : named(name[0]!.toLowerCase() + name.slice(1));
  commands.set(method, command);
  return command;
}

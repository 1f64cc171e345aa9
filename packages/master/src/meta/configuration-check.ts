// Whether the servers of a cluster are configured alike: the report behind GetConfigReport and `fsadmin doctor`.
import type { Logger } from '@alluvium/platform';
import { metaMaster, type common } from '@alluvium/wire';

/** ENFORCE: a difference breaks something. WARN: it surprises. Levels and scopes are those of a 2.9.4 master. */
type Level = 'ENFORCE' | 'WARN';
type Scope = 'MASTER' | 'WORKER' | 'SERVER' | 'ALL';

/** The properties that mean the same to all their readers. What is not here may differ. */
const COMPARED: ReadonlyMap<string, readonly [Level, Scope]> = new Map([
  ['alluxio.security.authentication.type', ['ENFORCE', 'ALL']],
  ['alluxio.security.authorization.permission.enabled', ['ENFORCE', 'ALL']],
  ['alluxio.security.authorization.permission.umask', ['ENFORCE', 'ALL']],
  ['alluxio.security.authorization.permission.supergroup', ['ENFORCE', 'MASTER']],
  ['alluxio.security.group.mapping.class', ['ENFORCE', 'ALL']],
  ['alluxio.network.tls.enabled', ['ENFORCE', 'ALL']],
  ['alluxio.locality.order', ['ENFORCE', 'ALL']],
  ['alluxio.master.journal.type', ['ENFORCE', 'ALL']],
  ['alluxio.master.journal.folder', ['ENFORCE', 'MASTER']],
  ['alluxio.master.mount.table.root.ufs', ['ENFORCE', 'MASTER']],
  ['alluxio.master.mount.table.root.readonly', ['ENFORCE', 'MASTER']],
  ['alluxio.underfs.cleanup.enabled', ['ENFORCE', 'MASTER']],
  ['alluxio.underfs.s3.disable.dns.buckets', ['ENFORCE', 'SERVER']],
  ['alluxio.underfs.s3.endpoint', ['ENFORCE', 'SERVER']],
  ['alluxio.underfs.s3.region', ['ENFORCE', 'SERVER']],
  ['alluxio.zookeeper.enabled', ['ENFORCE', 'ALL']],
  ['alluxio.zookeeper.address', ['ENFORCE', 'ALL']],
  ['alluxio.zookeeper.election.path', ['ENFORCE', 'ALL']],
  ['alluxio.zookeeper.leader.path', ['ENFORCE', 'ALL']],
  ['alluxio.master.rpc.port', ['WARN', 'ALL']],
  ['alluxio.master.journal.checkpoint.period.entries', ['WARN', 'MASTER']],
  ['alluxio.master.journal.log.size.bytes.max', ['WARN', 'MASTER']],
  ['alluxio.master.lost.worker.detection.interval', ['WARN', 'SERVER']],
  ['alluxio.master.lost.worker.deletion.timeout', ['WARN', 'MASTER']],
  ['alluxio.master.worker.timeout', ['WARN', 'MASTER']],
  ['alluxio.master.worker.connect.wait.time', ['WARN', 'MASTER']],
  ['alluxio.underfs.cleanup.interval', ['WARN', 'MASTER']],
  ['alluxio.underfs.s3.streaming.upload.partition.size', ['WARN', 'SERVER']],
  ['alluxio.worker.block.heartbeat.interval', ['WARN', 'WORKER']],
  ['alluxio.worker.data.folder', ['WARN', 'WORKER']],
  ['alluxio.worker.data.folder.permissions', ['WARN', 'WORKER']],
  ['alluxio.worker.network.async.cache.manager.queue.max', ['WARN', 'WORKER']],
  ['alluxio.worker.network.async.cache.manager.threads.max', ['WARN', 'WORKER']],
  ['alluxio.worker.network.block.reader.threads.max', ['WARN', 'WORKER']],
  ['alluxio.worker.network.max.inbound.message.size', ['WARN', 'WORKER']],
  ['alluxio.worker.ramdisk.size', ['WARN', 'WORKER']],
  ['alluxio.worker.rpc.port', ['WARN', 'ALL']],
  ['alluxio.worker.web.port', ['WARN', 'WORKER']],
]);

/** Servers whose configuration is kept; what registers beyond is not compared. */
const MAX_SERVERS = 10_000;

/** What a server has where it does not say. */
const UNSET = 'null';

interface Server {
  readonly role: 'MASTER' | 'WORKER';
  /** Only what is compared, by name. */
  readonly values: ReadonlyMap<string, string>;
}

export class ConfigurationCheck {
  readonly #servers = new Map<string, Server>();
  readonly #log: Logger;
  /** What was last told in the log. */
  #told = '';

  constructor(log: Logger) {
    this.#log = log;
  }

  /** A server, `host:port`, says how it is configured; again after each start. */
  report(server: string, role: Server['role'], properties: readonly common.ConfigProperty[]): void {
    if (!this.#servers.has(server) && this.#servers.size >= MAX_SERVERS) return;
    const values = new Map<string, string>();
    for (const { name, value } of properties) if (name !== undefined && COMPARED.has(name)) values.set(name, value ?? UNSET);
    this.#servers.set(server, { role, values });
    this.#tell();
  }

  /** Forgets a server that has gone. */
  forget(server: string): void {
    this.#servers.delete(server);
  }

  /** Differences are logged when they come up, not only when somebody asks. */
  #tell(): void {
    const { errors, warns } = this.check();
    const different = namesOf(errors);
    const surprising = namesOf(warns);
    const text = `${different};${surprising}`;
    if (text === this.#told) return;
    this.#told = text;
    if (text !== ';') this.#log.warn('servers are configured differently', { mustAgree: different, shouldAgree: surprising });
  }

  check(): metaMaster.ConfigCheckReport {
    const errors: Differences = {};
    const warns: Differences = {};
    for (const [name, [level, scope]] of COMPARED) {
      const values = this.#valuesOf(name, scope);
      if (values.size > 1) addTo(level === 'ENFORCE' ? errors : warns, scope, name, values);
    }
    const { ConfigStatus } = metaMaster;
    const status = size(errors) > 0 ? ConfigStatus.FAILED : size(warns) > 0 ? ConfigStatus.WARN : ConfigStatus.PASSED;
    return { errors, warns, status };
  }

  /** Who has which value. Servers that do not tell a property have its default, which they need not tell: they are left out. */
  #valuesOf(name: string, scope: Scope): Map<string, string[]> {
    const out = new Map<string, string[]>();
    for (const [server, { role, values }] of this.#servers) {
      if (scope !== 'ALL' && scope !== 'SERVER' && scope !== role) continue;
      const value = values.get(name);
      if (value !== undefined) out.set(value, [...(out.get(value) ?? []), server]);
    }
    return out;
  }
}

type Differences = Record<string, metaMaster.InconsistentProperties>;

/** The properties, with commas. */
function namesOf(differences: Differences = {}): string {
  return Object.values(differences)
    .flatMap(({ properties = [] }) => properties.map(({ name }) => name))
    .join(', ');
}

function addTo(differences: Differences, scope: Scope, name: string, values: ReadonlyMap<string, readonly string[]>): void {
  const entry = { name, values: Object.fromEntries([...values].map(([value, servers]) => [value, { values: [...servers] }])) };
  differences[scope] = { properties: [...(differences[scope]?.properties ?? []), entry] };
}

const size = (differences: Differences): number => Object.keys(differences).length;

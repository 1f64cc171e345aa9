import type { StoreSync, SyncOptions, TaskDetails, TaskReport } from '@alluvium/client';
import type { FakeAdmin } from './fake-admin.js';

/** Syncs that are as far as a test says. */
export class FakeStoreSync implements StoreSync {
  readonly calls: string[] = [];
  inconsistent: string[] = [];
  /** How a sync looks at one look after the other; the last one stays. */
  looks: TaskDetails[] = [];
  options: SyncOptions | undefined;
  readonly #admin: FakeAdmin;

  constructor(admin: FakeAdmin) {
    this.#admin = admin;
  }

  async start(path: string, options?: SyncOptions): Promise<bigint> {
    this.calls.push(`start ${path}`);
    this.options = options;
    this.#admin.task = async (taskId) => {
      this.calls.push(`task ${taskId}`);
      return this.looks.length > 1 ? this.looks.shift()! : this.looks[0]!;
    };
    return 7n;
  }

  async needsSync(path: string): Promise<void> {
    this.calls.push(`needsSync ${path}`);
  }

  async loadNextTime(path: string, load: boolean): Promise<void> {
    this.calls.push(`loadNextTime ${path} ${load}`);
  }

  async inconsistentPaths(path: string): Promise<string[]> {
    this.calls.push(`inconsistentPaths ${path}`);
    return this.inconsistent;
  }
}

export function syncTask(change: Partial<TaskReport> = {}, more: Partial<TaskDetails> = {}): TaskDetails {
  const task: TaskReport = {
    taskId: 7n,
    kind: 'sync',
    path: '/data',
    user: 'ann',
    state: 'RUNNING',
    startedMs: 1000n,
    endedMs: undefined,
    done: 0n,
    total: undefined,
    figures: {},
    currentPath: undefined,
    error: undefined,
    dryRun: false,
    ...change,
  };
  return { task, directories: [], directoriesTotal: 0n, ...more };
}

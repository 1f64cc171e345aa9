// What the master knows of the cache as a whole: its policies, how they are kept, and how the cache does.
import type { Clock, Random } from '@alluvium/base';
import type { Configuration, Logger } from '@alluvium/platform';
import type { BlockMaster } from '../block/block-master.js';
import type { WorkerRegistry } from '../block/worker-registry.js';
import type { EventLog } from '../events/event-log.js';
import type { FileContext } from '../file/context.js';
import type { InodeTree } from '../file/inode-tree.js';
import type { Gauges } from '../metrics/gauges.js';
import type { MountTable } from '../mount/mount-table.js';
import * as options from '../options.js';
import type { WorkerControl } from '../order/worker-control.js';
import { CacheUse } from './cache-use.js';
import { ClassUse } from './class-use.js';
import { Places } from './places.js';
import { policyGauges } from './policy-gauges.js';
import { PolicyTable } from './policy-table.js';
import { ReclassifiedFiles } from './reclassified-files.js';
import { WorkerQuestions } from './worker-questions.js';

interface Parts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly files: Pick<FileContext, 'tree' | 'mounts' | 'pathProperties'>;
  readonly blocks: BlockMaster;
  readonly control: WorkerControl;
  readonly events: EventLog;
  readonly configuration: Configuration;
}

export class CacheMaster {
  readonly clock: Clock;
  readonly log: Logger;
  readonly tree: InodeTree;
  readonly mounts: MountTable;
  readonly blocks: BlockMaster;
  readonly workers: WorkerRegistry;
  readonly policies: PolicyTable;
  readonly places: Places;
  readonly reclassified: ReclassifiedFiles;
  readonly use: CacheUse;
  readonly classUse: ClassUse;
  readonly questions: WorkerQuestions;

  constructor({ clock, random, log, files, blocks, control, events, configuration }: Parts) {
    this.clock = clock;
    this.log = log;
    this.tree = files.tree;
    this.mounts = files.mounts;
    this.blocks = blocks;
    this.workers = blocks.workers;
    this.policies = new PolicyTable(files.pathProperties, Math.floor(random.next() * 2 ** 40));
    this.places = new Places(configuration.get(options.cacheUseDepth), configuration.get(options.cacheUsePaths));
    this.reclassified = new ReclassifiedFiles(this.policies);
    events.onEvent((event, entry) => this.reclassified.happened(event, entry));
    this.use = new CacheUse(clock, this.places);
    this.classUse = new ClassUse(blocks.workers);
    this.questions = new WorkerQuestions(control, clock, random);
  }

  readonly gauges: Gauges = () => [...this.use.gauges(), ...policyGauges(this.policies, this.classUse)];

  stop(): void {
    this.questions.stop();
  }
}

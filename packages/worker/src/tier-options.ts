// What can be set about the storage of a worker, by Alluxio's names: tiers of directories, who goes where, what goes first.
import { fail, parseBytes, type Random } from '@alluvium/base';
import {
  booleanOption,
  bytesOption,
  durationOption,
  integerOption,
  stringOption,
  type Configuration,
  type Option,
} from '@alluvium/platform';
import { allocatorOf, reviewerOf } from './store/allocator.js';
import { annotatorOf } from './store/annotator.js';
import { StorageDirectory } from './store/storage-directory.js';

export const ramdiskSize = bytesOption({
  name: 'alluxio.worker.ramdisk.size',
  default: '1GB',
  doc: 'The size of each directory of the first tier, unless its quota is set.',
});
export const dataFolder = stringOption({
  name: 'alluxio.worker.data.folder',
  default: 'alluxioworker',
  doc: 'The folder inside a storage directory that holds the blocks.',
});
export const levels = integerOption({
  name: 'alluxio.worker.tieredstore.levels',
  default: '1',
  doc: 'How many tiers there are, the fastest first: 1 to 3.',
});

interface LevelOptions {
  readonly alias: Option<string>;
  readonly paths: Option<string>;
  readonly media: Option<string>;
  readonly quotas: Option<string>;
}

/** The tiers that a master knows of. */
const ALIASES = ['MEM', 'SSD', 'HDD'];
const ORDINALS = ['first', 'second', 'third'];

function levelOptions(level: number): LevelOptions {
  const name = `alluxio.worker.tieredstore.level${level}`;
  const tier = `the ${ORDINALS[level]} tier`;
  return {
    alias: stringOption({ name: `${name}.alias`, default: ALIASES[level]!, doc: `The name of ${tier}: MEM, SSD or HDD.` }),
    paths: stringOption({
      name: `${name}.dirs.path`,
      default: level === 0 ? '/dev/shm' : '',
      doc: `The directories of ${tier}, separated by commas.`,
    }),
    media: stringOption({
      name: `${name}.dirs.mediumtype`,
      default: '',
      doc: `The medium of each directory of ${tier}, separated by commas; the last one stands for those that follow, the name of the tier for an empty list.`,
    }),
    quotas: stringOption({
      name: `${name}.dirs.quota`,
      default: '',
      doc: `How much each directory of ${tier} may take, such as 100GB, separated by commas; the last one stands for those that follow${level === 0 ? `, ${ramdiskSize.name} for an empty list` : ''}.`,
    }),
  };
}

const LEVELS = [levelOptions(0), levelOptions(1), levelOptions(2)];

export const tierPath = LEVELS[0]!.paths;

export const allocatorClass = stringOption({
  name: 'alluxio.worker.allocator.class',
  default: 'alluxio.worker.block.allocator.MaxFreeAllocator',
  doc: 'Which directory of a tier takes a new block: MaxFreeAllocator (the one with most room), RoundRobinAllocator or GreedyAllocator (the first with room).',
});
export const reviewerClass = stringOption({
  name: 'alluxio.worker.reviewer.class',
  default: 'alluxio.worker.block.reviewer.ProbabilisticBufferReviewer',
  doc: 'Whether a directory that has room takes a new block while others have more: ProbabilisticBufferReviewer (the less room would be left, the less often) or AcceptingReviewer (always).',
});
export const reviewerSoft = bytesOption({
  name: 'alluxio.worker.reviewer.probabilistic.softlimit.bytes',
  default: '256MB',
  doc: 'With so much room left, ProbabilisticBufferReviewer always accepts.',
});
export const reviewerHard = bytesOption({
  name: 'alluxio.worker.reviewer.probabilistic.hardlimit.bytes',
  default: '64MB',
  doc: 'With less room left, ProbabilisticBufferReviewer sends a new block to another directory if any has room.',
});
export const annotatorClass = stringOption({
  name: 'alluxio.worker.block.annotator.class',
  default: 'alluxio.worker.block.annotator.LRUAnnotator',
  doc: 'Which blocks make room: LRUAnnotator (the least recently used first) or LRFUAnnotator (the least recently and frequently used first).',
});
export const lrfuStep = stringOption({
  name: 'alluxio.worker.block.annotator.lrfu.step.factor',
  default: '0.25',
  doc: 'From 0 to 1: near 0, LRFUAnnotator goes by how often a block was used, near 1 by how lately.',
});
export const lrfuAttenuation = stringOption({
  name: 'alluxio.worker.block.annotator.lrfu.attenuation.factor',
  default: '2.0',
  doc: 'At least 2: how fast, for LRFUAnnotator, uses of long ago count less.',
});
export const freeAhead = bytesOption({
  name: 'alluxio.worker.tieredstore.free.ahead.bytes',
  default: '0',
  doc: 'How much more than needed is freed when blocks have to make room.',
});
export const storageChecker = booleanOption({
  name: 'alluxio.worker.storage.checker.enabled',
  default: 'true',
  doc: 'Whether a storage directory that fails or vanishes is set aside, and taken back when it is whole again.',
});
export const alignEnabled = booleanOption({
  name: 'alluxio.worker.management.tier.align.enabled',
  default: 'true',
  doc: 'Whether a block that is used more than one of a faster tier changes places with it, while no user reads or writes.',
});
export const promoteEnabled = booleanOption({
  name: 'alluxio.worker.management.tier.promote.enabled',
  default: 'true',
  doc: 'Whether blocks that are read go to a faster tier that has room, while no user reads or writes.',
});
export const promoteQuota = integerOption({
  name: 'alluxio.worker.management.tier.promote.quota.percent',
  default: '90',
  doc: 'How full, in percent, a tier is made by promotion. Fuller than that, it hands its coldest blocks down to a slower tier that has room.',
});
export const moveCooldown = durationOption({
  name: 'alluxio.worker.management.load.detection.cool.down.time',
  default: '10sec',
  doc: 'How long no user may have read or written before blocks are moved between tiers.',
});
export const moveConcurrency = integerOption({
  name: 'alluxio.worker.management.block.transfer.concurrency.limit',
  default: '2',
  doc: 'How many blocks are moved between tiers at a time.',
});

export const tierOptions: readonly Option<unknown>[] = [
  ramdiskSize,
  dataFolder,
  levels,
  ...LEVELS.flatMap(({ alias, paths, media, quotas }) => [alias, paths, media, quotas]),
  allocatorClass,
  reviewerClass,
  reviewerSoft,
  reviewerHard,
  annotatorClass,
  lrfuStep,
  lrfuAttenuation,
  freeAhead,
  storageChecker,
  alignEnabled,
  promoteEnabled,
  promoteQuota,
  moveCooldown,
  moveConcurrency,
];

/** The directories of all tiers, the fastest first. Throws `invalidArgument` for what does not fit together. */
export function storageDirectories(configuration: Configuration): StorageDirectory[] {
  const count = configuration.get(levels);
  if (!(count >= 1 && count <= LEVELS.length))
    throw fail('invalidArgument', `Cannot use ${count} for ${levels.name}: 1 to ${LEVELS.length} wanted`);
  const directories = LEVELS.slice(0, count).flatMap((level, index) => directoriesOf(configuration, level, index));
  requireDistinct(
    LEVELS.slice(0, count).map(({ alias }) => configuration.get(alias)),
    'two tiers have the name',
  );
  requireDistinct(
    directories.map(({ layout }) => layout.root),
    'two storage directories have the path',
  );
  return directories;
}

/** The folders that hold the blocks. */
export function blockFolders(configuration: Configuration): string[] {
  return storageDirectories(configuration).map(({ layout }) => layout.root);
}

function directoriesOf(configuration: Configuration, level: LevelOptions, index: number): StorageDirectory[] {
  const tierAlias = configuration.get(level.alias);
  if (!ALIASES.includes(tierAlias))
    throw fail('invalidArgument', `Cannot use "${tierAlias}" for ${level.alias.name}: ${ALIASES.join(', ')} wanted`);
  const paths = listOf(configuration, level.paths);
  if (paths.length === 0) throw fail('invalidArgument', `Cannot use ${index + 1} tiers: ${level.paths.name} names no directory`);
  const media = listOf(configuration, level.media);
  const quotas = listOf(configuration, level.quotas);
  for (const [option, list] of [
    [level.media, media],
    [level.quotas, quotas],
  ] as const) {
    if (list.length > paths.length)
      throw fail('invalidArgument', `Cannot use ${list.length} values of ${option.name}: ${level.paths.name} names ${paths.length}`);
  }
  if (quotas.length === 0 && index > 0)
    throw fail(
      'invalidArgument',
      `Cannot use the directories of ${level.paths.name}: ${level.quotas.name} is not set; a size for each wanted`,
    );
  return paths.map((path, at) => {
    if (!path.startsWith('/')) throw fail('invalidArgument', `Cannot use "${path}" of ${level.paths.name}: an absolute path wanted`);
    const quota = quotas[at] ?? quotas.at(-1);
    return new StorageDirectory({
      path,
      tierAlias,
      mediumType: media[at] ?? media.at(-1) ?? tierAlias,
      capacityBytes: quota === undefined ? configuration.get(ramdiskSize) : quotaOf(level.quotas, quota),
      dataFolder: configuration.get(dataFolder),
    });
  });
}

function quotaOf(option: Option<string>, text: string): number {
  let bytes: number;
  try {
    bytes = parseBytes(text);
  } catch (error) {
    throw fail('invalidArgument', `Cannot use "${text}" of ${option.name}: a size such as 100GB wanted`, error);
  }
  if (!(bytes > 0)) throw fail('invalidArgument', `Cannot use "${text}" of ${option.name}: more than nothing wanted`);
  return bytes;
}

function listOf(configuration: Configuration, option: Option<string>): string[] {
  const parts = configuration
    .get(option)
    .split(',')
    .map((part) => part.trim());
  return parts.filter((part) => part !== '');
}

function requireDistinct(names: readonly string[], what: string): void {
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw fail('invalidArgument', `Cannot use the tiers of ${levels.name}: ${what} "${twice}"`);
}

/** How a store allocates and evicts. Throws `invalidArgument` for names that nobody knows. */
export function storePolicies(configuration: Configuration, random: Random) {
  const soft = configuration.get(reviewerSoft);
  const hard = configuration.get(reviewerHard);
  return {
    allocator: allocatorOf(configuration.get(allocatorClass)),
    reviewer: reviewerOf(configuration.get(reviewerClass), { softBytes: soft, hardBytes: hard }, random),
    annotator: annotatorOf(
      configuration.get(annotatorClass),
      Number(configuration.get(lrfuStep)),
      Number(configuration.get(lrfuAttenuation)),
    ),
    freeAheadBytes: configuration.get(freeAhead),
    watchDirectories: configuration.get(storageChecker),
  };
}

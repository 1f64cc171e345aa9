// Ids that are in use must never be handed out again.
import { ROOT_INODE_ID, containerOf, sequenceOf, type BlockId, type InodeId } from '@alluvium/base';
import type { Invariant } from './invariant.js';

export const idInvariants: readonly Invariant<InodeId>[] = [
  {
    kind: 'container-not-reserved',
    remedy: 'containers are reserved past it',
    wrong: (p, id) => {
      const container = containerOf(id);
      if (p.inode(id) === undefined || container === containerOf(ROOT_INODE_ID) || !p.blocks.state.isAhead(container)) return undefined;
      return `the container ${container} of its id may be given to another file`;
    },
    mend: (p, id) => p.c.committer.commit(p.blocks.state.planPast(containerOf(id))),
  },
  {
    kind: 'directory-id-not-taken',
    remedy: 'the next directory gets an id past it',
    wrong: (p, id) => {
      if (p.inode(id)?.kind !== 'directory') return undefined;
      return p.c.tree.directoryIds.isAhead(containerOf(id), sequenceOf(id as bigint as BlockId))
        ? 'its id may be given to another directory'
        : undefined;
    },
    mend: (p, id) =>
      p.c.committer.commit([
        {
          inodeDirectoryIdGenerator: {
            containerId: containerOf(id),
            sequenceNumber: BigInt(sequenceOf(id as bigint as BlockId)) + 1n,
          },
        },
      ]),
  },
];

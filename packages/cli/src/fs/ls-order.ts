import type { FileStatus } from '@alluvium/client';

/** The names of properties as `--sort` and `--timestamp` take them; Alluxio's. */
export const propertyName = {
  time: ['creationTime', 'lastModificationTime', 'lastAccessTime'],
  sort: ['creationTime', 'inMemoryPercentage', 'inAlluxioPercentage', 'lastAccessTime', 'lastModificationTime', 'name', 'path', 'size'],
} as const;

export type TimeName = (typeof propertyName.time)[number];
export type SortName = (typeof propertyName.sort)[number];

export function timeOf(status: FileStatus, name: TimeName): bigint {
  if (name === 'creationTime') return status.creationTimeMs;
  return name === 'lastAccessTime' ? status.lastAccessTimeMs : status.lastModificationTimeMs;
}

/** Orders statuses by a property; those that are alike stay in the order they came. */
export function inOrder(statuses: readonly FileStatus[], by: SortName, reverse: boolean): FileStatus[] {
  const key = (status: FileStatus): bigint | number | string => {
    switch (by) {
      case 'name':
        return status.name;
      case 'path':
        return status.path;
      case 'size':
        return status.lengthBytes;
      case 'inMemoryPercentage':
        return status.inMemoryPercentage;
      case 'inAlluxioPercentage':
        return status.inAlluxioPercentage;
      case 'creationTime':
      case 'lastAccessTime':
      case 'lastModificationTime':
        return timeOf(status, by);
    }
  };
  const sign = reverse ? -1 : 1;
  return [...statuses].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    return x === y ? 0 : x < y ? -sign : sign;
  });
}

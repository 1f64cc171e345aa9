import type { NormalPath } from '@alluvium/base';
import { syncInterval } from '../options.js';
import { settingAt, type LiveConfiguration } from './live-configuration.js';
import type { PathProperties } from './path-properties.js';

interface Follower {
  pathIntervalMs: ((path: NormalPath) => number | undefined) | undefined;
}

/**
 * Keeps who syncs informed of the interval of each path, in milliseconds: of what a path's configuration says, and of a change of the
 * configuration while the master runs. The follower has no function to ask while neither says anything.
 */
export function followSyncIntervals(follower: Follower, live: LiveConfiguration, pathProperties: PathProperties): void {
  const intervalAt = (path: NormalPath): number => settingAt({ live, pathProperties }, path, syncInterval);
  const follow = (): void => {
    const differs = live.isUpdated(syncInterval) || pathProperties.has(syncInterval.name);
    follower.pathIntervalMs = differs ? intervalAt : undefined;
  };
  live.onChange(follow);
  pathProperties.onChange(follow);
  follow();
}

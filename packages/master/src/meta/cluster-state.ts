import { randomUuid, type Random } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';

/** The identity of the cluster: made once, journaled, kept for ever. */
export class ClusterState {
  #clusterId: string | undefined;

  get clusterId(): string | undefined {
    return this.#clusterId;
  }

  /** The entries of a first start; none when the cluster has its id. */
  planIdentity(random: Random): JournalEntry[] {
    return this.#clusterId === undefined ? [{ clusterInfo: { clusterId: randomUuid(random) } }] : [];
  }

  apply(entry: JournalEntry): boolean {
    if (entry.clusterInfo === undefined) return false;
    this.#clusterId = entry.clusterInfo.clusterId;
    return true;
  }

  snapshot(): Iterator<JournalEntry> {
    return (this.#clusterId === undefined ? [] : [{ clusterInfo: { clusterId: this.#clusterId } }]).values();
  }
}

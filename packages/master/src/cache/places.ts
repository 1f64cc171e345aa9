// Numbers for the paths by which reads are counted: the first names of a path, below its mount.
import { ROOT_PATH, components, parentPath, type MountId, type NormalPath } from '@alluvium/base';

export interface Place {
  readonly id: number;
  readonly path: NormalPath;
  readonly mount: MountId;
  readonly mountPath: NormalPath;
}

interface MountAt {
  readonly id: MountId;
  readonly path: NormalPath;
}

/** Numbers that workers may still use; what is told of older ones counts for no place. */
const KNOWN_PER_PLACE = 20;

/**
 * Places are given out as files are read: the directory of a file, cut to `depth` names. When there are `max`, those that are idle make
 * room; else the files of further directories count for their mounts, of which so many more may come, and in the end for no place, 0.
 * Numbers are not used again while the master runs.
 */
export class Places {
  readonly #depth: number;
  readonly #max: number;
  /** Called when there is no room: forgets what is idle by calling {@link forget}. */
  makeRoom: (() => void) | undefined;
  readonly #active = new Map<string, Place>();
  /** Forgotten ones too, the oldest first. */
  readonly #byId = new Map<number, Place>();
  #nextId = 1;

  constructor(depth: number, max: number) {
    this.#depth = depth;
    this.#max = max;
  }

  idOf(file: NormalPath, mount: MountAt): number {
    return this.#placeOf(prefixOf(file, this.#depth), mount)?.id ?? 0;
  }

  /** The place that a number stands for. One that was forgotten has another number by now, or counts for its mount. */
  byId(id: number): Place | undefined {
    const place = this.#byId.get(id);
    if (place === undefined) return undefined;
    return this.#placeOf(place.path, { id: place.mount, path: place.mountPath });
  }

  active(): IterableIterator<Place> {
    return this.#active.values();
  }

  forget(place: Place): void {
    this.#active.delete(keyOf(place.path, place.mount));
  }

  #placeOf(path: NormalPath, mount: MountAt): Place | undefined {
    return this.#at(path, mount, this.#max) ?? this.#at(mount.path, mount, 2 * this.#max);
  }

  #at(path: NormalPath, mount: MountAt, max: number): Place | undefined {
    const key = keyOf(path, mount.id);
    const known = this.#active.get(key);
    if (known !== undefined) return known;
    if (this.#active.size >= max) this.makeRoom?.();
    if (this.#active.size >= max) return undefined;
    const place = { id: this.#nextId++, path, mount: mount.id, mountPath: mount.path };
    this.#active.set(key, place);
    this.#byId.set(place.id, place);
    if (this.#byId.size > KNOWN_PER_PLACE * this.#max) {
      for (const [oldest, { path: its, mount: of }] of this.#byId) {
        if (this.#active.get(keyOf(its, of))?.id === oldest) continue;
        this.#byId.delete(oldest);
        break;
      }
    }
    return place;
  }
}

function keyOf(path: NormalPath, mount: MountId): string {
  return `${mount} ${path}`;
}

/** The directory of `file` down to `depth` names. */
function prefixOf(file: NormalPath, depth: number): NormalPath {
  if (file === ROOT_PATH) return file;
  const directory = parentPath(file);
  const names = components(directory);
  return names.length <= depth ? directory : (`/${names.slice(0, depth).join('/')}` as NormalPath);
}

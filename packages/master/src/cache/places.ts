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

/**
 * Places are given out as files are read: the directory of a file, cut to `depth` names. When there are `max`, the files of further
 * directories count for their mounts, of which so many more may come; then they count for no place, 0. Numbers are not used again
 * while the master runs.
 */
export class Places {
  readonly #depth: number;
  readonly #max: number;
  readonly #ids = new Map<string, Place>();
  readonly #byId = new Map<number, Place>();

  constructor(depth: number, max: number) {
    this.#depth = depth;
    this.#max = max;
  }

  idOf(file: NormalPath, mount: MountAt): number {
    const place = this.#at(prefixOf(file, this.#depth), mount, this.#max) ?? this.#at(mount.path, mount, 2 * this.#max);
    return place?.id ?? 0;
  }

  byId(id: number): Place | undefined {
    return this.#byId.get(id);
  }

  #at(path: NormalPath, mount: MountAt, max: number): Place | undefined {
    const key = `${mount.id} ${path}`;
    const known = this.#ids.get(key);
    if (known !== undefined || this.#ids.size >= max) return known;
    const place = { id: this.#ids.size + 1, path, mount: mount.id, mountPath: mount.path };
    this.#ids.set(key, place);
    this.#byId.set(place.id, place);
    return place;
  }
}

/** The directory of `file` down to `depth` names. */
function prefixOf(file: NormalPath, depth: number): NormalPath {
  if (file === ROOT_PATH) return file;
  const directory = parentPath(file);
  const names = components(directory);
  return names.length <= depth ? directory : (`/${names.slice(0, depth).join('/')}` as NormalPath);
}

import { createRequire } from 'node:module';
import type { Mapping } from '../disk.js';

/** mmap(2) and posix_fadvise(2), through koffi where it is installed. The only module that knows koffi. */
export interface MemoryMapper {
  /**
   * Maps `length` bytes, at most {@link MAX_MAPPING_BYTES} less `ALIGNMENT`, from `position` of the open file `fd` for reading. The range
   * must lie inside the file: touching a page behind its end kills the process (SIGBUS). Undefined when the kernel refuses.
   */
  map(fd: number, position: number, length: number): Mapping | undefined;
  /** Drops the clean pages of the open file `fd` from the page cache. */
  forget(fd: number): void;
}

const POSIX_FADV_DONTNEED = 4;
const MADV_POPULATE_READ = 22;
const PROT_NONE = 0;
const PROT_READ = 1;
const MAP_SHARED = 1;
const MAP_PRIVATE = 2;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MAP_NORESERVE = 0x4000;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/** A multiple of every page size in use (4, 16 and 64 KiB), so that the kernel's need not be asked for. */
const ALIGNMENT = 65_536;

/** The place that each mapping has, whatever its length. */
export const MAX_MAPPING_BYTES = 8 << 20;

/** Places are reserved so many at a time. */
const PLACES = 32;

let loaded: { readonly mapper: MemoryMapper | undefined } | undefined;

/** The mapper of this process; undefined where koffi or mmap is missing. Loaded at the first call. */
export function memoryMapper(): MemoryMapper | undefined {
  loaded ??= { mapper: load() };
  return loaded.mapper;
}

type Native = (...args: unknown[]) => unknown;

interface Koffi {
  load(library: string): { func(declaration: string): Native };
  view(pointer: unknown, length: number): ArrayBuffer;
}

function load(): MemoryMapper | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const koffi = createRequire(import.meta.url)('koffi') as Koffi;
    const libc = koffi.load('libc.so.6');
    const arena = new Arena({
      mmap: libc.func('intptr_t mmap(intptr_t addr, size_t length, int prot, int flags, int fd, int64_t offset)'),
      madvise: libc.func('int madvise(intptr_t addr, size_t length, int advice)'),
      view: (address, length) => Buffer.from(koffi.view(BigInt(address), length)),
    });
    const fadvise = libc.func('int posix_fadvise(int fd, int64_t offset, int64_t length, int advice)');
    return {
      forget: (fd) => void fadvise(fd, 0, 0, POSIX_FADV_DONTNEED),
      map: (fd, position, length) => arena.map(fd, position, length),
    };
  } catch {
    // Not installed, or built for another C library: files are read instead.
    return undefined;
  }
}

interface NativeMemory {
  readonly mmap: Native;
  readonly madvise: Native;
  view(address: number, length: number): Buffer;
}

interface Place {
  readonly address: number;
  readonly memory: Buffer;
}

/**
 * Addresses that files are mapped to. They are made known to the engine once, in few large pieces: an array buffer for each mapping
 * would count as memory come and gone, and set the garbage collector off.
 */
class Arena {
  readonly #native: NativeMemory;
  readonly #free: Place[] = [];

  constructor(native: NativeMemory) {
    this.#native = native;
  }

  map(fd: number, position: number, length: number): Mapping | undefined {
    const skip = position % ALIGNMENT;
    if (skip + length > MAX_MAPPING_BYTES) return undefined;
    const place = this.#free.pop() ?? this.#reserve();
    if (place === undefined) return undefined;
    if (!this.#mmap(place.address, skip + length, PROT_READ, MAP_SHARED | MAP_FIXED, fd, position - skip)) {
      this.#free.push(place);
      return undefined;
    }
    let released = false;
    return {
      bytes: place.memory.subarray(skip, skip + length),
      populate: (from, to) => {
        const first = Math.floor((skip + from) / ALIGNMENT) * ALIGNMENT;
        // Where the kernel does not know how (before 5.14), pages come one by one when they are touched.
        this.#native.madvise(place.address + first, skip + to - first, MADV_POPULATE_READ);
      },
      release: () => {
        if (released) return;
        released = true;
        // Nothing is readable there until the place is used again: a late reader faults, and a late write to a socket is refused.
        if (this.#forbid(place.address, MAX_MAPPING_BYTES)) this.#free.push(place);
      },
    };
  }

  #reserve(): Place | undefined {
    const { mmap, view } = this.#native;
    const flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    const base = Number(mmap(0, PLACES * MAX_MAPPING_BYTES, PROT_NONE, flags, -1, 0));
    if (isFailure(base)) return undefined;
    const memory = view(base, PLACES * MAX_MAPPING_BYTES);
    for (let at = 0; at < memory.length; at += MAX_MAPPING_BYTES)
      this.#free.push({ address: base + at, memory: memory.subarray(at, at + MAX_MAPPING_BYTES) });
    return this.#free.pop();
  }

  #forbid(address: number, length: number): boolean {
    return this.#mmap(address, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  }

  #mmap(address: number, length: number, protection: number, flags: number, fd: number, offset: number): boolean {
    return !isFailure(Number(this.#native.mmap(address, length, protection, flags, fd, offset)));
  }
}

function isFailure(address: number): boolean {
  return address === -1 || address === Number(MAP_FAILED) || address === 0;
}

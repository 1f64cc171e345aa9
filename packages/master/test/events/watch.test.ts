import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail } from '@alluvium/base';
import { methodsOf, type ClientStream, type RpcChannel } from '@alluvium/net';
import { fileSystemMaster as fs, namespaceService as ns } from '@alluvium/wire';
import { Machine } from '../machine.js';

const files = methodsOf(fs.FileSystemMasterClientServiceDefinition);
const { watch } = methodsOf(ns.NamespaceServiceDefinition);

const KINDS = Object.entries(ns.NamespaceEventKind);

/** A watcher that says what it hears as `KIND path` lines. */
class Watcher {
  readonly #stream: ClientStream<ns.WatchRequest, ns.WatchReply>;
  readonly #machine: Machine;
  sequence = -1n;

  constructor(machine: Machine, channel: RpcChannel) {
    this.#machine = machine;
    this.#stream = channel.stream(watch);
  }

  async begin(request: ns.WatchRequest): Promise<void> {
    await this.#stream.write(request);
    this.#stream.end();
    if (request.afterSequence === undefined) assert.deepEqual(await this.next(), []);
  }

  async next(): Promise<string[]> {
    const reply = (await this.#machine.clock.run(this.#stream.read()))!;
    this.sequence = reply.sequence!;
    return reply.events!.map((event) => {
      const kind = KINDS.find(([, value]) => value === event.kind)![0];
      return `${kind} ${event.oldPath === undefined ? '' : `${event.oldPath} -> `}${event.path}${event.directory === true ? '/' : ''}`;
    });
  }

  /** Replies until so many lines are there. */
  async lines(count: number): Promise<string[]> {
    const lines: string[] = [];
    while (lines.length < count) lines.push(...(await this.next()));
    return lines;
  }
}

async function watching(request: ns.WatchRequest, user = 'root'): Promise<{ machine: Machine; c: RpcChannel; watcher: Watcher }> {
  const machine = new Machine();
  const c = await machine.start();
  const watcher = new Watcher(machine, machine.connect(user));
  await watcher.begin(request);
  return { machine, c, watcher };
}

const mkdir = (c: RpcChannel, path: string): Promise<unknown> =>
  c.unary(files.createDirectory, { path, options: { recursive: true, mode: { ownerBits: 8, groupBits: 6, otherBits: 6 } } });
const create = (c: RpcChannel, path: string): Promise<unknown> =>
  c.unary(files.createFile, { path, options: { blockSizeBytes: 10n, writeType: fs.WritePType.MUST_CACHE, recursive: true } });

test('a watcher hears of every change below its path, in order, and of none elsewhere', async () => {
  const { machine, c, watcher } = await watching({ path: '/a' });
  await machine.clock.run(mkdir(c, '/a'));
  await machine.clock.run(mkdir(c, '/b'));
  await machine.clock.run(create(c, '/a/d/f'));
  await machine.clock.run(c.unary(files.completeFile, { path: '/a/d/f' }));
  await machine.clock.run(c.unary(files.setAttribute, { path: '/a/d/f', options: { pinned: true } }));
  await machine.clock.run(c.unary(files.rename, { path: '/a/d/f', dstPath: '/b/f' }));
  await machine.clock.run(c.unary(files.setAttribute, { path: '/b/f', options: { pinned: false } }));
  await machine.clock.run(c.unary(files.remove, { path: '/a', options: { recursive: true } }));
  assert.deepEqual(await watcher.lines(8), [
    'CREATED /a/',
    'CREATED /a/d/',
    'CREATED /a/d/f',
    'COMPLETED /a/d/f',
    'CHANGED /a/d/f',
    'RENAMED /a/d/f -> /b/f',
    'REMOVED /a/d/',
    'REMOVED /a/',
  ]);
});

test('not recursive: the path itself and its children', async () => {
  const { machine, c, watcher } = await watching({ path: '/a', recursive: false });
  await machine.clock.run(mkdir(c, '/a/d/e'));
  await machine.clock.run(mkdir(c, '/a/g'));
  assert.deepEqual(await watcher.lines(3), ['CREATED /a/', 'CREATED /a/d/', 'CREATED /a/g/']);
});

test('what happens to a directory above happens to the path', async () => {
  const { machine, c, watcher } = await watching({ path: '/a/b/c' });
  await machine.clock.run(mkdir(c, '/a/b/c'));
  await machine.clock.run(c.unary(files.rename, { path: '/a', dstPath: '/z' }));
  assert.deepEqual(await watcher.lines(2), ['CREATED /a/b/c/', 'RENAMED /a -> /z/']);
});

for (const how of ['stop', 'kill'] as const) {
  test(`a watcher goes on where it was after the master was restarted (${how})`, async () => {
    const { machine, c, watcher } = await watching({ path: '/' });
    await machine.clock.run(mkdir(c, '/one'));
    assert.deepEqual(await watcher.lines(1), ['CREATED /one/']);
    await machine.clock.run(mkdir(c, '/two'));
    const again = await machine.restart(how);
    await machine.clock.run(mkdir(again, '/three'));
    const resumed = new Watcher(machine, again);
    await resumed.begin({ path: '/', afterSequence: watcher.sequence });
    assert.deepEqual(await resumed.lines(2), ['CREATED /two/', 'CREATED /three/']);
  });
}

test('a sequence that is no longer kept, or was never reached, is refused', async () => {
  const machine = new Machine({ 'alluvium.master.events.kept': '2' });
  const c = await machine.start();
  for (const name of ['a', 'b', 'c', 'd']) await machine.clock.run(mkdir(c, `/${name}`));
  for (const afterSequence of [1n, 1000n]) {
    const watcher = new Watcher(machine, c);
    await watcher.begin({ path: '/', afterSequence });
    await assert.rejects(watcher.next(), { kind: 'outOfRange' });
  }
});

test('a watcher hears of no change that did not become durable', async () => {
  const { machine, c, watcher } = await watching({ path: '/' });
  machine.disk.failpoint = (call) => (call.verb === 'sync' ? fail('internal', 'broken disk') : undefined);
  const made = machine.clock.run(mkdir(c, '/unsettled'));
  await assert.rejects(made);
  await assert.rejects(watcher.next());
});

test('a watcher hears only of what its user may list', async () => {
  const { machine, c, watcher } = await watching({ path: '/' }, 'bob');
  await machine.clock.run(mkdir(c, '/private'));
  await machine.clock.run(
    c.unary(files.setAttribute, { path: '/private', options: { mode: { ownerBits: 8, groupBits: 1, otherBits: 1 } } }),
  );
  await machine.clock.run(mkdir(c, '/private/x'));
  await machine.clock.run(mkdir(c, '/public'));
  assert.deepEqual(await watcher.lines(3), ['CREATED /private/', 'CHANGED /private/', 'CREATED /public/']);
  const refused = new Watcher(machine, machine.connect('bob'));
  await assert.rejects(refused.begin({ path: '/private' }), { kind: 'permissionDenied' });
});

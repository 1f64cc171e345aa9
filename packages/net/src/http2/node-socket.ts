import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { fail } from '@alluvium/base';
import type { Address } from '../rpc/network.js';
import type { ByteConnection, ByteUser } from './byte-connection.js';

// The only file of the transport that knows sockets and the event loop.

/** Wraps a connected socket. */
function byteConnection(socket: Socket): ByteConnection {
  socket.setNoDelay(true);
  let user: ByteUser | undefined;
  let lost: Error | undefined;
  let pending = false;
  const written = (): void => {
    if (!pending || socket.writableLength > 0 || socket.destroyed) return;
    pending = false;
    user?.taken();
  };
  socket.on('error', (error) => {
    lost = error;
  });
  socket.on('close', () => user?.closed(lost));
  return {
    peer: socket.remoteAddress === undefined ? 'local' : `${socket.remoteAddress}:${socket.remotePort ?? 0}`,
    attach(byteUser) {
      user = byteUser;
      socket.on('data', (chunk: Buffer) => byteUser.bytes(chunk));
      // The peer has half-closed: in this protocol nobody reads an answer any more.
      socket.on('end', () => socket.destroy());
    },
    write(parts) {
      if (socket.destroyed || socket.writableEnded) return false;
      const last = parts.length - 1;
      if (last > 0) socket.cork();
      for (let i = 0; i < last; i++) socket.write(parts[i]!);
      socket.write(parts[last]!, written);
      if (last > 0) socket.uncork();
      pending = socket.writableLength > 0;
      return !pending;
    },
    defer: (callback) => void setImmediate(callback),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  };
}

export interface Listener {
  readonly address: Address;
  /** Stops accepting. Resolves once every connection has closed. */
  close(): Promise<void>;
}

/** Listens at `address`; port 0 picks a free one. Rejects with `failedPrecondition` when the address cannot be had. */
export async function listen(
  address: Address,
  maxConnections: number,
  accepted: (connection: ByteConnection) => void,
  failed: (error: Error) => void,
): Promise<Listener> {
  const { host, port, socketPath } = address;
  const name = nameOf(address);
  if (socketPath !== undefined) await removeStaleSocket(socketPath);
  return new Promise((resolve, reject) => {
    const server: Server = createServer({ allowHalfOpen: true }, (socket) => accepted(byteConnection(socket)));
    server.maxConnections = maxConnections;
    const refused = (error: NodeJS.ErrnoException): void => {
      const why = error.code === 'EADDRINUSE' ? 'another program listens there' : error.message;
      reject(fail('failedPrecondition', `Cannot listen at ${name}: ${why}`, error));
    };
    server.once('error', refused);
    const place = socketPath === undefined ? { host, port } : { path: socketPath, readableAll: true, writableAll: true };
    server.listen({ ...place, backlog: 1024 }, () => {
      server.off('error', refused);
      // Accepting can fail, for want of file descriptors say; those who are connected do not notice.
      server.on('error', failed);
      if (socketPath !== undefined) chmodSync(socketPath, SOCKET_MODE);
      resolve({
        address: socketPath === undefined ? { host, port: (server.address() as AddressInfo).port } : address,
        close: () => new Promise((done) => void server.close(() => done())),
      });
    });
  });
}

/** Clients of all users come this way, and say who they are in the handshake. */
const SOCKET_MODE = 0o777;
/** The kernel takes no longer path; Node would cut it off. */
const MAX_SOCKET_PATH_BYTES = 107;
const STALE_CHECK_MS = 1000;

export function nameOf({ host, port, socketPath }: Address): string {
  return socketPath ?? `${host}:${port}`;
}

/** A process that was killed leaves its socket behind. Throws `failedPrecondition` when the path is in use, or something else. */
async function removeStaleSocket(path: string): Promise<void> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES)
    throw fail(
      'failedPrecondition',
      `Cannot listen at ${path}: the path is longer than ${MAX_SOCKET_PATH_BYTES} bytes; name a shorter one`,
    );
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isSocket()) throw fail('failedPrecondition', `Cannot listen at ${path}: a file is there that is no socket`);
  const live = await dial({ host: '', port: 0, socketPath: path }, STALE_CHECK_MS).catch(() => undefined);
  live?.destroy();
  if (live !== undefined) throw fail('failedPrecondition', `Cannot listen at ${path}: another program listens there`);
  unlinkSync(path);
}

/** Opens a connection. Rejects with the system's error; `timeoutMs` bounds the wait. */
export function dial(address: Address, timeoutMs: number): Promise<ByteConnection> {
  return new Promise((resolve, reject) => {
    const { host, port, socketPath } = address;
    const socket = connect({ ...(socketPath === undefined ? { host, port } : { path: socketPath }), allowHalfOpen: true });
    const failed = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(timeoutMs, () => failed(new Error(`no connection within ${timeoutMs} ms`)));
    socket.once('error', failed);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.off('error', failed);
      resolve(byteConnection(socket));
    });
  });
}

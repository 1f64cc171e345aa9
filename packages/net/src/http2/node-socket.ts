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
    peer: `${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`,
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
export function listen(
  address: Address,
  maxConnections: number,
  accepted: (connection: ByteConnection) => void,
  failed: (error: Error) => void,
): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const server: Server = createServer({ allowHalfOpen: true }, (socket) => accepted(byteConnection(socket)));
    server.maxConnections = maxConnections;
    const refused = (error: NodeJS.ErrnoException): void => {
      const why = error.code === 'EADDRINUSE' ? 'another program listens there' : error.message;
      reject(fail('failedPrecondition', `Cannot listen at ${address.host}:${address.port}: ${why}`, error));
    };
    server.once('error', refused);
    server.listen({ host: address.host, port: address.port, backlog: 1024 }, () => {
      server.off('error', refused);
      // Accepting can fail, for want of file descriptors say; those who are connected do not notice.
      server.on('error', failed);
      const { port } = server.address() as AddressInfo;
      resolve({
        address: { host: address.host, port },
        close: () => new Promise((done) => void server.close(() => done())),
      });
    });
  });
}

/** Opens a connection. Rejects with the system's error; `timeoutMs` bounds the wait. */
export function dial(address: Address, timeoutMs: number): Promise<ByteConnection> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address.host, port: address.port, allowHalfOpen: true });
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

/**
 * A second way to an app: a unix socket that only the user of this process can open. Node does not say who
 * is at the other end, so the modes of the folder and of the socket are the proof; whoever comes over it is the owner.
 */
import { chmod, lstat, mkdir, rm } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import path from 'node:path';
import { messageOf, UsageError } from '@mini-soc/model';
import type { HttpApp } from './http-app-instance.ts';
import { openListener } from './listeners.ts';

const FOLDER = 'sockets';
/** Of an address of the kernel, with its end. */
const LONGEST = 107;

const own = new WeakSet<Socket>();

export function isFromOwnSocket(socket: Socket): boolean {
  return own.has(socket);
}

/** Where a service of the instance on this data folder listens; undefined where the path is too long for a socket. */
export function ownSocketPath(dataDirectory: string, name: string): string | undefined {
  const file = path.resolve(dataDirectory, FOLDER, `${name}.sock`);
  return Buffer.byteLength(file) > LONGEST ? undefined : file;
}

/** Whether it is a socket of the user who asks, in a folder that nobody else can change. */
export async function isOwnSocket(file: string, uid: number | undefined): Promise<boolean> {
  try {
    const [socket, folder] = await Promise.all([lstat(file), lstat(path.dirname(file))]);
    const isOurs = (owner: number) => uid === undefined || owner === uid || uid === 0;
    return (
      socket.isSocket() &&
      folder.isDirectory() &&
      isOurs(socket.uid) &&
      isOurs(folder.uid) &&
      (folder.mode & 0o022) === 0
    );
  } catch {
    return false;
  }
}

/** Closed with the app. Throws UsageError in one sentence. */
export async function listenOnOwnSocket(app: HttpApp, file: string): Promise<void> {
  const folder = path.dirname(file);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if (!(await lstat(folder)).isDirectory()) throw new Error('its folder is a link or a file');
    await chmod(folder, 0o700);
    await removeLeftover(file);
    await openListener(
      app,
      { path: file },
      {
        onConnection: (socket) => own.add(socket),
        afterClose: () => rm(file, { force: true }).catch(() => undefined),
      },
    );
    await chmod(file, 0o600);
  } catch (cause) {
    throw new UsageError(`Cannot open the socket "${file}": ${messageOf(cause)}`, { cause });
  }
}

/** One that nobody listens on any more: of a process that was killed. */
async function removeLeftover(file: string): Promise<void> {
  const isThere = await lstat(file).then(
    () => true,
    () => false,
  );
  if (!isThere) return;
  const isAlive = await new Promise<boolean>((resolve) => {
    const socket = createConnection(file);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
  if (isAlive) throw new Error('another process listens on it');
  await rm(file, { force: true });
}

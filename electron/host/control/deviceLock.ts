import { createHash } from 'node:crypto';
import { realpath, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasErrorCode } from '../jsonFile.ts';

/** Holds the device of a folder for this process. */
export interface DeviceLock {
  release(): Promise<void>;
}

/**
 * [CTL97] One process at a time has the device of a folder: two would order one arm, and each believe its own stop. Held as a name that
 * listens, which the operating system takes back with the process, however it ends: a file would outlive a power cut. Null: another has it.
 */
export async function lockDevice(folder: string): Promise<DeviceLock | null> {
  return lockAt(addressOf(await realpath(folder), process.platform));
}

/** By that name. Null: another has it. */
export async function lockAt(address: string): Promise<DeviceLock | null> {
  const server = createServer((socket) => socket.destroy()).unref();
  if (!(await listens(server, address)) && !((await isLeftBehind(address)) && (await listens(server, address)))) return null;
  return { release: () => new Promise((released) => server.close(() => released())) };
}

/** Linux and Windows have names without a file; elsewhere it is a socket in the folder for passing things. */
export function addressOf(folder: string, platform: NodeJS.Platform): string {
  const name = `huizhen-device-${createHash('sha256').update(folder).digest('hex').slice(0, 32)}`;
  if (platform === 'linux') return `\0${name}`;
  return platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`);
}

function listens(server: Server, address: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => (hasErrorCode(error, 'EADDRINUSE') ? resolve(false) : reject(error));
    server.once('error', onError);
    server.listen(address, () => {
      server.off('error', onError);
      resolve(true);
    });
  });
}

/** Only where the name is a file: nobody answers there, and it is gone now. */
async function isLeftBehind(address: string): Promise<boolean> {
  if (!address.endsWith('.sock')) return false;
  const isAnswered = await new Promise<boolean>((resolve) => {
    const socket = connect(address);
    socket.once('error', () => resolve(false)).once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
  if (isAnswered) return false;
  await rm(address, { force: true });
  return true;
}

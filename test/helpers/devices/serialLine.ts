import { spawn } from 'node:child_process';
import type { ReadStream } from 'node:tty';
import { openTty } from '../../../electron/host/devices/serial/ttyPort.ts';

/** Two pseudo terminals that are one serial line, by socat. `host` is a path to open; `device` is open at the device's end. */
export interface SerialLine {
  readonly host: string;
  readonly device: ReadStream;
  /** Nothing is taken from either end any more. */
  freeze(): void;
  /** Pulls the cable. */
  unplug(): Promise<void>;
}

export async function openSerialLine(): Promise<SerialLine> {
  const child = spawn('socat', ['-d', '-d', 'pty,rawer', 'pty,rawer'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  const [host, device] = await new Promise<string[]>((ready, failed) => {
    let said = '';
    child.once('error', failed);
    child.once('exit', () => failed(new Error(`socat ended: ${said}`)));
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('starting data transfer')) ready([...said.matchAll(/PTY is (\S+)/g)].map(([, path = '']) => path));
    });
  });
  if (host === undefined || device === undefined) throw new Error('socat named no terminals');
  const stream = await openTty({ path: device, baud: 115_200 });
  stream.on('error', () => undefined); // the cable is pulled in some tests
  return {
    host,
    device: stream,
    freeze: () => void child.kill('SIGSTOP'),
    unplug: async () => {
      child.kill('SIGKILL');
      await ended;
      stream.destroy();
    },
  };
}

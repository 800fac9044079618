import { execFile } from 'node:child_process';
import { close, constants, open } from 'node:fs';
import { isatty, ReadStream } from 'node:tty';
import { promisify } from 'node:util';
import { AppError } from '#shared/protocol/errors';

const run = promisify(execFile);
const STTY_TIMEOUT_MS = 3000;

export interface TtyOptions {
  /** `/dev/ttyUSB0`, or better a name by id, which stays. */
  readonly path: string;
  readonly baud: number;
}

/**
 * A serial line as a stream: 8 bits, no parity, one stop bit, nothing translated. By the system's own `stty` and a file descriptor, on
 * Linux and macOS: the package `serialport` would do it on Windows too, but is a native module, and the desktop's package holds none (all
 * that it runs is one bundled file). @throws AppError `device.notFound`, `device.denied`, `device.unsupported` on Windows
 */
export async function openTty({ path, baud }: TtyOptions): Promise<ReadStream> {
  if (process.platform === 'win32') throw new AppError('device.unsupported', 'serial devices are read on Linux and macOS only');
  try {
    const device = process.platform === 'darwin' ? '-f' : '-F';
    await run('stty', [device, path, String(baud), 'raw', '-echo', 'cs8', '-parenb', '-cstopb', 'clocal', '-crtscts'], { timeout: STTY_TIMEOUT_MS });
    // Without waiting for a carrier, and without becoming the terminal that this process belongs to.
    const handle = await promisify(open)(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    if (!isatty(handle)) {
      await promisify(close)(handle);
      throw new AppError('device.notFound', 'the configured serial port is no terminal device');
    }
    return new ReadStream(handle);
  } catch (error) {
    if (error instanceof AppError) throw error;
    const isDenied = error instanceof Error && /EACCES|EPERM|Permission denied/.test(error.message);
    throw new AppError(isDenied ? 'device.denied' : 'device.notFound', isDenied ? 'the serial port may not be opened' : 'the serial port is not there', { cause: error });
  }
}

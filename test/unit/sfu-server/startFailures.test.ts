import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '#shared/protocol/errors';
import { ConfigError } from '../../../sfu-server/config.ts';
import { listenSetting, startLine, startStep } from '../../../sfu-server/startFailures.ts';
import { openDatabase } from '../../../sfu-server/storage/database.ts';

const lineOf = async (setting: Parameters<typeof startStep>[0], act: () => Promise<unknown>): Promise<string> => {
  try {
    await startStep(setting, 'it does not start', act);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return error instanceof Error ? error.message : '';
  }
  return 'started';
};
const fails = (message: string) => async () => {
  throw new Error(message);
};
const rtc = listenSetting('HUIZHEN_RTC_LISTEN_IP', 'HUIZHEN_RTC_PORT_BASE');

describe('a start that fails', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'huizhen-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));

  it('[CFG1] in a port that is in use is one line that names the port', async () => {
    const other = createServer();
    await new Promise<void>((ok) => other.listen(0, '127.0.0.1', ok));
    const address = other.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const listen = () => new Promise((ok, failed) => createServer().once('error', failed).listen(port, '127.0.0.1', () => ok(undefined)));
    expect(await lineOf(listenSetting('HUIZHEN_HOST', 'HUIZHEN_PORT'), listen)).toBe('HUIZHEN_PORT: another program uses it');
    await new Promise((ok) => other.close(ok));
  });

  it('[CFG1] in a data folder that is a file is one line that names the folder, without its place', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, '');
    expect(await lineOf('HUIZHEN_DATA_DIR', () => openDatabase({ type: 'folder', folder: join(path, 'db') }, () => undefined))).toBe('HUIZHEN_DATA_DIR: is no folder');
  });

  it.each([
    ["uv_listen() failed [protocol:tcp, ip:'127.0.0.1', port:40000]: address already in use", 'HUIZHEN_RTC_PORT_BASE: another program uses it'],
    ["port bind failed due to address not available [protocol:udp, ip:'10.99.99.99', port:42400]", 'HUIZHEN_RTC_LISTEN_IP: is no address of this machine'],
    ['something new', 'HUIZHEN_RTC_PORT_BASE: it does not start: something new'],
  ])('[CFG1] in the worker: %s', async (message, line) => {
    expect(await lineOf(rtc, fails(message))).toBe(line);
  });

  it('[CFG1] is one line for what a person can mend, and everything for what is our fault', () => {
    expect(startLine(new ConfigError('HUIZHEN_WORKERS', 'must be a whole number'))).toBe('configuration: HUIZHEN_WORKERS: must be a whole number');
    expect(startLine(new AppError('storage.corrupt', 'another process uses the database folder'))).toBe('start: another process uses the database folder');
    const fault = new TypeError('undefined is not a function');
    expect(startLine(fault)).toBe(fault);
  });

  it('[CFG1] keeps the line of a setting that was found wrong before', async () => {
    expect(await lineOf('HUIZHEN_PORT', () => Promise.reject(new ConfigError('HUIZHEN_TLS_CERT', 'the file cannot be read')))).toBe('HUIZHEN_TLS_CERT: the file cannot be read');
  });
});

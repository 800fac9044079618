import { expect, it } from 'vitest';
import { AppError } from '#shared/protocol/errors';
import { ConfigError } from '../../../sfu-server/config.ts';
import { startFailure } from '../../../sfu-server/startFailure.ts';

const listen = (code: string) => Object.assign(new Error(`listen ${code}: address 127.0.0.1:7400`), { code, syscall: 'listen', address: '127.0.0.1', port: 7400 });

it.each([
  ['a wrong setting', new ConfigError('HUIZHEN_WORKERS', 'must be a whole number'), 'configuration: HUIZHEN_WORKERS: must be a whole number'],
  ['a folder in use', new AppError('storage.corrupt', 'another process uses the database folder (db.lock)'), 'start: another process uses the database folder (db.lock)'],
  ['a port in use', listen('EADDRINUSE'), 'configuration: HUIZHEN_PORT: port 7400 is in use by another program'],
  ['a port below 1024', listen('EACCES'), 'configuration: HUIZHEN_PORT: port 7400 needs rights that this user does not have'],
  ['an address of another machine', listen('EADDRNOTAVAIL'), 'configuration: HUIZHEN_HOST: the address is none of this machine'],
  ['a media port in use', new Error("uv_udp_bind() failed [protocol:udp, ip:'127.0.0.1', port:40000]: address already in use"), 'configuration: HUIZHEN_RTC_PORT_BASE: port 40000: address already in use'],
  ['anything else', new TypeError('undefined is not a function'), null],
])('%s at start is one line that says what to change', (_, error, line) => {
  expect(startFailure(error)).toBe(line);
});

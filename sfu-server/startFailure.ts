import { AppError } from '#shared/protocol/errors';
import { ConfigError } from './config.ts';

/** A start that failed for a reason the person at the machine can remove, in one line that names the setting; null: anything else. */
export function startFailure(error: unknown): string | null {
  if (error instanceof ConfigError) return `configuration: ${error.message}`;
  if (error instanceof AppError) return `start: ${error.message}`;
  if (!(error instanceof Error)) return null;
  if ('code' in error && 'syscall' in error && error.syscall === 'listen') {
    const port = 'port' in error ? String(error.port) : '';
    if (error.code === 'EADDRINUSE') return `configuration: HUIZHEN_PORT: port ${port} is in use by another program`;
    if (error.code === 'EACCES') return `configuration: HUIZHEN_PORT: port ${port} needs rights that this user does not have`;
    if (error.code === 'EADDRNOTAVAIL') return 'configuration: HUIZHEN_HOST: the address is none of this machine';
  }
  // The worker's own words, from libuv.
  const bind = /uv_(?:udp|tcp)_bind\(\) failed \[.*port:(\d+)\]: (.+)$/.exec(error.message);
  if (bind) return `configuration: HUIZHEN_RTC_PORT_BASE: port ${bind[1]}: ${bind[2]}`;
  return null;
}

import { AppError } from '#shared/protocol/errors';
import type { SecretProtector } from './vault.ts';

/**
 * Stands where plain Node has no store of the operating system to lean on (the loopback host): refuses everything with `reason`.
 * The page in the browser window keeps non-extractable WebCrypto keys instead.
 */
export function createNoProtector(reason: string): SecretProtector {
  const refuse = () => Promise.reject(new AppError('vault.unprotected', reason));
  return { availability: () => Promise.resolve({ type: 'unprotected', reason }), protect: refuse, unprotect: refuse };
}

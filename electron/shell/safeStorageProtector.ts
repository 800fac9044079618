import type { SafeStorage } from 'electron';
import type { ProtectorAvailability, SecretProtector } from '../host/vault.ts';

/** What is used of Electron's safeStorage; its synchronous calls leave in Electron 46. */
export type AsyncSafeStorage = Pick<SafeStorage, 'isAsyncEncryptionAvailable' | 'encryptStringAsync' | 'decryptStringAsync' | 'getSelectedStorageBackend'>;

/**
 * Keychain, DPAPI, or a secret service on Linux. Without one Chromium falls back to a key that stands in its source code
 * (`basic_text`): that is no protection, and is refused.
 */
export function createSafeStorageProtector(safeStorage: AsyncSafeStorage, platform: string): SecretProtector {
  return {
    async availability(): Promise<ProtectorAvailability> {
      if (!(await safeStorage.isAsyncEncryptionAvailable())) return { type: 'unprotected', reason: 'the operating system offers no secret store' };
      const backend = platform === 'linux' ? safeStorage.getSelectedStorageBackend() : null;
      if (backend === 'basic_text' || backend === 'unknown') {
        return { type: 'unprotected', reason: 'no secret service runs in this session (gnome-keyring or kwallet is needed)' };
      }
      return { type: 'operatingSystem' };
    },
    // safeStorage seals strings; base64 carries any bytes through unchanged.
    protect: (bytes) => safeStorage.encryptStringAsync(Buffer.from(bytes).toString('base64')),
    async unprotect(bytes) {
      const { result, shouldReEncrypt } = await safeStorage.decryptStringAsync(Buffer.from(bytes));
      return { bytes: Buffer.from(result, 'base64'), shouldProtectAgain: shouldReEncrypt };
    },
  };
}

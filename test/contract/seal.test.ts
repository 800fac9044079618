import { describe, expect, it } from 'vitest';
import { TAG_BYTES } from '#shared/control/seal';
import { createSealKeys, isPromised } from '../../electron/host/control/seal.ts';
import { createKeyPair, fromBase64, toBase64 } from '../../renderer/services/control/seal.ts';

const DEVICE = 'simulator-1';
const frame = (text: string) => new DataView(new TextEncoder().encode(text).buffer as ArrayBuffer); // encoded into a buffer of its own

/** Both ends of one lease: the holder's by the browser's cryptography, the device's by Node's. */
async function agree(operatorEpoch = 7, hostEpoch = 7, deviceId = DEVICE) {
  const keys = await createKeyPair(globalThis.crypto.subtle);
  const own = createSealKeys();
  return { host: own.agree(keys.publicKey, DEVICE, hostEpoch), operator: await keys.agree(own.publicKey, deviceId, operatorEpoch) };
}

describe('the seal of a lease', () => {
  it('[CTL42] [CTL55] what the holder seals in the browser, the device’s host verifies; both show the same four digits', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { host, operator } = await agree();
      expect(operator.checkCode).toBe(host.checkCode);
      expect(host.checkCode).toMatch(/^\d{4}$/);
      const sealed = await operator.seal(frame('a command'));
      expect(sealed.byteLength).toBe('a command'.length + TAG_BYTES);
      expect(host.verify(sealed)).toBe(true);
      expect(host.verify(sealed.with(round % sealed.length, (sealed[round % sealed.length] ?? 0) ^ 1))).toBe(false);
    }
  });

  it('[CTL42] of another epoch or another device it is none', async () => {
    for (const [operatorEpoch, hostEpoch, deviceId] of [[7, 8, DEVICE], [7, 7, 'simulator-2']] as const) {
      const { host, operator } = await agree(operatorEpoch, hostEpoch, deviceId);
      expect(host.verify(await operator.seal(frame('a command')))).toBe(false);
    }
  });

  it('[CTL42] who sits between the two holds two keys, and the ends show different digits', async () => {
    const codes = [];
    for (let round = 0; round < 3; round += 1) {
      const [holder, between] = [await createKeyPair(globalThis.crypto.subtle), await createKeyPair(globalThis.crypto.subtle)];
      const [host, betweenToo] = [createSealKeys().agree(between.publicKey, DEVICE, 7), createSealKeys()];
      const towardsHolder = betweenToo.agree(holder.publicKey, DEVICE, 7);
      const sealed = await (await holder.agree(betweenToo.publicKey, DEVICE, 7)).seal(frame('a command'));
      expect(host.verify(sealed)).toBe(false);
      codes.push([host.checkCode, towardsHolder.checkCode]);
    }
    expect(codes.some(([one, other]) => one !== other)).toBe(true); // one in 10 000 by chance
  });

  it('[CTL90] what the browser promises is what the host looks for, and no other key is it', async () => {
    const [keys, other] = [await createKeyPair(globalThis.crypto.subtle), await createKeyPair(globalThis.crypto.subtle)];
    expect([isPromised(keys.commitment, keys.publicKey), isPromised(keys.commitment, other.publicKey), isPromised(other.commitment, keys.publicKey)]).toEqual([true, false, false]);
    expect(isPromised('', keys.publicKey)).toBe(false);
  });

  it('[CTL55] a frame that is written over while it is being sealed is sealed as it was', async () => {
    const { host, operator } = await agree();
    const bytes = frame('a command');
    const sealing = operator.seal(bytes);
    bytes.setUint8(0, 0);
    const sealed = await sealing;
    expect([new TextDecoder().decode(sealed.subarray(0, -TAG_BYTES)), host.verify(sealed)]).toEqual(['a command', true]);
  });

  it('[CTL42] [CTL55] both refuse what is no point of the curve', async () => {
    const keys = await createKeyPair(globalThis.crypto.subtle);
    const bent = fromBase64(keys.publicKey);
    bent[40] = (bent[40] ?? 0) ^ 1;
    await expect(keys.agree(toBase64(bent), DEVICE, 7)).rejects.toThrow();
    expect(() => createSealKeys().agree(toBase64(bent), DEVICE, 7)).toThrow();
    expect(() => createSealKeys().agree(keys.publicKey, DEVICE, 7)).not.toThrow();
  });
});

import { createSettings, PRESETS, type UltrasoundSettings } from '../settings.ts';
import { checkFrame, checkUint32, type FrameFault, writeChecksum, writeHeader } from './frame.ts';

/**
 * What the holder of the lease wants the scanner set to, all of it at once: one that is lost is made good by the next.
 *
 * | offset | type | what |
 * |---|---|---|
 * | 8 | u32 | epoch of the lease |
 * | 12 | u32 | sequence number of settings, rising within the epoch, from 1 |
 * | 16 | u8 | preset: place in `PRESETS` |
 * | 17 | u8 | flags: bit 0 the picture is frozen |
 * | 18 | u16 | zero |
 * | 20 | f32 | gain, dB |
 * | 24 | f32 | depth, mm |
 * | 28 | f32 | focus, mm |
 * | 32 | u32 | CRC-32 |
 */
export const SETTINGS_BYTES = 36;

export interface SettingsCommand {
  epoch: number;
  sequence: number;
  readonly settings: UltrasoundSettings;
}

export const createSettingsCommand = (): SettingsCommand => ({ epoch: 0, sequence: 0, settings: createSettings() });

/** @throws RangeError for a number beyond 32 bits */
export function writeSettings(bytes: DataView, { epoch, sequence, settings }: Readonly<SettingsCommand>): void {
  writeHeader(bytes, 'settings', SETTINGS_BYTES, 0);
  bytes.setUint32(8, checkUint32(epoch, 'epoch'));
  bytes.setUint32(12, checkUint32(sequence, 'sequence'));
  bytes.setUint8(16, PRESETS.indexOf(settings.preset));
  bytes.setUint8(17, settings.isFrozen ? 1 : 0);
  bytes.setUint16(18, 0);
  bytes.setFloat32(20, settings.gainDb);
  bytes.setFloat32(24, settings.depthMm);
  bytes.setFloat32(28, settings.focusMm);
  writeChecksum(bytes, SETTINGS_BYTES);
}

/** Reads into `command`; null, or why these bytes are none: a preset that the list has not is `malformed` (then `command` is as it was). */
export function readSettings(bytes: DataView, command: SettingsCommand): FrameFault | 'malformed' | null {
  const fault = checkFrame(bytes, 'settings', SETTINGS_BYTES);
  if (fault !== null) return fault;
  const preset = PRESETS[bytes.getUint8(16)];
  if (preset === undefined) return 'malformed';
  command.epoch = bytes.getUint32(8);
  command.sequence = bytes.getUint32(12);
  command.settings.preset = preset;
  command.settings.isFrozen = (bytes.getUint8(17) & 1) === 1;
  command.settings.gainDb = bytes.getFloat32(20);
  command.settings.depthMm = bytes.getFloat32(24);
  command.settings.focusMm = bytes.getFloat32(28);
  return null;
}

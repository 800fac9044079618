import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { required } from '#shared/lib/assert';
import { readHead } from '../../../../renderer/workers/imageHead.ts';
import { makeCine, makeCt, uidOf } from '../../../../sfu-server/demo/images.ts';
import { writeFile } from '../../../../sfu-server/imaging/dicom/write.ts';

const PATIENT = { name: 'CHEN^JIANGUO=陈^建国', id: 'ZY0042', dateText: '20261120' };
const slice = () => required([...makeCt('head', PATIENT)][3] ?? null, 'a slice');
const blob = (...parts: Uint8Array[]) => new Blob(parts.map((part) => Uint8Array.from(part)));

/** The same file with its data set deflated, under the name of that transfer syntax. */
function deflated(file: Uint8Array): Uint8Array {
  const bytes = Buffer.from(file);
  const at = bytes.indexOf('1.2.840.10008.1.2.1');
  const meta = 132 + 12 + bytes.readUInt32LE(132 + 8);
  const longer = Buffer.concat([bytes.subarray(0, at - 2), Buffer.from([22, 0]), Buffer.from('1.2.840.10008.1.2.1.99'), bytes.subarray(at + bytes.readUInt16LE(at - 2), meta)]);
  longer.writeUInt32LE(longer.byteLength - 144, 140);
  return Buffer.concat([longer, deflateRawSync(bytes.subarray(meta))]);
}

describe('what a file says of itself', () => {
  it('[IMG40] names the patient, also in Chinese, and which image it is', async () => {
    expect(await readHead(blob(slice()))).toEqual({
      type: 'image', studyUid: uidOf('head study ct'), seriesUid: uidOf('head series ct'), sopUid: uidOf('head ct 3'), modality: 'CT', studyDate: '20261120', description: '胸部平扫 Chest',
      patient: { name: 'CHEN^JIANGUO=陈^建国', id: 'ZY0042', birthDate: '' },
    });
  });

  it('[IMG40] reads names in the character set of the file', async () => {
    const file = Buffer.from(slice());
    // «ISO_IR 192» is Unicode; the same place names the Chinese national set.
    const at = file.indexOf('ISO_IR 192');
    file.write('GB18030   ', at, 'latin1');
    const name = Buffer.from(PATIENT.name);
    const start = file.indexOf(name);
    const own = Buffer.concat([Buffer.from('CHEN^JIANGUO='), Buffer.from([0xb3, 0xc2]), Buffer.from('^'), Buffer.from([0xbd, 0xa8, 0xb9, 0xfa])]);
    own.copy(file, start);
    file.fill(0x20, start + own.byteLength, start + name.byteLength);
    expect(await readHead(blob(file))).toMatchObject({ patient: { name: 'CHEN^JIANGUO=陈^建国' } });
  });

  it('[IMG41] tells other files, a list of contents, and a cut head from images', async () => {
    expect(await readHead(blob(Buffer.from('%PDF-1.4')))).toEqual({ type: 'other' });
    expect(await readHead(blob(Buffer.alloc(5000)))).toEqual({ type: 'other' });
    expect(await readHead(blob())).toEqual({ type: 'other' });
    expect(await readHead(blob(writeFile({}, '1.2.840.10008.1.3.10', '1.2.3')))).toEqual({ type: 'directory' });
    for (const length of [140, 200, 400, 600]) expect((await readHead(blob(slice().subarray(0, length)))).type, `${length} bytes`).toBe('unreadable');
  });

  it('[IMG44] reads no more of a large file than its head', async () => {
    const file = blob(makeCine('large', PATIENT), new Uint8Array(8_000_000));
    const read: number[] = [];
    const watched = new Proxy(file, {
      get: (target, name) => (name === 'slice' ? (from: number, to: number) => {
        read.push(to - from);
        return target.slice(from, to);
      } : Reflect.get(target, name, target)),
    });
    expect((await readHead(watched)).type).toBe('image');
    expect(read.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(200_000);
  });

  it('[IMG41] reads the head of a deflated file, and survives one that is damaged', async () => {
    const file = deflated(slice());
    expect(await readHead(blob(file))).toMatchObject({ type: 'image', sopUid: uidOf('head ct 3') });
    expect((await readHead(blob(file.subarray(0, 420)))).type).toBe('unreadable');
  });
});

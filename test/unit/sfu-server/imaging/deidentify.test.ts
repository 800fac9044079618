import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import dcmjs from 'dcmjs';
import { describe, expect, it } from 'vitest';
import { makeCine, makeCt, uidOf } from '../../../../sfu-server/demo/images.ts';
import { deidentify } from '../../../../sfu-server/imaging/deidentify/deidentify.ts';
import type { DeidentifyPolicy } from '../../../../sfu-server/imaging/deidentify/profile.ts';
import { inspect } from '../../../../sfu-server/imaging/dicom/inspect.ts';

dcmjs.log.setLevel('silent');
const PATIENT = { name: 'ZHANG^SAN=张^三', id: 'SECRET-4711', dateText: '20261103' };
const POLICY: DeidentifyPolicy = { secret: 'of this installation', dates: 'removed', keepsDevice: true, masks: [] };
const [slice = new Uint8Array(), nextSlice = new Uint8Array()] = makeCt('named', PATIENT);
const cine = makeCine('named', PATIENT);
const textIn = (file: Uint8Array) => Buffer.from(file).toString('latin1');

describe('de-identification', () => {
  it('[IMG14] nothing that named the patient, the day or the place is left in the file, and what it shows is', async () => {
    const { file } = await deidentify(slice, POLICY);
    for (const trace of ['ZHANG', 'SECRET-4711', '20261103', 'A-ct', 'Lung 2.5', uidOf('named study ct'), uidOf('named ct 0'), Buffer.from('张').toString('latin1')]) expect([trace, textIn(file).includes(trace)]).toEqual([trace, false]);
    const { metadata, pixels } = inspect(file);
    expect(metadata).toMatchObject({ '00120062': { Value: ['YES'] }, '00280301': { Value: ['NO'] }, '00281052': { Value: [0] }, '00200032': { Value: [-179.2, -179.2, 0] }, '00080060': { Value: ['CT'] }, '00100010': { Value: [{ Alphabetic: expect.stringMatching(/^P-/) }] } });
    expect(metadata['00080020']).toEqual({ vr: 'DA' });
    expect(pixels?.layout).toEqual(inspect(slice).pixels?.layout);
    expect(textIn(file).endsWith(textIn(slice).slice(-256 * 256 * 2))).toBe(true);
  });

  it('[IMG14] private elements, and names within sequences, go', async () => {
    const dictionary = dcmjs.data.DicomMessage.readFile(Uint8Array.from(slice).buffer);
    dictionary.dict['00090010'] = { vr: 'LO', Value: ['A VENDOR'] };
    dictionary.dict['00091001'] = { vr: 'LO', Value: ['HIDDEN-NAME'] };
    dictionary.dict['00081140'] = { vr: 'SQ', Value: [{ '00081150': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.2'] }, '00081155': { vr: 'UI', Value: [uidOf('named ct 1')] }, '00104000': { vr: 'LT', Value: ['HIDDEN-COMMENT'] } }] };
    dictionary.dict['60003000'] = { vr: 'OW', Value: [Uint8Array.from([1, 2]).buffer] };
    const { file, report } = await deidentify(new Uint8Array(dictionary.write()), POLICY);
    expect(textIn(file)).not.toMatch(/HIDDEN|A VENDOR/);
    const { metadata } = inspect(file);
    expect(metadata['60003000']).toBeUndefined();
    // The reference still leads to its slice.
    const other = inspect((await deidentify(nextSlice, POLICY)).file);
    expect(metadata['00081140']).toMatchObject({ Value: [{ '00081150': { Value: ['1.2.840.10008.5.1.4.1.1.2'] }, '00081155': { Value: [other.sopUid] } }] });
    expect(report.elements).toEqual(expect.arrayContaining([expect.objectContaining({ tag: '00104000', action: 'removed' }), expect.objectContaining({ tag: '00091001', action: 'removed' }), expect.objectContaining({ tag: '00100010', action: 'replaced' })]));
    expect(JSON.stringify(report)).not.toMatch(/ZHANG|SECRET|HIDDEN/);
  });

  it('[IMG14] a name that the file calls something else goes, and so do codes of the place and the diagnosis', async () => {
    const dictionary = dcmjs.data.DicomMessage.readFile(Uint8Array.from(slice).buffer);
    const coded = (meaning: string) => [{ '00080100': { vr: 'SH', Value: ['Z1'] }, '00080102': { vr: 'SH', Value: ['L'] }, '00080104': { vr: 'LO', Value: [meaning] } }];
    Object.assign(dictionary.dict, {
      '00081070': { vr: 'CS', Value: ['HIDDENOPERATOR'] }, '00080080': { vr: 'CS', Value: ['HIDDENPLACE'] }, '0008103E': { vr: 'OB', Value: [new TextEncoder().encode('HIDDENNAME').buffer] },
      '00080082': { vr: 'SQ', Value: coded('HIDDEN HOSPITAL') }, '00081084': { vr: 'SQ', Value: coded('HIDDEN DIAGNOSIS') }, '00081032': { vr: 'SQ', Value: coded('CHEST CT') },
    });
    const { file } = await deidentify(new Uint8Array(dictionary.write()), POLICY);
    expect(textIn(file).match(/HIDDEN ?\w+/g)).toBeNull();
    expect(textIn(file)).toContain('CHEST CT');
    expect(inspect(file).pixels?.layout).toEqual(inspect(slice).pixels?.layout);
  });

  it('[IMG16] a captured screen is not given for the modality it carries', async () => {
    const withText = (more: object) => {
      const dictionary = dcmjs.data.DicomMessage.readFile(Uint8Array.from(slice).buffer);
      Object.assign(dictionary.dict, more);
      return deidentify(new Uint8Array(dictionary.write()), POLICY);
    };
    await expect(withText({ '00080016': { vr: 'UI', Value: ['1.2.840.10008.5.1.4.1.1.7'] } })).rejects.toMatchObject({ code: 'imaging.notDisplayable' });
    await expect(withText({ '00080008': { vr: 'CS', Value: ['DERIVED', 'SECONDARY', 'SCREEN SAVE'] } })).rejects.toMatchObject({ code: 'imaging.notDisplayable' });
    await expect(withText({ '00080060': { vr: 'CS', Value: [] } })).rejects.toMatchObject({ code: 'imaging.notDisplayable' });
    await expect(withText({ '00080008': { vr: 'CS', Value: ['DERIVED', 'SECONDARY', 'MPR'] } })).resolves.toMatchObject({ report: { blackened: 0 } });
  });

  it('[IMG15] UIDs map the same way each time, and another way under another secret', async () => {
    const [first, second, foreign] = [await deidentify(slice, POLICY), await deidentify(nextSlice, POLICY), await deidentify(slice, { ...POLICY, secret: 'of another' })].map(({ file }) => inspect(file));
    expect([first?.studyUid, first?.seriesUid]).toEqual([second?.studyUid, second?.seriesUid]);
    expect(first?.sopUid).not.toBe(second?.sopUid);
    expect(foreign?.studyUid).not.toBe(first?.studyUid);
    expect(first?.studyUid).toMatch(/^2\.25\.\d{1,39}$/);
  });

  it('[IMG14] dates may be shifted: intervals stay, the days do not', async () => {
    const later = [...makeCt('later', { ...PATIENT, dateText: '20261203' })][0] ?? new Uint8Array();
    const dates = await Promise.all([slice, later].map(async (file) => String(inspect((await deidentify(file, { ...POLICY, dates: 'shifted' })).file).metadata['00080020']?.Value?.[0])));
    const [one = 0, other = 0] = dates.map((date) => Date.UTC(Number(date.slice(0, 4)), Number(date.slice(4, 6)) - 1, Number(date.slice(6))));
    expect((other - one) / 86_400_000).toBe(30);
    expect(one).toBeLessThan(Date.UTC(2025, 10, 5));
  });

  it('[IMG16] an ultrasound is black outside of its regions in every frame, and as it was within', async () => {
    const { file, report } = await deidentify(cine, POLICY);
    expect(report.blackened).toBeGreaterThan(0);
    const [before, after] = [cine, file].map((one) => one.subarray(one.byteLength - 320 * 240 * 30));
    for (let frame = 0; frame < 30; frame += 7) {
      for (let y = 0; y < 240; y += 1) {
        for (let x = 0; x < 320; x += 1) {
          const at = (frame * 240 + y) * 320 + x;
          const isWithin = x >= 40 && x <= 279 && y >= 24 && y <= 223;
          if (after?.[at] !== (isWithin ? before?.[at] : 0)) throw new Error(`frame ${frame}, ${x}/${y}`);
        }
      }
    }
  });

  it('[IMG16] a device’s mask counts before regions; where nobody says anything, nothing is given', async () => {
    const masks = [{ manufacturer: 'Huizhen synthetic', model: '', rows: 240, columns: 320, rectangles: [{ left: 0, top: 0, right: 319, bottom: 13 }] }];
    const { file, report } = await deidentify(cine, { ...POLICY, masks });
    expect([report.blackened, file.at(-320 * 240 + 320 * 14 + 160), file.at(-320 * 240 + 10)]).toEqual([1, cine.at(-320 * 240 + 320 * 14 + 160), 0]);
    const dictionary = dcmjs.data.DicomMessage.readFile(Uint8Array.from(cine).buffer);
    delete dictionary.dict['00186011'];
    await expect(deidentify(new Uint8Array(dictionary.write()), POLICY)).rejects.toMatchObject({ code: 'imaging.notDisplayable' });
  });

  it('[IMG14] the copies are files that another implementation reads without complaint', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'huizhen-deid-'));
    try {
      for (const original of [slice, cine]) {
        const file = join(folder, 'copy.dcm');
        writeFileSync(file, (await deidentify(original, POLICY)).file);
        const { status, stderr } = spawnSync('dcmdump', ['-q', file], { encoding: 'utf8', maxBuffer: 16_000_000 });
        expect([status, stderr]).toEqual([0, '']);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

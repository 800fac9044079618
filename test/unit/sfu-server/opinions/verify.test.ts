import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PDFDocument } from 'pdf-lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '#shared/lib/seededRandom';
import { encodePng } from '../../../../sfu-server/imaging/render/png.ts';
import { canonicalText } from '../../../../sfu-server/opinions/canonical.ts';
import { createSeal, digestOf } from '../../../../sfu-server/opinions/pdf/cms.ts';
import { LAYOUT, type OpinionFile } from '../../../../sfu-server/opinions/pdf/rendering.ts';
import { byteRangeText, findSealPlace, SEAL_BYTES } from '../../../../sfu-server/opinions/pdf/sealField.ts';
import type { Authority } from '../../../../sfu-server/opinions/signing/authority.ts';
import { derOf, fingerprintOf } from '../../../../sfu-server/opinions/signing/certificates.ts';
import { readOpinionFile } from '../../../../sfu-server/opinions/verify/readFile.ts';
import { exitCodeOf, reportOf } from '../../../../sfu-server/opinions/verify/report.ts';
import { type CheckName, type Verdict, verifyFile } from '../../../../sfu-server/opinions/verify/verifyFile.ts';
import { required } from '../../../../shared/lib/assert.ts';
import { opinionDocument, signAll, signedFile, testAuthority } from '../../../helpers/opinions/opinionFixtures.ts';

const folder = mkdtempSync(join(tmpdir(), 'huizhen-verify-'));
afterAll(() => rmSync(folder, { recursive: true }));

let authority: Authority;
let file: Buffer;
let content: OpinionFile;

const wrongs = (verdict: Verdict): CheckName[] => verdict.findings.filter(({ outcome }) => outcome === 'wrong').map(({ check }) => check);
const picture = encodePng(40, 30, (x, y) => [x * 6, y * 8, 90]);
const image = { hash: fingerprintOf(picture), mediaType: 'image/png' as const, bytes: new Uint8Array(picture) };

/** Seals bytes anew, as only who has the installation's own key can. */
function resealed(pdf: Buffer, { seal, authority: own }: Authority, atMs: number): Buffer {
  const place = required(findSealPlace(pdf), 'the place of the seal');
  const copy = Buffer.from(pdf);
  copy.write(byteRangeText(place, copy.byteLength), place.byteRangeStart, 'latin1');
  const digest = digestOf([copy.subarray(0, place.start), copy.subarray(place.end)]);
  const cms = createSeal({ digest, atMs, sealCertificate: derOf(seal.certificate), authorityCertificate: derOf(own.certificate) }, seal);
  copy.write(Buffer.from(cms).toString('hex').padEnd(2 * SEAL_BYTES, '0'), place.start + 1, 'latin1');
  return copy;
}

beforeAll(async () => {
  authority = await testAuthority();
  const keyImages = [{ caption: '左室长轴切面', attachment: { hash: image.hash, sizeBytes: picture.byteLength, mediaType: 'image/png', fileName: 'lv.png' } }];
  const document = opinionDocument({ keyImages });
  file = await signedFile(document, await signAll(document, authority, ['sm2', 'ecdsa-p256']), authority, 'zh', [image]);
  content = required(await readOpinionFile(file), 'the content');
}, 60_000);

describe('a file as it was signed', () => {
  it('[VER2][VER4] is valid for who trusts its authority, and intact for who names none', async () => {
    const trusted = await verifyFile(file, authority.fingerprint);
    expect(wrongs(trusted)).toEqual([]);
    expect(trusted.findings.map(({ check, outcome }) => `${check} ${outcome}`)).toEqual(['seal right', 'content right', 'authority right', 'signature right', 'signature right', 'images right', 'pages right']);
    expect(exitCodeOf(trusted)).toBe(0);
    expect(exitCodeOf(await verifyFile(file, null))).toBe(3);
    expect(reportOf(trusted)).toMatch(/^有效.*VALID/);
  });

  it('[PDF2] is the same bytes for the same input, but for the seal', async () => {
    const { document, signatures, images } = content;
    const again = await signedFile(document, signatures, authority, 'zh', images);
    const place = required(findSealPlace(file), 'the place of the seal');
    expect(again.subarray(0, place.start).equals(file.subarray(0, place.start))).toBe(true);
    expect(again.subarray(place.end).equals(file.subarray(place.end))).toBe(true);
  });

  it('[VER1] has a seal that poppler accepts as well, over the whole document', () => {
    writeFileSync(join(folder, 'signed.pdf'), file);
    const { stdout } = spawnSync('pdfsig', ['signed.pdf'], { cwd: folder, encoding: 'utf8' });
    expect(stdout).toContain('Signature is Valid');
    expect(stdout).toContain('Total document signed');
  });

  it('[IMG39] prints with a key image which picture it is of, is checked as any other, and without that comes out as before', async () => {
    const { document, signatures, images } = content;
    const source = { studyUid: '1.2.826.1', seriesUid: '1.2.826.2', sopUid: '1.2.826.3', frame: 4 };
    const told = { ...document, content: { ...document.content, keyImages: document.content.keyImages.map((one) => ({ ...one, source })) } };
    const sourced = await signedFile(told, await signAll(told, authority, ['sm2', 'ecdsa-p256']), authority, 'zh', images);
    expect(wrongs(await verifyFile(sourced, authority.fingerprint))).toEqual([]);
    const print = (bytes: Buffer) => {
      writeFileSync(join(folder, 'key.pdf'), bytes);
      return spawnSync('pdftotext', ['-layout', 'key.pdf', '-'], { cwd: folder, encoding: 'utf8' }).stdout.replaceAll(/\s/g, '');
    };
    expect(print(sourced)).toContain('检查1.2.826.1，序列1.2.826.2，图像1.2.826.3，第4帧');
    expect(print(await signedFile(document, signatures, authority, 'zh', images))).not.toContain('序列');
  });

  it('[PDF1][PDF4] names the patient on every page, in both languages, and writes what it cannot print as its code', async () => {
    for (const language of ['zh', 'en'] as const) {
      const document = opinionDocument({ findings: '左室射血分数降低。'.repeat(600) });
      writeFileSync(join(folder, 'long.pdf'), await signedFile(document, await signAll(document, authority, []), authority, language));
      const { stdout } = spawnSync('pdftotext', ['-layout', 'long.pdf', '-'], { cwd: folder, encoding: 'utf8' });
      const pages = stdout.split('\f').slice(0, -1);
      expect(pages.length).toBeGreaterThan(3);
      for (const page of pages) expect(page).toContain('陈建国');
      expect(stdout).toContain(language === 'zh' ? `第 ${pages.length} 页，共 ${pages.length} 页` : `Page ${pages.length} of ${pages.length}`);
      expect(stdout.replaceAll(/\s/g, '').split('左室射血分数降低。').length).toBeGreaterThan(500);
      if (language === 'zh') expect(stdout).toContain('赵〔U+20BB7〕祥');
    }
  }, 60_000);
});

describe('[VER1] a file that was altered', () => {
  it('[VER1] a byte of any kind of place, made another: 600 places', async () => {
    const random = createRandom(20_261_121);
    const place = required(findSealPlace(file), 'the place of the seal');
    const cmsEnd = place.start + 1 + 2 * (4 + Buffer.from(file.toString('latin1', place.start + 1, place.start + 9), 'hex').readUInt16BE(2));
    const spans: readonly (readonly [name: string, from: number, to: number, count: number])[] = [
      ['header', 0, 20, 20],
      ['objects and streams', 20, place.byteRangeStart, 150],
      ['byte range', place.byteRangeStart, place.byteRangeEnd, 40],
      ['seal', place.start, cmsEnd, 220],
      ['room after the seal', cmsEnd, place.end, 40],
      ['after the seal', place.end, file.byteLength - 600, 80],
      ['cross reference and trailer', file.byteLength - 600, file.byteLength, 50],
    ];
    let tried = 0;
    const missed: string[] = [];
    for (const [name, from, to, count] of spans) {
      for (let index = 0; index < count; index += 1) {
        const at = from + Math.floor(random() * (to - from));
        const altered = Buffer.from(file);
        const before = altered[at] ?? 0;
        // Every other time the case of a letter, which a reader of hexadecimal takes for the same.
        const after = index % 2 === 0 && /[a-z]/i.test(String.fromCharCode(before)) ? before ^ 0x20 : before ^ (1 << Math.floor(random() * 8));
        altered[at] = after;
        tried += 1;
        if ((await verifyFile(altered, null)).isIntact) missed.push(`${name} ${at}: ${before} → ${after}`);
      }
    }
    expect(missed).toEqual([]);
    expect(tried).toBe(600);
  }, 120_000);

  it('[VER1] bytes added at the end, in front or within; bytes taken away', async () => {
    const place = required(findSealPlace(file), 'the place of the seal');
    const altered = [
      Buffer.concat([file, Buffer.from('\n')]),
      Buffer.concat([file, Buffer.from('\0')]),
      Buffer.concat([Buffer.from(' '), file]),
      Buffer.concat([file.subarray(0, place.start), Buffer.from(' '), file.subarray(place.start)]),
      ...[0, 1, 100, place.start, place.end, file.byteLength - 1].map((length) => file.subarray(0, length)),
    ];
    for (const pdf of altered) expect((await verifyFile(pdf, null)).isIntact).toBe(false);
  });

  it('[VER1] an incremental update, which leaves every byte that was there', async () => {
    const pdf = await PDFDocument.load(file, { updateMetadata: false });
    pdf.getPage(0).drawText('300 mg');
    expect((await verifyFile(Buffer.from(await pdf.save({ useObjectStreams: false })), null)).isIntact).toBe(false);
    const start = /startxref\s+(\d+)/.exec(file.toString('latin1').slice(-60))?.[1];
    const update = `9999 0 obj\n<< /Type /Annot >>\nendobj\nxref\n9999 1\n${String(file.byteLength).padStart(10, '0')} 00000 n \ntrailer\n<< /Prev ${start} >>\nstartxref\n${file.byteLength}\n%%EOF\n`;
    expect(wrongs(await verifyFile(Buffer.concat([file, Buffer.from(update)]), null))).toContain('seal');
  });

  it('[VER1] what is no PDF, or a PDF of somebody else', async () => {
    const other = await PDFDocument.create();
    other.addPage();
    for (const bytes of [Buffer.alloc(0), Buffer.from('会诊意见书'), Buffer.alloc(5000, 7), Buffer.from(await other.save())]) {
      const verdict = await verifyFile(bytes, authority.fingerprint);
      expect(exitCodeOf(verdict)).toBe(1);
      expect(reportOf(verdict)).toMatch(/^无效.*NOT VALID/);
    }
  });
});

describe('a file that the installation itself sealed wrongly', () => {
  const sealedWith = async (change: Partial<OpinionFile>) => {
    const { document, signatures, images } = { ...content, ...change };
    return verifyFile(await signedFile(document, signatures, authority, 'zh', images), authority.fingerprint);
  };

  it('[VER2] with a signature of another document, of another person, or at another place', async () => {
    const [first, second] = content.signatures;
    const a = required(first, 'the first signature');
    const b = required(second, 'the second signature');
    const others = await signAll(opinionDocument({ diagnosis: '无异常' }), authority, ['sm2', 'ecdsa-p256']);
    const foreign = required(others[0], 'another signature');
    expect(wrongs(await sealedWith({ signatures: [b, a] }))).toContain('content');
    expect(wrongs(await sealedWith({ signatures: [a] }))).toContain('content');
    expect(wrongs(await sealedWith({ signatures: [a, { ...b, signature: a.signature }] }))).toEqual(['signature']);
    expect(wrongs(await sealedWith({ signatures: [{ ...a, signature: foreign.signature }, b] }))).toEqual(['signature']);
    expect(wrongs(await sealedWith({ signatures: [a, { ...b, certificate: a.certificate }] }))).toEqual(['signature']);
    expect(wrongs(await sealedWith({ signatures: [a, { ...b, statement: { ...b.statement, signedAtMs: b.statement.signedAtMs + 1 } }] }))).toEqual(['signature']);
    expect(wrongs(await sealedWith({ document: { ...content.document, version: 4 } }))).toEqual(['content', 'signature', 'signature']);
  }, 60_000);

  it('[VER2] with a certificate of another authority', async () => {
    const signatures = await signAll(content.document, await testAuthority(), ['sm2', 'ecdsa-p256']);
    expect(wrongs(await sealedWith({ signatures }))).toEqual(['signature', 'signature']);
  });

  it('[VER3] with pages that say something else than the canonical form', async () => {
    const text = canonicalText(content.document);
    const pdf = await PDFDocument.load(file, { updateMetadata: false });
    pdf.getPage(0).drawText('300 mg', { x: 60, y: 300 });
    const changed = resealed(Buffer.from(await pdf.save({ useObjectStreams: false })), authority, content.rendering.sealedAtMs);
    expect(canonicalText(required(await readOpinionFile(changed), 'the content').document)).toBe(text);
    expect(wrongs(await verifyFile(changed, authority.fingerprint))).toEqual(['pages']);
  });

  it('[VER3] with an image that is not the one that was signed', async () => {
    const forged = encodePng(40, 30, () => [0, 0, 0]);
    expect(wrongs(await sealedWith({ images: [{ ...image, bytes: new Uint8Array(forged) }] }))).toEqual(['images']);
  });
});

describe('the authority', () => {
  it('[VER4] another than the named one is refused, though nothing was altered', async () => {
    const other = await testAuthority();
    const verdict = await verifyFile(file, other.fingerprint);
    expect(wrongs(verdict)).toEqual(['authority']);
    expect(exitCodeOf(verdict)).toBe(1);
    // The same document, signed and sealed by an installation of the forger's own, of the same name.
    const forged = await signedFile(content.document, await signAll(content.document, other, ['sm2', 'sm2']), other, 'zh', [image]);
    expect(exitCodeOf(await verifyFile(forged, other.fingerprint))).toBe(0);
    expect(exitCodeOf(await verifyFile(forged, authority.fingerprint))).toBe(1);
  });

  it('[VER3] pages of another layout cannot be compared, and the file is not refused for it', async () => {
    expect(content.rendering.layout).toBe(LAYOUT);
    const { document, signatures, images } = content;
    const verdict = await verifyFile(await signedFile(document, signatures, authority, 'zh', images, LAYOUT + 1), authority.fingerprint);
    expect(verdict.isIntact).toBe(true);
    expect(verdict.findings.at(-1)).toMatchObject({ check: 'pages', outcome: 'unknown' });
  });
});

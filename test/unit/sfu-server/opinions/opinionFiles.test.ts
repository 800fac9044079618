import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import type { OpinionContent } from '#shared/domain/opinion';
import { ManualClock } from '#shared/lib/clock';
import { encodePng } from '../../../../sfu-server/imaging/render/png.ts';
import { OpinionFiles, type OpinionFilesOptions } from '../../../../sfu-server/opinions/opinionFiles.ts';
import { fingerprintOf } from '../../../../sfu-server/opinions/signing/certificates.ts';
import { verifyFile } from '../../../../sfu-server/opinions/verify/verifyFile.ts';
import { NOW_MS, opinionDocument, signAll, testAuthority } from '../../../helpers/opinions/opinionFixtures.ts';

const pictureOf = (shade: number) => encodePng(40, 30, (x, y) => [x * 6, y * 8, shade]);

it('[VER2] [PDF2] a key image that another picture has taken the place of, or that is gone, is not drawn: the file is made once and has to verify', async () => {
  const [right, swapped, gone] = [pictureOf(1), pictureOf(2), pictureOf(3)];
  const onDisk = new Map<string, Buffer>([[fingerprintOf(right), right], [fingerprintOf(swapped), pictureOf(99)]]);
  const keyImages: OpinionContent['keyImages'] = [right, swapped, gone].map((picture, index) => ({ caption: `图${index}`, attachment: { hash: fingerprintOf(picture), sizeBytes: picture.byteLength, mediaType: 'image/png', fileName: 'a.png' } }));
  const authority = await testAuthority();
  const document = opinionDocument({ keyImages });
  const damaged: string[] = [];
  const put: Buffer[] = [];
  const objects = {
    read: (hash: string) => {
      const bytes = onDisk.get(hash) ?? put.find((one) => fingerprintOf(one) === hash);
      return bytes === undefined ? new Readable({ read() { this.destroy(Object.assign(new Error('no such file'), { code: 'ENOENT' })); } }) : Readable.from([bytes]);
    },
    put: async (_hash: string, bytes: Uint8Array) => void put.push(Buffer.from(bytes)),
  } as unknown as OpinionFilesOptions['objects']; // what making a file asks of it
  const files = new OpinionFiles({
    opinions: { file: async () => null, keepFile: async (_id, _language, made) => made },
    objects, authority, clock: new ManualClock(NOW_MS), timeZone: 'Asia/Shanghai', publicUrl: () => 'https://huizhen.example.org', onDamaged: (hash) => damaged.push(hash),
  });
  await files.open(document, await signAll(document, authority, []), 'zh');
  const [file] = put;
  if (!file) throw new Error('no file was made');
  const verdict = await verifyFile(file, authority.fingerprint);
  expect(verdict.findings.filter(({ outcome }) => outcome !== 'right')).toEqual([]);
  expect(damaged).toEqual([fingerprintOf(swapped), fingerprintOf(gone)]);
}, 60_000);

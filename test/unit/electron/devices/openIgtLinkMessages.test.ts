import { angleBetweenDeg, createPose, distanceMm, type Pose } from '#shared/control/pose';
import { createDice, createRandom } from '#shared/lib/seededRandom';
import { describe, expect, it } from 'vitest';
import { faultOf, readForces, readPosition, readStatus, readTransform, writePosition, writeStatus, writeTransform } from '../../../../electron/host/devices/openIgtLink/contents.ts';
import { crc64 } from '../../../../electron/host/devices/openIgtLink/crc64.ts';
import { readImage } from '../../../../electron/host/devices/openIgtLink/image.ts';
import { HEADER_BYTES, MAX_BODY_BYTES, type Message, readBody, readHeader, writeMessage } from '../../../../electron/host/devices/openIgtLink/message.ts';
import { StreamReader } from '../../../../electron/host/devices/openIgtLink/streamReader.ts';
import { rotationOf, setRotation } from '../../../../electron/host/devices/rotation.ts';

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const hex = (text: string): Uint8Array => Uint8Array.from(text.replace(/\s/g, '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

function randomPose(random: () => number): Pose {
  const q = [random() - 0.5, random() - 0.5, random() - 0.5, random() - 0.5];
  const length = Math.hypot(...q);
  const [qw = 1, qx = 0, qy = 0, qz = 0] = q.map((value) => value / length);
  return { xMm: random() * 400 - 200, yMm: random() * 400 - 200, zMm: random() * 400 - 200, qw, qx, qy, qz };
}

function readWhole(bytes: Uint8Array): Message {
  const header = readHeader(view(bytes.subarray(0, HEADER_BYTES)));
  if (typeof header === 'string') throw new Error(header);
  const message = readBody(header, bytes.subarray(HEADER_BYTES));
  if (typeof message === 'string') throw new Error(message);
  return message;
}

describe('messages of OpenIGTLink', () => {
  it('[CTL80] the checksum is that of ECMA-182', () => {
    expect(crc64(new TextEncoder().encode('123456789'))).toBe(0x6c40df5f0b497347n); // the catalogue's check value of CRC-64/ECMA-182
    expect(crc64(new Uint8Array())).toBe(0n);
    expect(crc64(Uint8Array.of(1))).toBe(0x42f0e1eba9ea3693n);
  });

  it('[CTL80] a message is byte by byte what the protocol says', () => {
    const content = Uint8Array.of(1);
    const bytes = writeMessage({ version: 1, type: 'RTS_TDATA', deviceName: 'Probe', wallMs: 1_000_500, content, messageId: 7 });
    const expected = `0001 5254535f5444415441000000 50726f6265${'00'.repeat(15)}
      000003e8 80000000 0000000000000001 42f0e1eba9ea3693 01`;
    expect(bytes).toEqual(hex(expected));
    const read = readWhole(bytes);
    expect(read).toMatchObject({ version: 1, type: 'RTS_TDATA', deviceName: 'Probe', stampMs: 1_000_500, bodyBytes: 1, messageId: 0 });
    expect(read.content.getUint8(0)).toBe(1);
  });

  it('[CTL80] version 3 carries an extended header and metadata around the content, version 1 leaves them out', () => {
    const metadata = new Map([['Unit', 'mm'], ['操作', '移动']]);
    const message = { type: 'STATUS', deviceName: 'A', wallMs: 0, content: hex('0102030405'), messageId: 0xfffffffe, metadata };
    const bytes = writeMessage({ ...message, version: 2 });
    // extended header 12, metadata header 2 + 2 × 8, its bytes, id
    expect(bytes.subarray(HEADER_BYTES, HEADER_BYTES + 17)).toEqual(hex('000c 0012 00000012 fffffffe 0102030405'));
    const read = readWhole(bytes);
    expect(read).toMatchObject({ version: 2, stampMs: null, messageId: 0xfffffffe, metadata });
    expect(new Uint8Array(read.content.buffer, read.content.byteOffset, read.content.byteLength)).toEqual(message.content);
    expect(writeMessage({ ...message, version: 1 }).byteLength).toBe(HEADER_BYTES + 5);
  });

  it('[CTL80] a longer extended header is passed over, as later versions may have one', () => {
    const body = hex('0010 0002 00000000 00000001 aabbccdd 4142 0000');
    const header = { version: 2, type: 'X', deviceName: '', stampMs: null, bodyBytes: body.byteLength, crc: crc64(body) } as const;
    const read = readBody(header, body);
    expect(typeof read === 'string' ? read : [...new Uint8Array(read.content.buffer, read.content.byteOffset, read.content.byteLength)]).toEqual([0x41, 0x42]);
  });

  it.each([
    ['shorter than itself', '000b 0002 00000000 00000001 0000', 'extendedHeader'],
    ['longer than the body', '00ff 0002 00000000 00000001 0000', 'extendedHeader'],
    ['metadata longer than the body', '000c 0002 7fffffff 00000001 0000', 'extendedHeader'],
    ['a body of nothing', '', 'extendedHeader'],
    ['a metadata header of one byte', '000c 0001 00000000 00000001 00', 'metadata'],
    ['more entries than its header holds', '000c 0002 00000000 00000001 0003', 'metadata'],
    ['a value that runs over the end', '000c 000a 00000002 00000001 0001 0001 0003 00ffffff 6162', 'metadata'],
    ['more metadata than anybody writes', `000c 020a 00000000 00000001 0041 ${'00'.repeat(520)}`, 'metadata'],
  ])('[CTL80] lengths of version 3 that cannot be are refused: %s', (_what, text, fault) => {
    const body = hex(text);
    expect(readBody({ version: 2, type: 'X', deviceName: '', stampMs: null, bodyBytes: body.byteLength, crc: crc64(body) }, body)).toBe(fault);
  });

  it('[CTL80] a header is refused for its version, type, or length, and a body for its checksum', () => {
    const bytes = writeMessage({ version: 1, type: 'STATUS', deviceName: 'A', wallMs: 1, content: hex('01'), messageId: 0 });
    const changed = (change: (header: DataView) => void) => {
      const copy = bytes.slice();
      change(view(copy));
      return readHeader(view(copy));
    };
    expect(changed((header) => header.setUint16(0, 0))).toBe('version');
    expect(changed((header) => header.setUint16(0, 4))).toBe('version');
    expect(changed((header) => header.setUint16(0, 3))).toMatchObject({ version: 2 });
    expect(changed((header) => header.setUint8(2, 0))).toBe('type');
    expect(changed((header) => header.setUint8(3, 0x80))).toBe('type');
    expect(changed((header) => header.setBigUint64(42, BigInt(MAX_BODY_BYTES) + 1n))).toBe('length');
    expect(changed((header) => header.setBigUint64(42, 0xffff_ffff_ffff_ffffn))).toBe('length');
    expect(() => readWhole(bytes.with(HEADER_BYTES, 2))).toThrow('checksum');
  });

  it('[CTL81] poses come back as they were, as matrix and as quaternion', () => {
    const random = createRandom(81);
    for (let round = 0; round < 500; round += 1) {
      const pose = randomPose(random);
      for (const read of [readTransform(view(writeTransform(pose))), readPosition(view(writePosition(pose)))]) {
        if (read === null) throw new Error('refused');
        expect(distanceMm(read, pose)).toBeLessThan(1e-4);
        expect(angleBetweenDeg(read, pose)).toBeLessThan(1e-3);
      }
    }
    // Half turns, where three of the four ways to a quaternion have nothing to divide by.
    for (const [qx, qy, qz] of [[1, 0, 0], [0, 1, 0], [0, 0, 1]] as const) {
      const half = { ...createPose(), qw: 0, qx, qy, qz };
      const read = readTransform(view(writeTransform(half)));
      expect(read === null ? Number.NaN : angleBetweenDeg(read, half)).toBeLessThan(1e-6);
    }
  });

  it('[CTL81] TRANSFORM is the columns of the matrix, then the position', () => {
    // A quarter turn about z: x goes to y.
    const pose = { xMm: 1, yMm: -2, zMm: 0.5, qw: Math.SQRT1_2, qx: 0, qy: 0, qz: Math.SQRT1_2 };
    const values = Array.from({ length: 12 }, (_, index) => view(writeTransform(pose)).getFloat32(index * 4));
    expect(values.map((value) => Math.round(value * 1000) / 1000 + 0)).toEqual([0, 1, 0, -1, 0, 0, 0, 0, 1, 1, -2, 0.5]);
    expect(writePosition({ ...createPose(), xMm: 1 })).toEqual(hex('3f800000 00000000 00000000 00000000 00000000 00000000 3f800000'));
  });

  it('[CTL81] POSITION without its scalar part has one; with a position only it is no pose', () => {
    const pose = { xMm: 3, yMm: 4, zMm: 5, qw: 0.5, qx: 0.5, qy: -0.5, qz: 0.5 };
    const bytes = writePosition(pose);
    const short = readPosition(view(bytes.slice(0, 24)));
    expect(short === null ? Number.NaN : angleBetweenDeg(short, pose)).toBeLessThan(0.1);
    expect(readPosition(view(bytes.slice(0, 12)))).toBeNull();
    for (let length = 0; length < 28; length += 1) if (length !== 24) expect(readPosition(view(bytes.slice(0, length)))).toBeNull();
  });

  it('[CTL81] what is no pose is none: NaN, infinite, scaled, sheared, mirrored, far away', () => {
    const good = writeTransform(createPose());
    const withFloat = (bytes: Uint8Array, index: number, value: number): DataView => {
      const copy = view(bytes.slice());
      copy.setFloat32(index * 4, value);
      return copy;
    };
    expect(readTransform(view(good))).toEqual(createPose());
    for (let index = 0; index < 12; index += 1) for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1e9]) expect(readTransform(withFloat(good, index, value))).toBeNull();
    for (const index of [0, 4, 8]) for (const value of [0, 1.01, -1]) expect(readTransform(withFloat(good, index, value))).toBeNull();
    for (const index of [1, 2, 3, 5, 6, 7]) expect(readTransform(withFloat(good, index, 0.01))).toBeNull();
    const position = writePosition(createPose());
    for (let index = 0; index < 7; index += 1) for (const value of [Number.NaN, Number.NEGATIVE_INFINITY, 1e9]) expect(readPosition(withFloat(position, index, value))).toBeNull();
    expect(readPosition(withFloat(position, 6, 0.9))).toBeNull();
    expect(readTransform(view(good.slice(0, 44)))).toBeNull();
    const pose = createPose();
    expect(setRotation(pose, [1, 0, 0, 0, 1, 0, 0, 0, -1])).toBe(false);
    expect(pose).toEqual(createPose());
    expect(rotationOf(pose)).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });

  it('[CTL83] STATUS comes back, and says what is wrong in words that fit a screen', () => {
    const status = { code: 18, subCode: -5n, name: 'E-STOP', text: 'button pressed' };
    expect(readStatus(view(writeStatus(status)))).toEqual(status);
    expect(writeStatus({ code: 1, subCode: 2n, name: 'OK', text: '' })).toEqual(hex(`0001 0000000000000002 4f4b${'00'.repeat(18)} 00`));
    expect(readStatus(view(writeStatus(status).slice(0, 29)))).toBeNull();
    expect(readStatus(view(writeStatus({ ...status, text: '' }).slice(0, 30)))).toEqual({ ...status, text: '' });
    expect(faultOf(status)).toBe('hardware failure: E-STOP: button pressed');
    expect(faultOf({ ...status, code: 1 })).toBeNull();
    expect(faultOf({ ...status, code: 77, name: '', text: '\u001b[31m' })).toBe('code 77: ?[31m');
    expect(faultOf({ ...status, text: 'x'.repeat(900) })).toHaveLength(160);
  });

  it('[CTL84] SENSOR is a force only in newton, with its prefix', () => {
    const sensor = (unit: string, count = '01') => view(hex(`${count} 00 ${unit} 4008000000000000`));
    expect(readForces(sensor('02c4000000000000'))).toEqual([3]);
    expect(readForces(sensor('02c0000000000000'))).toEqual([3]); // the exponent left at zero, as in the protocol's own example
    expect(readForces(sensor('b2c4000000000000'))?.map((value) => value.toFixed(6))).toEqual(['0.003000']); // milli
    expect(readForces(sensor('02c8000000000000'))).toBeNull(); // squared
    expect(readForces(sensor('02c0100000000000'))).toBeNull(); // newton metres
    expect(readForces(sensor('0000000000000000'))).toBeNull();
    expect(readForces(sensor('02c4000000000000', '02'))).toBeNull();
    expect(readForces(view(hex('01 00 02c4')))).toBeNull();
  });

  it('[CTL80] IMAGE: one plane of bytes, whole; nothing else', () => {
    const header = (change: (head: DataView) => void = () => undefined, pixels = 6): DataView => {
      const head = view(new Uint8Array(72 + pixels).fill(9, 72));
      head.setUint16(0, 1);
      head.setUint8(2, 1);
      head.setUint8(3, 3);
      head.setUint8(4, 2);
      for (const [at, value] of [[6, 3], [8, 2], [10, 1], [66, 3], [68, 2], [70, 1]] as const) head.setUint16(at, value);
      for (const [at, value] of [[12, 0.3], [28, 0.4], [44, 1]] as const) head.setFloat32(at, value);
      change(head);
      return head;
    };
    const image = readImage(header());
    expect(image).toMatchObject({ width: 3, height: 2, components: 1, pixels: new Uint8Array(6).fill(9) });
    expect(image?.spacingMm.map((mm) => mm.toFixed(3))).toEqual(['0.300', '0.400']);
    expect(readImage(header((head) => head.setUint8(2, 3), 18))).toMatchObject({ components: 3 });
    const refused: ((head: DataView) => void)[] = [
      (head) => head.setUint8(2, 2), (head) => head.setUint8(3, 5), (head) => head.setUint16(6, 0), (head) => head.setUint16(6, 65_535), (head) => head.setUint16(10, 2), (head) => head.setUint16(60, 1), (head) => head.setUint16(68, 1),
      (head) => head.setFloat32(12, Number.NaN), (head) => head.setFloat32(12, 0),
    ];
    for (const change of refused) expect(readImage(header(change))).toBeNull();
    expect(readImage(header(undefined, 5))).toBeNull();
    expect(readImage(header(undefined, 7))).toBeNull();
    expect(readImage(view(new Uint8Array(71)))).toBeNull();
  });
});

describe('the stream of OpenIGTLink', () => {
  const small = (type: string, content: Uint8Array, version: 1 | 2 = 1) => writeMessage({ version, type, deviceName: 'P', wallMs: 0, content, messageId: 1 });

  function createReader() {
    const messages: string[] = [];
    const faults: string[] = [];
    const reader = new StreamReader({
      maxBytes: (type) => (type === 'UNKNOWN' ? 0 : 100),
      onMessage: ({ type, content }) => messages.push(`${type} ${content.byteLength}`),
      onFault: (fault) => faults.push(fault),
    });
    return { reader, messages, faults };
  }

  it('[CTL80] messages are found however the stream is cut; unknown and too long ones go by', () => {
    const damaged = small('STATUS', new Uint8Array(30));
    damaged.set([99], HEADER_BYTES + 4);
    const stream = Buffer.concat([small('A', new Uint8Array(3)), small('UNKNOWN', new Uint8Array(5000)), small('B', new Uint8Array()), small('C', new Uint8Array(101)), damaged, small('D', new Uint8Array(7), 2)]);
    const dice = createDice(80);
    for (let round = 0; round < 300; round += 1) {
      const { reader, messages, faults } = createReader();
      for (let at = 0; at < stream.byteLength; ) {
        const count = round === 0 ? 1 : 1 + dice(round * 20);
        expect(reader.push(stream.subarray(at, at + count))).toBeNull();
        at += count;
      }
      expect(messages).toEqual(['A 3', 'B 0', 'D 7']);
      expect(faults).toEqual(['checksum']);
    }
  });

  it('[CTL80] a stream that lost its place is not read any further', () => {
    const { reader, messages } = createReader();
    expect(reader.push(Buffer.concat([small('A', new Uint8Array(3)), new Uint8Array(58).fill(0xff), small('B', new Uint8Array(3))]))).toBe('version');
    expect(reader.push(small('C', new Uint8Array(3)))).toBe('version');
    expect(messages).toEqual(['A 3']);
  });
});

import { crc64 } from './crc64.ts';
import { readText, writeText } from './text.ts';

/**
 * An OpenIGTLink message: header, and a body that its checksum is of. All numbers big-endian.
 *
 * | offset | type | header |
 * |---|---|---|
 * | 0 | u16 | version of the header: 1 for protocols 1 and 2, 2 for protocol 3 |
 * | 2 | char[12] | type, filled up with zeros |
 * | 14 | char[20] | device name, filled up with zeros |
 * | 34 | u64 | time stamp: seconds since 1970 (UTC) and their fraction in 32 bits each; 0 for none |
 * | 42 | u64 | length of the body, bytes |
 * | 50 | u64 | CRC-64 (ECMA-182) of the body |
 *
 * The body of version 1 is the content. That of version 2 is an extended header (u16 its length, 12 or more; u16 length of the metadata's
 * header; u32 length of the metadata; u32 message id), the content, and the metadata: u16 count, for each u16 length of the key, u16
 * encoding (MIBenum), u32 length of the value; then the keys and values.
 *
 * Source: OpenIGTLink protocol, openigtlink.org, "Message Header" and "Version 3".
 */
export const HEADER_BYTES = 58;
const EXTENDED_BYTES = 12;
const MAX_METADATA = 64;
/** MIBenum of US-ASCII and of UTF-8. */
const ASCII = 3;
const UTF8 = 106;
/** A length of more than this is none: the stream is not what it should be. The pictures of the largest scanners are smaller. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** Of the header. Protocol 3 with 2. */
export type HeaderVersion = 1 | 2;

export interface Header {
  readonly version: HeaderVersion;
  readonly type: string;
  readonly deviceName: string;
  /** Sender's civil clock, Unix ms; null: it said none. */
  readonly stampMs: number | null;
  readonly bodyBytes: number;
  readonly crc: bigint;
}

export interface Message extends Header {
  readonly content: DataView;
  /** 0 in version 1. */
  readonly messageId: number;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Why bytes are no header: nothing after them can be found either. */
export type HeaderFault = 'version' | 'type' | 'length';
/** Why a body of known length is none: the next message can be read. */
export type BodyFault = 'checksum' | 'extendedHeader' | 'metadata';

/** Reads 58 bytes. Version 3 is read like 2: some peers write their protocol's number there. */
export function readHeader(bytes: DataView): Header | HeaderFault {
  const version = bytes.getUint16(0);
  if (version < 1 || version > 3) return 'version';
  const type = readText(bytes, 2, 12);
  if (!/^[\x21-\x7e]+$/.test(type)) return 'type';
  const length = bytes.getBigUint64(42);
  if (length > BigInt(MAX_BODY_BYTES)) return 'length';
  return { version: version === 1 ? 1 : 2, type, deviceName: readText(bytes, 14, 20), stampMs: readStamp(bytes), bodyBytes: Number(length), crc: bytes.getBigUint64(50) };
}

function readStamp(bytes: DataView): number | null {
  const seconds = bytes.getUint32(34);
  const fraction = bytes.getUint32(38);
  return seconds === 0 && fraction === 0 ? null : seconds * 1000 + (fraction / 2 ** 32) * 1000;
}

/** The message of a header and its whole body, which stays the caller's. */
export function readBody(header: Header, body: Uint8Array): Message | BodyFault {
  if (crc64(body) !== header.crc) return 'checksum';
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (header.version === 1) return { ...header, content: view, messageId: 0, metadata: new Map() };
  if (body.byteLength < EXTENDED_BYTES) return 'extendedHeader';
  const extendedBytes = view.getUint16(0);
  const metadataHeaderBytes = view.getUint16(2);
  const metadataBytes = view.getUint32(4);
  const contentBytes = body.byteLength - extendedBytes - metadataHeaderBytes - metadataBytes;
  if (extendedBytes < EXTENDED_BYTES || contentBytes < 0) return 'extendedHeader';
  const metadata = readMetadata(view, extendedBytes + contentBytes, metadataHeaderBytes);
  if (metadata === null) return 'metadata';
  return { ...header, content: new DataView(body.buffer, body.byteOffset + extendedBytes, contentBytes), messageId: view.getUint32(8), metadata };
}

/** Null when its lengths do not fit; values that are neither ASCII nor UTF-8 are left out. */
function readMetadata(view: DataView, from: number, headerBytes: number): Map<string, string> | null {
  const metadata = new Map<string, string>();
  if (headerBytes === 0) return metadata;
  if (headerBytes < 2) return null;
  const count = view.getUint16(from);
  if (count > MAX_METADATA || headerBytes < 2 + count * 8) return null;
  let at = from + headerBytes;
  for (let index = 0; index < count; index += 1) {
    const entry = from + 2 + index * 8;
    const keyBytes = view.getUint16(entry);
    const encoding = view.getUint16(entry + 2);
    const valueBytes = view.getUint32(entry + 4);
    if (at + keyBytes + valueBytes > view.byteLength) return null;
    if (encoding === ASCII || encoding === UTF8) metadata.set(readText(view, at, keyBytes), readText(view, at + keyBytes, valueBytes));
    at += keyBytes + valueBytes;
  }
  return metadata;
}

export interface Outgoing {
  readonly version: HeaderVersion;
  readonly type: string;
  readonly deviceName: string;
  /** Civil clock, Unix ms. */
  readonly wallMs: number;
  readonly content: Uint8Array;
  readonly messageId: number;
  readonly metadata?: ReadonlyMap<string, string>;
}

/** The bytes of a message. What version 1 has no place for (message id, metadata) is left out. */
export function writeMessage({ version, type, deviceName, wallMs, content, messageId, metadata = new Map() }: Outgoing): Uint8Array {
  const body = version === 1 ? content : writeBody(content, messageId, metadata);
  const bytes = new Uint8Array(HEADER_BYTES + body.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, version);
  writeText(view, 2, 12, type);
  writeText(view, 14, 20, deviceName);
  view.setUint32(34, Math.floor(wallMs / 1000));
  view.setUint32(38, Math.floor(((wallMs % 1000) / 1000) * 2 ** 32));
  view.setBigUint64(42, BigInt(body.byteLength));
  view.setBigUint64(50, crc64(body));
  bytes.set(body, HEADER_BYTES);
  return bytes;
}

function writeBody(content: Uint8Array, messageId: number, metadata: ReadonlyMap<string, string>): Uint8Array {
  const encoder = new TextEncoder();
  const entries = [...metadata].map(([key, value]) => ({ key: encoder.encode(key), value: encoder.encode(value) }));
  const metadataHeaderBytes = 2 + entries.length * 8;
  const metadataBytes = entries.reduce((sum, { key, value }) => sum + key.byteLength + value.byteLength, 0);
  const body = new Uint8Array(EXTENDED_BYTES + content.byteLength + metadataHeaderBytes + metadataBytes);
  const view = new DataView(body.buffer);
  view.setUint16(0, EXTENDED_BYTES);
  view.setUint16(2, metadataHeaderBytes);
  view.setUint32(4, metadataBytes);
  view.setUint32(8, messageId);
  body.set(content, EXTENDED_BYTES);
  const from = EXTENDED_BYTES + content.byteLength;
  view.setUint16(from, entries.length);
  let at = from + metadataHeaderBytes;
  for (const [index, { key, value }] of entries.entries()) {
    view.setUint16(from + 2 + index * 8, key.byteLength);
    view.setUint16(from + 4 + index * 8, UTF8);
    view.setUint32(from + 6 + index * 8, value.byteLength);
    body.set(key, at);
    body.set(value, at + key.byteLength);
    at += key.byteLength + value.byteLength;
  }
  return body;
}

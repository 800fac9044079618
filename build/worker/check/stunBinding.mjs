/**
 * One STUN Binding request, as an ICE controlling agent sends it to nominate a
 * path. mediasoup's transports are ICE-lite: they only answer, and accept DTLS
 * only from an address that has shown, with such a request, that it knows the
 * transport's password.
 *
 * Formats: RFC 8489 (STUN), RFC 8445 section 16.1 (the ICE attributes).
 */
import { createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const magicCookie = 0x2112a442;
const bindingRequest = 0x0001;
const bindingSuccess = 0x0101;

const attribute = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  priority: 0x0024,
  useCandidate: 0x0025,
  fingerprint: 0x8028,
  iceControlling: 0x802a,
};

const headerLength = 20;
const integrityLength = 24;
const fingerprintLength = 8;

/**
 * @param {number} type
 * @param {Buffer} value padded here to a multiple of four bytes
 */
function encodeAttribute(type, value) {
  const padded = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  padded.writeUInt16BE(type, 0);
  padded.writeUInt16BE(value.length, 2);
  value.copy(padded, 4);
  return padded;
}

/** @param {number} value */
function uint32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

/**
 * @param {{ localUfrag: string, remoteUfrag: string, remotePassword: string }} credentials
 *   seen from the sender: "remote" is the transport being asked
 * @returns {Buffer}
 */
export function createBindingRequest({ localUfrag, remoteUfrag, remotePassword }) {
  const attributes = Buffer.concat([
    encodeAttribute(attribute.username, Buffer.from(`${remoteUfrag}:${localUfrag}`)),
    // A host candidate's priority; any value will do for a peer with one path.
    encodeAttribute(attribute.priority, uint32(0x7e0000ff)),
    encodeAttribute(attribute.iceControlling, randomBytes(8)),
    encodeAttribute(attribute.useCandidate, Buffer.alloc(0)),
  ]);
  const header = Buffer.alloc(headerLength);
  header.writeUInt16BE(bindingRequest, 0);
  header.writeUInt32BE(magicCookie, 4);
  randomBytes(12).copy(header, 8);

  // Both digests cover the header, and with it a length that already counts
  // the digest being added but nothing after it. Hence two rewrites.
  header.writeUInt16BE(attributes.length + integrityLength, 2);
  const integrity = createHmac('sha1', remotePassword).update(header).update(attributes).digest();
  const signed = Buffer.concat([attributes, encodeAttribute(attribute.messageIntegrity, integrity)]);

  header.writeUInt16BE(signed.length + fingerprintLength, 2);
  const checksum = crc32(Buffer.concat([header, signed])) ^ 0x5354554e;
  return Buffer.concat([header, signed, encodeAttribute(attribute.fingerprint, uint32(checksum))]);
}

/** @param {Buffer} datagram */
export function isBindingSuccess(datagram) {
  return datagram.length >= headerLength && datagram.readUInt16BE(0) === bindingSuccess;
}

/**
 * SRTP and SRTCP with AES-128-GCM (RFC 7714), sending and receiving side, on
 * Node's own crypto. Written so that the worker's SRTP, which runs through our
 * adapter of one library version to another, is checked by something that
 * shares no code with it.
 *
 * Deliberately small: one packet counter, rollover counter 0, no header
 * extensions, no contributing sources, no replay window.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';

const keyLength = 16;
const saltLength = 12;
const tagLength = 16;
const rtpHeaderLength = 12;
const rtcpHeaderLength = 8;

/** Bytes of DTLS keying material: two master keys, then two master salts. */
export const keyingMaterialLength = 2 * (keyLength + saltLength);

/** Label and settings name of DTLS-SRTP's exporter (RFC 5764, 4.2). */
export const keyingMaterialLabel = 'EXTRACTOR-dtls_srtp';

/**
 * Key derivation with AES in counter mode (RFC 3711, 4.3; RFC 7714, 11 pads
 * the 96-bit salt on the right to 112 bits). The label lands on byte 7 of the
 * salt; packet index and derivation rate are zero.
 *
 * @param {Buffer} masterKey
 * @param {Buffer} masterSalt
 * @param {number} label
 * @param {number} length bytes wanted, at most one AES block here
 */
function derive(masterKey, masterSalt, label, length) {
  const block = Buffer.alloc(16);
  masterSalt.copy(block);
  block.writeUInt8(block.readUInt8(7) ^ label, 7);
  return createCipheriv('aes-128-ctr', masterKey, block).update(Buffer.alloc(length));
}

/**
 * @typedef {{ rtpKey: Buffer, rtpSalt: Buffer, rtcpKey: Buffer, rtcpSalt: Buffer }} SessionKeys
 */

/**
 * @param {Buffer} material what the DTLS exporter gave
 * @returns {{ client: SessionKeys, server: SessionKeys }} by who sends with them
 */
export function deriveSessionKeys(material) {
  if (material.length !== keyingMaterialLength) {
    throw new Error(`DTLS keying material has ${material.length} bytes instead of ${keyingMaterialLength}`);
  }
  const masterSalts = 2 * keyLength;
  /** @param {number} side 0 for the client, 1 for the server */
  const keysOf = (side) => {
    const key = material.subarray(side * keyLength, (side + 1) * keyLength);
    const saltStart = masterSalts + side * saltLength;
    const salt = material.subarray(saltStart, saltStart + saltLength);
    return {
      rtpKey: derive(key, salt, 0, keyLength),
      rtpSalt: derive(key, salt, 2, saltLength),
      rtcpKey: derive(key, salt, 3, keyLength),
      rtcpSalt: derive(key, salt, 5, saltLength),
    };
  };
  return { client: keysOf(0), server: keysOf(1) };
}

/**
 * @param {Buffer} salt
 * @param {number} ssrc
 * @param {(iv: Buffer) => void} writeCounter
 */
function initializationVector(salt, ssrc, writeCounter) {
  const iv = Buffer.alloc(saltLength);
  iv.writeUInt32BE(ssrc, 2);
  writeCounter(iv);
  return Buffer.from(iv.map((byte, i) => byte ^ salt.readUInt8(i)));
}

/**
 * @param {Buffer} key
 * @param {Buffer} iv
 * @param {Buffer} clear authenticated, left readable
 * @param {Buffer} secret
 * @returns {Buffer} ciphertext and tag
 */
function seal(key, iv, clear, secret) {
  const cipher = createCipheriv('aes-128-gcm', key, iv).setAAD(clear);
  return Buffer.concat([cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
}

/**
 * @param {Buffer} key
 * @param {Buffer} iv
 * @param {Buffer} clear
 * @param {Buffer} sealed ciphertext and tag
 * @returns {Buffer}
 * @throws {Error} when the tag does not fit
 */
function unseal(key, iv, clear, sealed) {
  const tagStart = sealed.length - tagLength;
  const decipher = createDecipheriv('aes-128-gcm', key, iv, { authTagLength: tagLength })
    .setAAD(clear)
    .setAuthTag(sealed.subarray(tagStart));
  return Buffer.concat([decipher.update(sealed.subarray(0, tagStart)), decipher.final()]);
}

/** @param {SessionKeys} keys @param {Buffer} packet RTP or SRTP */
function rtpVector(keys, packet) {
  return initializationVector(keys.rtpSalt, packet.readUInt32BE(8), (iv) => packet.copy(iv, 10, 2, 4));
}

/** @param {SessionKeys} keys @param {Buffer} packet RTCP or SRTCP @param {number} index */
function rtcpVector(keys, packet, index) {
  return initializationVector(keys.rtcpSalt, packet.readUInt32BE(4), (iv) => iv.writeUInt32BE(index, 8));
}

/** Length of an RTP header with the extension that the worker may add to what it sends. */
function rtpHeaderEnd(/** @type {Buffer} */ packet) {
  const hasExtension = (packet.readUInt8(0) & 0x10) !== 0;
  return hasExtension ? rtpHeaderLength + 4 + packet.readUInt16BE(rtpHeaderLength + 2) * 4 : rtpHeaderLength;
}

/** @param {SessionKeys} keys @param {Buffer} packet @returns {Buffer} */
export function protectRtp(keys, packet) {
  const header = packet.subarray(0, rtpHeaderLength);
  return Buffer.concat([header, seal(keys.rtpKey, rtpVector(keys, packet), header, packet.subarray(rtpHeaderLength))]);
}

/** @param {SessionKeys} keys @param {Buffer} packet @returns {Buffer} the payload alone */
export function unprotectRtpPayload(keys, packet) {
  const end = rtpHeaderEnd(packet);
  return unseal(keys.rtpKey, rtpVector(keys, packet), packet.subarray(0, end), packet.subarray(end));
}

/** @param {SessionKeys} keys @param {Buffer} packet @param {number} index counts sent packets @returns {Buffer} */
export function protectRtcp(keys, packet, index) {
  const header = packet.subarray(0, rtcpHeaderLength);
  const trailer = Buffer.alloc(4);
  // The top bit says that the packet is encrypted.
  trailer.writeUInt32BE((index | 0x80000000) >>> 0);
  const sealed = seal(
    keys.rtcpKey,
    rtcpVector(keys, packet, index),
    Buffer.concat([header, trailer]),
    packet.subarray(rtcpHeaderLength),
  );
  return Buffer.concat([header, sealed, trailer]);
}

/** @param {SessionKeys} keys @param {Buffer} packet @returns {Buffer} the whole RTCP packet */
export function unprotectRtcp(keys, packet) {
  const header = packet.subarray(0, rtcpHeaderLength);
  const trailer = packet.subarray(packet.length - 4);
  const index = trailer.readUInt32BE() & 0x7fffffff;
  const body = unseal(
    keys.rtcpKey,
    rtcpVector(keys, packet, index),
    Buffer.concat([header, trailer]),
    packet.subarray(rtcpHeaderLength, packet.length - 4),
  );
  return Buffer.concat([header, body]);
}

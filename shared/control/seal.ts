/**
 * [CTL42] The seal of a lease: what the holder sends to the device carries a tag that nobody on the way can make. Layout only; the device's
 * side makes it with Node's cryptography, the holder's with the browser's, and a test holds both to the same bytes.
 *
 * 1. Either side makes a P-256 key pair for this lease. Public keys go as uncompressed points, 65 bytes, base64 in JSON.
 *    [CTL90] Who asks sends only SHA-256 of theirs (32 bytes, base64). The device's side makes and shows its key with the grant. Only then
 *    the asker shows theirs, once, to the first grant; one that is not what was promised ends the lease. So whoever sits between has to
 *    choose both of their keys before they know either end's second one, and cannot search for two that give the same digits.
 * 2. HKDF-SHA-256 of the shared X coordinate (32 bytes), salted with SHA-256(operator's public key ‖ device's public key), with
 *    `sealInfo` as its info, to 36 bytes.
 * 3. The first 32 are the key of HMAC-SHA-256. The tag is the first 16 bytes of the HMAC of the whole frame, and follows it.
 * 4. The last 4, a big-endian number modulo 10 000 as four digits, are the check code: people on both sides read it to each other, and
 *    whoever sat between them at the grant has given them two different ones, but for one time in 10 000.
 */
export const TAG_BYTES = 16;
export const PUBLIC_KEY_BYTES = 65;
export const COMMITMENT_BYTES = 32;
export const SEAL_KEY_BYTES = 32;
export const CHECK_BYTES = 4;

/** What a key is good for: one device, one lease. */
export const sealInfo = (deviceId: string, epoch: number): string => `huizhen control 1 ${deviceId} ${epoch}`;

/** The four digits of the last four bytes. */
export const toCheckCode = (number: number): string => String(number % 10_000).padStart(4, '0');

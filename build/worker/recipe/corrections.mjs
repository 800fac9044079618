/**
 * The corrections made to our copy of mediasoup's worker sources before it is
 * compiled, each with its reason. They are exact replacements rather than a
 * patch file: no `patch` program is needed, and a mediasoup release that
 * rewrites one of these lines stops the build with the reason in hand, instead
 * of compiling without the correction.
 */

/**
 * @typedef {object} Correction
 * @property {string} file path below the worker's source folder
 * @property {string} find text that must occur exactly once
 * @property {string} replace what takes its place
 * @property {string} why printed when the text is not found
 */

/** @type {readonly Correction[]} */
export const corrections = [
  {
    /*
     * OpenSSL calls a BIO's callback before and after each operation; after,
     * it sets the BIO_CB_RETURN bit beside the operation's own code and takes
     * what the callback returns as the operation's result. The worker compares
     * the whole code with that bit, so the comparison is never true and every
     * result turns into 1.
     *
     * With OpenSSL as mediasoup compiles it that goes unnoticed. Debian's has
     * kernel TLS: during the handshake it asks the BIO "does the kernel encrypt
     * here?", hears 1, believes so, leaves its own write buffer unallocated,
     * and writes the next record through a null pointer. The worker starts,
     * answers every request, and dies with the first peer that connects, which
     * is why checkWorker.mjs completes a handshake.
     */
    file: 'src/RTC/DtlsTransport.cpp',
    find: '(operationType == BIO_CB_RETURN)',
    replace: '((operationType & BIO_CB_RETURN) != 0)',
    why: 'the DTLS output callback must report real results, or a kernel-TLS OpenSSL crashes the worker at its first handshake',
  },
  {
    /* Debian 12 has meson 1.0.1, which reads everything these files use. */
    file: 'meson.build',
    find: "meson_version: '>= 1.1.0'",
    replace: "meson_version: '>= 1.0.0'",
    why: "Debian 12's meson is 1.0.1 and builds the worker",
  },
];

/**
 * How the worker is compiled: meson's arguments and the Debian packages that
 * hold the tools and libraries. Data only. A change of the arguments or the
 * target changes the recipe's hash (../workerPath.mjs) and with it the cache
 * entry; a change of the packages does not.
 */

/**
 * - `release` and `b_ndebug`: what mediasoup's own release build sets. The
 *   assertions it drops guard invariants on the path of every packet.
 * - `nodownload`: a library missing from the system is then an error that
 *   names it, not a wait for hosts that closed networks cannot reach.
 *
 * @type {readonly string[]}
 */
export const mesonArguments = ['--buildtype', 'release', '-Db_ndebug=true', '--wrap-mode=nodownload'];

/** The one ninja target needed; the default would also build a shared library. */
export const ninjaTarget = 'mediasoup-worker';

/**
 * What the build and its check need. `openssl` is the command-line tool, the
 * DTLS client of checkWorker.mjs; `binutils` (strip) comes with g++.
 *
 * @type {readonly string[]}
 */
export const debianPackages = [
  'meson',
  'ninja-build',
  'pkg-config',
  'g++',
  'libuv1-dev',
  'libssl-dev',
  'libsrtp2-dev',
  'libflatbuffers-dev',
  'flatbuffers-compiler',
  'libabsl-dev',
  'openssl',
];

/** The commands those packages provide, looked up where there is no dpkg. */
export const commands = ['meson', 'ninja', 'pkg-config', 'c++', 'flatc', 'openssl', 'strip'];

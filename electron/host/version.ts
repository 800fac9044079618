/** Put in place by the bundler (build/bundle/electron.mjs); missing when run from the sources. */
declare const HUIZHEN_VERSION: string | undefined;

export const VERSION: string = typeof HUIZHEN_VERSION === 'string' ? HUIZHEN_VERSION : 'development';

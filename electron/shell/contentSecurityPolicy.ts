/** Directive → what is allowed, and why where it is more than `'self'`. */
const DIRECTIVES: Readonly<Record<string, string>> = {
  'default-src': "'none'",
  // WebAssembly: tracking and image decoders. No inline script, no eval.
  'script-src': "'self' 'wasm-unsafe-eval'",
  'worker-src': "'self' blob:",
  // Ant Design writes its styles into the page.
  'style-src': "'self' 'unsafe-inline'",
  'img-src': "'self' data: blob:",
  'media-src': "'self' blob: mediastream:",
  'font-src': "'self' data:",
  // Any server by TLS: the person types its address at sign-in. Plain only on this machine (demo, development).
  'connect-src': "'self' https: wss: http://127.0.0.1:* ws://127.0.0.1:* http://localhost:* ws://localhost:*",
  'frame-src': "'none'",
  'object-src': "'none'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'frame-ancestors': "'none'",
};

/** Sent with every answer of app://huizhen. */
export const CONTENT_SECURITY_POLICY = Object.entries(DIRECTIVES)
  .map(([name, value]) => `${name} ${value}`)
  .join('; ');

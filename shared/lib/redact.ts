const SECRET_KEYS = /(password|secret|token|key|nonce|signature|code|sdp|iceparameters|dtlsparameters|rtpparameters|authorization|cookie)/i;
const PERSONAL_KEYS = /(^name|namezh|nameen|patient|title|question|text|address|phone)/i;

/**
 * A copy of `value` fit for a log: secrets and anything that could name a patient or hold their words is replaced by its kind
 * and length. Depth and breadth are bounded, so a hostile object costs little.
 */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return value.length > 200 ? `${value.slice(0, 200)}…(${value.length})` : value;
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? value.toString() : value;
  if (depth >= 4) return '[deep]';
  if (Array.isArray(value)) return value.length > 20 ? `[${value.length} items]` : value.map((item) => redact(item, depth + 1));
  const out: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value).slice(0, 40)) {
    if (SECRET_KEYS.test(key) || PERSONAL_KEYS.test(key)) out[key] = typeof item === 'string' ? `[redacted ${item.length}]` : '[redacted]';
    else out[key] = redact(item, depth + 1);
  }
  return out;
}

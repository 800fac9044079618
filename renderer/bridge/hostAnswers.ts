import { HOST_EVENTS, HOST_REQUESTS, type HostEventMap, type HostEventName, type HostMessage, type HostRequestName, type HostResult, hostMessageSchema } from '#shared/host/contract';
import type { Undo } from '#shared/lib/disposable';
import { Emitter } from '#shared/lib/emitter';
import { AppError, errorCodeSchema } from '#shared/protocol/errors';

/** @throws AppError `internal.bug` when the host's result does not fit the contract. */
export function parseResult<N extends HostRequestName>(name: N, raw: unknown): HostResult<N> {
  const parsed = HOST_REQUESTS[name].result.safeParse(raw);
  if (!parsed.success) throw new AppError('internal.bug', `the host's answer to ${name} does not fit the contract`);
  return parsed.data as HostResult<N>; // parsed by the schema of that very name
}

export function toHostError(message: Extract<HostMessage, { type: 'error' }>): AppError {
  const code = errorCodeSchema.safeParse(message.code);
  return code.success ? new AppError(code.data, message.message) : new AppError('internal.bug', `the host answered with an unknown code: ${message.message}`);
}

/** A whole answer, as it came: its result, or its error thrown. */
export function unwrapAnswer<N extends HostRequestName>(name: N, raw: unknown): HostResult<N> {
  const message = hostMessageSchema.safeParse(raw);
  if (message.success && message.data.type === 'error') throw toHostError(message.data);
  if (!message.success || message.data.type !== 'result') throw new AppError('internal.bug', `the host's answer to ${name} is no answer`);
  return parseResult(name, message.data.result);
}

/** The host's events on their way to the page: parsed, unknown ones dropped, an early deep link kept. */
export class HostEvents {
  readonly #emitter = new Emitter<HostEventMap>();
  readonly #heard = new Set<HostEventName>();
  #earlyLink: HostEventMap['deepLink.opened'] | null = null;

  receive(raw: unknown): void {
    const message = hostMessageSchema.safeParse(raw);
    if (!message.success || message.data.type !== 'event') return;
    const { name, payload } = message.data;
    if (name === 'deepLink.opened') {
      const link = HOST_EVENTS[name].safeParse(payload);
      if (!link.success) return;
      if (this.#heard.has(name)) this.#emitter.emit(name, link.data);
      else this.#earlyLink = link.data;
    } else if (name === 'power.suspending' || name === 'power.resumed' || name === 'power.locked' || name === 'control.handover') {
      this.#emitter.emit(name, {});
    } else if (name === 'control.status') {
      const status = HOST_EVENTS[name].safeParse(payload);
      if (status.success) this.#emitter.emit(name, status.data);
    }
  }

  on<N extends HostEventName>(name: N, listener: (payload: HostEventMap[N]) => void): Undo {
    const undo = this.#emitter.on(name, listener);
    this.#heard.add(name);
    if (name === 'deepLink.opened' && this.#earlyLink) {
      const link = this.#earlyLink;
      this.#earlyLink = null;
      this.#emitter.emit('deepLink.opened', link);
    }
    return undo;
  }

  close(): void {
    this.#emitter.clear();
  }
}

import { Emitter } from '#shared/lib/emitter';
import { AppError } from '#shared/protocol/errors';
import type { EventMap } from '#shared/protocol/events';
import { REQUESTS, type RequestName, type RequestParams, type RequestResult } from '#shared/protocol/requests';
import type { SignalingStatus } from '../../renderer/services/signaling/signalingClient.ts';
import type { SignalingPort } from '../../renderer/state/ports.ts';

type Answer<N extends RequestName> = (params: RequestParams<N>) => RequestResult<N> | Promise<RequestResult<N>>;

/** A socket without a network: answers come from handlers a test sets, events and status when it says so. */
export class FakeSignaling implements SignalingPort {
  status: SignalingStatus = { step: 'closed' };
  readonly asked: { readonly name: RequestName; readonly params: unknown }[] = [];
  readonly opened: { readonly serverUrl: string; readonly token: string }[] = [];
  retries = 0;
  readonly #answers = new Map<RequestName, (params: never) => unknown>();
  readonly #events = new Emitter<EventMap>();
  readonly #own = new Emitter<{ status: SignalingStatus }>();

  answer<N extends RequestName>(name: N, answer: Answer<N>): void {
    this.#answers.set(name, answer);
  }

  /** What `name` was asked with, in order. */
  paramsOf<N extends RequestName>(name: N): RequestParams<N>[] {
    return this.asked.filter((one) => one.name === name).map((one) => REQUESTS[name].params.parse(one.params) as RequestParams<N>); // parsed by the same name's schema
  }

  setStatus(status: SignalingStatus): void {
    this.status = status;
    this.#own.emit('status', status);
  }

  say<K extends keyof EventMap>(name: K, payload: EventMap[K]): void {
    this.#events.emit(name, payload);
  }

  get listenerCount(): number {
    return this.#events.listenerCount + this.#own.listenerCount;
  }

  open(serverUrl: string, token: string): void {
    this.opened.push({ serverUrl, token });
    this.setStatus({ step: 'connecting', attempt: 0, sinceMs: 0 });
  }

  close(): void {
    if (this.status.step !== 'closed') this.setStatus({ step: 'closed' });
  }

  retryNow(): void {
    this.retries += 1;
  }

  watchClosely(): void {}

  doubt(): void {}

  readonly onStatus: SignalingPort['onStatus'] = (listener) => this.#own.on('status', listener);
  readonly on: SignalingPort['on'] = (name, listener) => this.#events.on(name, listener);

  async request<N extends RequestName>(name: N, params: RequestParams<N>): Promise<RequestResult<N>> {
    this.asked.push({ name, params });
    const answer = this.#answers.get(name) as Answer<N> | undefined; // `answer` stores by the same name
    if (!answer) throw new AppError('server.timeout', `no answer is set for ${name}`);
    return answer(params);
  }
}

/** Lets everything that waits on settled promises run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

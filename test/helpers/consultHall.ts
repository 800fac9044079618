import { expect, vi } from 'vitest';
import type { ConsultId, PersonId } from '#shared/domain/ids';
import { cartIdSchema, organisationIdSchema, personIdSchema } from '#shared/domain/ids';
import type { RequestParams } from '#shared/protocol/requests';
import { FakeRtpPeer } from './fakeRtpPeer.ts';
import { type ConnectOptions, SignalingPeer } from './signalingPeer.ts';
import { DEMO_CART_ID, type TestServer } from './testServer.ts';

export const demoPersonId = (signInName: string): PersonId => personIdSchema.parse(`demo-${signInName}`);

const TAKES_PART = ['requester', 'expert', 'expert2', 'nurse', 'scheduler', 'approver', 'observer'];

/** Minutes of a consult of a test; so many fit into the day before, from which a consult may still be begun, that no file runs out of them. */
const SLOT_MINUTES = 5;
/** By server: when its next consult of these starts, Unix epoch ms. Nobody is booked twice [SCH1], and everybody is in each. */
const nextSlots = new WeakMap<TestServer, number>();

/** People and consults on a test server: signs each account in once and closes every connection at the end. */
export class ConsultHall {
  readonly server: TestServer;
  readonly #tokens = new Map<string, Promise<string>>();
  readonly #peers = new Set<SignalingPeer>();

  constructor(server: TestServer) {
    this.server = server;
  }

  /** A demo account's token (`cart`: the ward cart's). */
  token(name: string): Promise<string> {
    let token = this.#tokens.get(name);
    if (!token) {
      token = name === 'cart' ? this.server.signInCart() : this.server.signIn(name);
      this.#tokens.set(name, token);
    }
    return token;
  }

  async connect(name: string, options: ConnectOptions = {}): Promise<SignalingPeer> {
    const peer = await SignalingPeer.connect(this.server.url, await this.token(name), options);
    this.#peers.add(peer);
    peer.socket.once('disconnect', () => this.#peers.delete(peer));
    return peer;
  }

  /** Connected, inside the consult, with media ready to be negotiated. */
  async enter(name: string, consultId: ConsultId, options: ConnectOptions = {}): Promise<FakeRtpPeer> {
    const peer = await this.connect(name, options);
    return new FakeRtpPeer(peer, (await peer.enter(consultId)).media);
  }

  /** A consult that is open now, with everybody of the demo who may take part. */
  async createConsult(host = 'requester', change: Partial<RequestParams<'consult.create'>> = {}): Promise<ConsultId> {
    const scheduler = await this.connect('scheduler');
    const slotMs = nextSlots.get(this.server) ?? Math.round(this.server.clock.wallMs()) - SLOT_MINUTES * 60_000;
    nextSlots.set(this.server, slotMs - SLOT_MINUTES * 60_000);
    const { consultId } = await scheduler.request('consult.create', {
      kind: 'consultation', startsAtMs: slotMs, durationMinutes: SLOT_MINUTES, patientName: '测试', patientAge: 50, patientSex: 'unknown', question: 'a question of a test',
      organisationId: organisationIdSchema.parse('demo-county'), hostPersonId: demoPersonId(host), personIds: TAKES_PART.filter((name) => name !== 'scheduler').map(demoPersonId), cartIds: [cartIdSchema.parse(DEMO_CART_ID)], hasWaitingRoom: false, ...change,
    });
    await scheduler.close();
    return consultId;
  }

  /** Closes every connection, and resolves when the server has noticed. */
  async close(): Promise<void> {
    await Promise.all([...this.#peers].map((peer) => peer.close()));
    await this.settle(0);
  }

  /** Resolves when the server has noticed that only so many connections are left. */
  async settle(connections: number): Promise<void> {
    await vi.waitFor(() => expect(this.server.server.counts().connections).toBe(connections), { interval: 5, timeout: 10_000 });
  }
}

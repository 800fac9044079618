import fc from 'fast-check';
import { hasPermission, type Role } from '#shared/domain/roles';
import { required } from '#shared/lib/assert';
import type { ErrorCode } from '#shared/protocol/errors';
import { REQUEST_NAMES, REQUESTS, type RequestName } from '#shared/protocol/requests';
import { mutationsOf, shapeOf, valuesOf } from './schemaValues.ts';

/** Something a hostile client sends, and how it has to be refused; `input.rateLimited` is always allowed besides. */
export interface HostileMessage {
  readonly event: string;
  readonly message: unknown;
  readonly codes: readonly ErrorCode[];
}

/** Stands for an id that no other message has; put in by `hostileMessages`, because an id used twice would be answered from memory. */
const FRESH = 'fresh-id';
const id = fc.constant(FRESH);
const SHAPES = new Map(REQUEST_NAMES.map((name) => [name, shapeOf(REQUESTS[name].params)]));
/** Parameters that fit, by request; made once, because making an arbitrary costs more than drawing from it. */
const PARAMS = new Map([...SHAPES].map(([name, shape]) => [name, valuesOf(shape)]));
const paramsOf = (name: RequestName) => required(PARAMS.get(name), 'every request of the table');
const request = (name: unknown, params: unknown) => id.map((requestId) => ({ id: requestId, name, params }));
const named = (names: readonly RequestName[]) => fc.constantFrom(...names);

/** No envelope: any JSON, an id or name of another kind, bytes. */
const noEnvelope: fc.Arbitrary<HostileMessage> = fc
  .oneof(
    fc.jsonValue({ maxDepth: 3 }).filter((value) => typeof value !== 'object' || value === null || Array.isArray(value) || !('id' in value && 'name' in value)),
    fc.record({ id: fc.oneof(fc.constantFrom(null, 7, '', ' ', '../x', 'a'.repeat(41), {}), fc.string().filter((text) => !/^[A-Za-z0-9_-]{1,40}$/.test(text))), name: named(REQUEST_NAMES), params: fc.constant({}) }),
    fc.record({ id, name: fc.constantFrom(null, 7, {}, [], 'n'.repeat(61)), params: fc.constant({}) }),
    fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
  )
  .map((message) => ({ event: 'request', message, codes: ['input.malformed'] }));

const unknownName: fc.Arbitrary<HostileMessage> = fc
  .oneof(fc.constantFrom('constructor', '__proto__', 'toString', 'hasOwnProperty', 'admin', 'consult.join ', 'CONSULT.JOIN', ''), fc.string({ maxLength: 40 }))
  .filter((name) => !Object.hasOwn(REQUESTS, name))
  .chain((name) => request(name, {}))
  .map((message) => ({ event: 'request', message, codes: ['input.unknownRequest'] }));

const unknownEvent: fc.Arbitrary<HostileMessage> = fc
  .constantFrom('event', 'join', 'message', 'Request', '__proto__', 'constructor', 'broadcast', 'x'.repeat(200))
  .map((event) => ({ event, message: { id: 'a', name: 'session.whoAmI', params: {} }, codes: ['input.malformed'] }));

/** A request with parameters that are spoiled in one place. */
const spoiledParams: fc.Arbitrary<HostileMessage> = named(REQUEST_NAMES).chain((name) => {
  const shape = required(SHAPES.get(name), 'every request of the table');
  return fc
    .tuple(paramsOf(name), fc.nat())
    .chain(([value, pick]) => {
      const mutations = mutationsOf(shape, value);
      return request(name, mutations[pick % mutations.length]?.value);
    })
    .map((message): HostileMessage => ({ event: 'request', message, codes: ['input.malformed'] }));
});

/** A text of hundreds of kilobytes, or a list of thousands, in a place made for little. */
const oversized: fc.Arbitrary<HostileMessage> = fc
  .tuple(fc.constantFrom<readonly [RequestName, (big: number) => unknown]>(
    ['chat.send', (big) => ({ messageId: 'message-1', text: 'x'.repeat(big) })],
    ['session.changePassword', (big) => ({ current: 'x'.repeat(big), next: 'y' })],
    ['consult.join', (big) => ({ consultId: 'x'.repeat(big), clientInstanceId: 'a', resume: null })],
    ['network.bulk', (big) => ({ upload: 'x'.repeat(262_145 + big), downloadBytes: 0 })],
    ['network.bulk', (big) => ({ upload: '', downloadBytes: 262_145 + big })],
    ['media.setConsumers', (big) => ({ changes: Array.from({ length: Math.ceil(big / 40) }, () => ({ consumerId: 'x' })) })],
  ), fc.integer({ min: 10_000, max: 300_000 }))
  .chain(([[name, params], big]) => request(name, params(big)))
  .map((message) => ({ event: 'request', message, codes: ['input.malformed'] }));

/** What the role may not ask, well formed. */
const forbidden = (names: readonly RequestName[]): fc.Arbitrary<HostileMessage> =>
  named(names)
    .chain((name) => paramsOf(name).chain((params) => request(name, params)))
    .map((message) => ({ event: 'request', message, codes: ['auth.forbidden'] }));

/** What the role may ask, but not from outside a room. */
const outOfPlace = (names: readonly RequestName[]): fc.Arbitrary<HostileMessage> =>
  named(names)
    .chain((name) => paramsOf(name).chain((params) => request(name, params)))
    .map((message) => ({ event: 'request', message, codes: ['room.notJoined'] }));

/** Right in form and place, but about things that are not there, or before what has to come first. */
const OUT_OF_ORDER: readonly (readonly [RequestName, unknown, ErrorCode])[] = [
  ['consult.join', { consultId: 'nowhere', clientInstanceId: 'a', resume: null }, 'consult.notFound'],
  ['consult.join', { consultId: 'nowhere', clientInstanceId: 'a', resume: { peerId: 'a', mediaEpoch: 1, serverEpoch: 'x' } }, 'consult.notFound'],
  ['network.connectEcho', { transportId: 'x', dtlsParameters: { fingerprints: [{ algorithm: 'sha-256', value: 'x' }] } }, 'media.transportNotFound'],
  ['network.echoData', { sctpStreamParameters: { streamId: 0 } }, 'media.transportNotFound'],
  ['session.revoke', { sessionId: 'not-mine' }, 'record.notFound'],
];
const outOfOrder = (names: readonly RequestName[]): fc.Arbitrary<HostileMessage> =>
  fc
    .constantFrom(...OUT_OF_ORDER.filter(([name]) => names.includes(name)))
    .chain(([name, params, code]) => request(name, params).map((message) => ({ event: 'request', message, codes: [code] })));

/** `count` messages, the same for the same seed. */
export function hostileMessages(role: Role, count: number, seed: number): HostileMessage[] {
  const permitted = REQUEST_NAMES.filter((name) => hasPermission(role, REQUESTS[name].permission));
  const notPermitted = REQUEST_NAMES.filter((name) => !permitted.includes(name));
  const inRooms = permitted.filter((name) => REQUESTS[name].scope !== 'identity');
  const kinds = [
    { arbitrary: noEnvelope, weight: 3 }, { arbitrary: unknownName, weight: 2 }, { arbitrary: unknownEvent, weight: 1 }, { arbitrary: spoiledParams, weight: 6 }, { arbitrary: oversized, weight: 1 },
    { arbitrary: outOfOrder(permitted), weight: 2 },
    ...(notPermitted.length > 0 ? [{ arbitrary: forbidden(notPermitted), weight: 4 }] : []),
    ...(inRooms.length > 0 ? [{ arbitrary: outOfPlace(inRooms), weight: 4 }] : []),
  ];
  return fc.sample(fc.oneof(...kinds), { numRuns: count, seed }).map((hostile, index) => {
    const { message } = hostile;
    const hasId = typeof message === 'object' && message !== null && 'id' in message && message.id === FRESH;
    return hasId ? { ...hostile, message: { ...message, id: `h${seed}-${index}` } } : hostile;
  });
}

/** Frames that are no socket.io: each has to end its connection. */
export function junkFrames(count: number, seed: number): (string | Buffer)[] {
  const frame = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom('4', '49', '4x', '42', '42[', '42{}', '42["request"', '4299999999999999999999[]', '451-["request",{"_placeholder":true,"num":9}]', '451000000-["request",{"_placeholder":true,"num":0}]', '45-[]', '44{"message":"x"}', '42["disconnect"]', '42["connect"]', '42[null]', '42["request",', '6', '7', '0{}', '43', '43[]', 'Ω', '\u0000'),
    fc.integer({ min: 600_001, max: 900_000 }).map((size) => `42["request","${'x'.repeat(size)}"]`),
  );
  return fc.sample(frame, { numRuns: count, seed });
}

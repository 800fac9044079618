import { z } from 'zod';
import { consultKindSchema, consultSummarySchema } from '../domain/consult.ts';
import {
  cartIdSchema, caseIdSchema, clientInstanceIdSchema, consultIdSchema, mediaIdSchema, organisationIdSchema, peerIdSchema, personIdSchema, sessionIdSchema, sourceIdSchema,
} from '../domain/ids.ts';
import { keptText } from '../domain/keptText.ts';
import { bilingualSchema, organisationSchema, partySchema, signInNameSchema, tierSchema } from '../domain/people.ts';
import { type Permission, roleSchema } from '../domain/roles.ts';
import { auditEntrySchema, cartRecordSchema, personRecordSchema, sessionInfoSchema } from './admin.ts';
import { ANNOTATION_REQUESTS } from './annotation.ts';
import { CASE_REQUESTS } from './cases.ts';
import { CONSULTATION_REQUESTS } from './consultation.ts';
import { CONTROL_REQUESTS } from './control.ts';
import { wireErrorSchema } from './errors.ts';
import { OPINION_REQUESTS } from './opinions.ts';
import { PACS_REQUESTS } from './imaging.ts';
import { REPORT_REQUESTS } from './imagingReports.ts';
import { INDICATOR_REQUESTS } from './indicators.ts';
import { IN_SESSION_REQUESTS } from './inSession.ts';
import {
  consumerOfferSchema, dtlsParametersSchema, iceParametersSchema, layersSchema, mediaOfferSchema, produceParamsSchema, rtpCapabilitiesSchema, senderLimitSchema, sourceStateSchema, transportOptionsSchema,
} from './media.ts';
import { NOTICE_REQUESTS } from './notices.ts';
import { chatMessageSchema, roomStateSchema } from './room.ts';
import { SCHEDULE_REQUESTS } from './scheduling.ts';
import { SHARED_IMAGING_REQUESTS } from './sharedImaging.ts';
import { SYSTEM_REQUESTS } from './systems.ts';

/**
 * `identity`: any signed-in party. `peer`: must have joined a room. `host`: must lead that room at this moment.
 * Asked after the permission, by the dispatcher, before any handler runs.
 */
export type RequestScope = 'identity' | 'peer' | 'host';

export interface RequestDefinition {
  readonly params: z.ZodType;
  readonly result: z.ZodType;
  readonly permission: Permission;
  readonly scope: RequestScope;
  /** How many a connection may send in a burst; refilled in ten seconds. */
  readonly burst: number;
}

const nothing = z.object({});
const define = <S extends RequestScope, P extends z.ZodType, R extends z.ZodType>(permission: Permission, scope: S, burst: number, params: P, result: R) => ({ params, result, permission, scope, burst }) as const;

const organisationRef = z.object({ organisationId: organisationIdSchema });

/** Every request a client can make over the socket: name → parameters, result, permission, scope, burst. The only list there is. */
export const REQUESTS = {
  // Session
  'session.whoAmI': define('session.own', 'identity', 20, nothing, z.object({ self: partySchema, permissions: z.array(z.string()), serverTimeMs: z.number(), serverVersion: z.string() })),
  'session.list': define('session.own', 'identity', 20, nothing, z.object({ sessions: z.array(sessionInfoSchema) })),
  'session.revoke': define('session.own', 'identity', 20, z.object({ sessionId: sessionIdSchema }), nothing),
  'session.signOut': define('session.own', 'identity', 5, nothing, nothing),
  'session.changePassword': define('session.own', 'identity', 5, z.object({ current: z.string().max(200), next: z.string().max(200) }), nothing),

  // Worklist and consults
  'worklist.list': define('worklist.read', 'identity', 60, z.object({ fromMs: z.number().int(), toMs: z.number().int() }), z.object({ consults: z.array(consultSummarySchema) })),
  'consult.create': define('consult.create', 'identity', 20, z.object({
    kind: consultKindSchema, startsAtMs: z.number().int(), durationMinutes: z.number().int().min(5).max(1440),
    patientName: keptText(60), patientAge: z.number().int().min(0).max(130).nullable(), patientSex: z.enum(['female', 'male', 'other', 'unknown']),
    question: keptText(500), organisationId: organisationIdSchema, hostPersonId: personIdSchema,
    personIds: z.array(personIdSchema).max(50), cartIds: z.array(cartIdSchema).max(10), hasWaitingRoom: z.boolean(),
    /** A case that is there already; left out: the consult begins one of its own. */
    caseId: caseIdSchema.optional(),
  }), z.object({ consultId: consultIdSchema })),
  'media.capabilities': define('worklist.read', 'identity', 20, nothing, z.object({ routerRtpCapabilities: rtpCapabilitiesSchema })),
  'consult.join': define('consult.join', 'identity', 20, z.object({
    consultId: consultIdSchema, clientInstanceId: clientInstanceIdSchema,
    /** True when the client still has its transports of `mediaEpoch` and would go on with them. */
    resume: z.object({ peerId: peerIdSchema, mediaEpoch: z.number().int().nonnegative(), serverEpoch: z.string().max(40) }).nullable(),
  }), z.discriminatedUnion('status', [
    z.object({ status: z.literal('waiting'), peerId: peerIdSchema }),
    z.object({ status: z.literal('admitted'), peerId: peerIdSchema, isResumed: z.boolean(), state: roomStateSchema, media: mediaOfferSchema.nullable() }),
  ])),

  // Room
  'room.leave': define('consult.join', 'identity', 10, nothing, nothing),
  'room.raiseHand': define('chat.write', 'peer', 20, z.object({ isRaised: z.boolean() }), nothing),
  'room.sync': define('consult.join', 'peer', 20, nothing, z.object({ state: roomStateSchema })),
  'chat.send': define('chat.write', 'peer', 30, z.object({ messageId: z.string().regex(/^[a-z0-9-]{8,64}$/), text: keptText(4000) }), z.object({ message: chatMessageSchema })),
  'chat.history': define('consult.join', 'peer', 10, nothing, z.object({ messages: z.array(chatMessageSchema) })),

  // Case files
  'case.list': { ...CASE_REQUESTS['case.list'], permission: 'case.read', scope: 'identity', burst: 30 },
  'case.changes': { ...CASE_REQUESTS['case.changes'], permission: 'case.read', scope: 'identity', burst: 200 },
  'case.submit': { ...CASE_REQUESTS['case.submit'], permission: 'case.write', scope: 'identity', burst: 100 },
  'case.reportWiped': { ...CASE_REQUESTS['case.reportWiped'], permission: 'case.read', scope: 'identity', burst: 10 },
  'admin.caseDevices': { ...CASE_REQUESTS['admin.caseDevices'], permission: 'carts.administer', scope: 'identity', burst: 20 },
  'admin.wipeDevice': { ...CASE_REQUESTS['admin.wipeDevice'], permission: 'carts.administer', scope: 'identity', burst: 20 },

  // The hospital's image archive
  'pacs.search': { ...PACS_REQUESTS['pacs.search'], permission: 'pacs.use', scope: 'identity', burst: 20 },
  'pacs.arrivals': { ...PACS_REQUESTS['pacs.arrivals'], permission: 'pacs.use', scope: 'identity', burst: 20 },
  'pacs.link': { ...PACS_REQUESTS['pacs.link'], permission: 'pacs.use', scope: 'identity', burst: 20 },
  'pacs.links': { ...PACS_REQUESTS['pacs.links'], permission: 'pacs.use', scope: 'identity', burst: 60 },
  'pacs.sendBack': { ...PACS_REQUESTS['pacs.sendBack'], permission: 'pacs.use', scope: 'identity', burst: 10 },

  // Scheduling
  'schedule.findTimes': { ...SCHEDULE_REQUESTS['schedule.findTimes'], permission: 'schedule.arrange', scope: 'identity', burst: 30 },
  'schedule.book': { ...SCHEDULE_REQUESTS['schedule.book'], permission: 'schedule.arrange', scope: 'identity', burst: 30 },
  'schedule.move': { ...SCHEDULE_REQUESTS['schedule.move'], permission: 'schedule.arrange', scope: 'identity', burst: 30 },
  'schedule.cancel': { ...SCHEDULE_REQUESTS['schedule.cancel'], permission: 'schedule.arrange', scope: 'identity', burst: 30 },
  'schedule.substitutes': { ...SCHEDULE_REQUESTS['schedule.substitutes'], permission: 'schedule.arrange', scope: 'identity', burst: 30 },
  'schedule.substitute': { ...SCHEDULE_REQUESTS['schedule.substitute'], permission: 'schedule.arrange', scope: 'identity', burst: 30 },
  'schedule.answer': { ...SCHEDULE_REQUESTS['schedule.answer'], permission: 'schedule.own', scope: 'identity', burst: 30 },
  'schedule.appointment': { ...SCHEDULE_REQUESTS['schedule.appointment'], permission: 'schedule.own', scope: 'identity', burst: 60 },
  'schedule.calendar': { ...SCHEDULE_REQUESTS['schedule.calendar'], permission: 'schedule.own', scope: 'identity', burst: 60 },
  'schedule.profile': { ...SCHEDULE_REQUESTS['schedule.profile'], permission: 'schedule.own', scope: 'identity', burst: 60 },
  'schedule.setWeek': { ...SCHEDULE_REQUESTS['schedule.setWeek'], permission: 'schedule.own', scope: 'identity', burst: 30 },
  'schedule.addAbsence': { ...SCHEDULE_REQUESTS['schedule.addAbsence'], permission: 'schedule.own', scope: 'identity', burst: 30 },
  'schedule.removeAbsence': { ...SCHEDULE_REQUESTS['schedule.removeAbsence'], permission: 'schedule.own', scope: 'identity', burst: 30 },
  'schedule.setExpertise': { ...SCHEDULE_REQUESTS['schedule.setExpertise'], permission: 'schedule.arrange', scope: 'identity', burst: 30 },
  'schedule.experts': { ...SCHEDULE_REQUESTS['schedule.experts'], permission: 'schedule.arrange', scope: 'identity', burst: 30 },
  'schedule.duties': { ...SCHEDULE_REQUESTS['schedule.duties'], permission: 'schedule.own', scope: 'identity', burst: 30 },
  'schedule.addDuty': { ...SCHEDULE_REQUESTS['schedule.addDuty'], permission: 'schedule.arrange', scope: 'identity', burst: 30 },
  'schedule.removeDuty': { ...SCHEDULE_REQUESTS['schedule.removeDuty'], permission: 'schedule.arrange', scope: 'identity', burst: 30 },
  'schedule.venues': { ...SCHEDULE_REQUESTS['schedule.venues'], permission: 'schedule.own', scope: 'identity', burst: 30 },
  'schedule.saveVenue': { ...SCHEDULE_REQUESTS['schedule.saveVenue'], permission: 'schedule.arrange', scope: 'identity', burst: 30 },
  'schedule.workload': { ...SCHEDULE_REQUESTS['schedule.workload'], permission: 'schedule.arrange', scope: 'identity', burst: 30 },
  'schedule.feed': { ...SCHEDULE_REQUESTS['schedule.feed'], permission: 'schedule.own', scope: 'identity', burst: 30 },
  'schedule.createFeed': { ...SCHEDULE_REQUESTS['schedule.createFeed'], permission: 'schedule.own', scope: 'identity', burst: 5 },
  'schedule.revokeFeed': { ...SCHEDULE_REQUESTS['schedule.revokeFeed'], permission: 'schedule.own', scope: 'identity', burst: 5 },
  // Consultation requests
  'request.create': { ...CONSULTATION_REQUESTS['request.create'], permission: 'request.create', scope: 'identity', burst: 20 },
  'request.list': { ...CONSULTATION_REQUESTS['request.list'], permission: 'request.read', scope: 'identity', burst: 60 },
  'request.get': { ...CONSULTATION_REQUESTS['request.get'], permission: 'request.read', scope: 'identity', burst: 100 },
  'request.step': { ...CONSULTATION_REQUESTS['request.step'], permission: 'request.step', scope: 'identity', burst: 60 },
  'request.centres': { ...CONSULTATION_REQUESTS['request.centres'], permission: 'request.read', scope: 'identity', burst: 20 },

  'notice.list': { ...NOTICE_REQUESTS['notice.list'], permission: 'request.read', scope: 'identity', burst: 60 },
  'notice.read': { ...NOTICE_REQUESTS['notice.read'], permission: 'request.read', scope: 'identity', burst: 60 },
  'notice.deliveries': { ...NOTICE_REQUESTS['notice.deliveries'], permission: 'request.read', scope: 'identity', burst: 60 },
  'account.contact': { ...NOTICE_REQUESTS['account.contact'], permission: 'contact.own', scope: 'identity', burst: 20 },
  'account.setContact': { ...NOTICE_REQUESTS['account.setContact'], permission: 'contact.own', scope: 'identity', burst: 10 },
  'admin.setContact': { ...NOTICE_REQUESTS['admin.setContact'], permission: 'people.administer', scope: 'identity', burst: 30 },
  // Consultation opinions
  'opinion.list': { ...OPINION_REQUESTS['opinion.list'], permission: 'case.read', scope: 'identity', burst: 60 },
  'opinion.begin': { ...OPINION_REQUESTS['opinion.begin'], permission: 'opinion.write', scope: 'identity', burst: 20 },
  'opinion.beginAddendum': { ...OPINION_REQUESTS['opinion.beginAddendum'], permission: 'opinion.write', scope: 'identity', burst: 10 },
  'opinion.get': { ...OPINION_REQUESTS['opinion.get'], permission: 'case.read', scope: 'identity', burst: 100 },
  'opinion.version': { ...OPINION_REQUESTS['opinion.version'], permission: 'case.read', scope: 'identity', burst: 100 },
  'opinion.save': { ...OPINION_REQUESTS['opinion.save'], permission: 'opinion.write', scope: 'identity', burst: 60 },
  'opinion.submit': { ...OPINION_REQUESTS['opinion.submit'], permission: 'opinion.write', scope: 'identity', burst: 20 },
  'opinion.sign': { ...OPINION_REQUESTS['opinion.sign'], permission: 'opinion.write', scope: 'identity', burst: 10 },
  'opinion.return': { ...OPINION_REQUESTS['opinion.return'], permission: 'opinion.write', scope: 'identity', burst: 20 },

  // In session
  'consult.presence': { ...IN_SESSION_REQUESTS['consult.presence'], permission: 'consult.join', scope: 'identity', burst: 60 },
  'consult.agenda': { ...IN_SESSION_REQUESTS['consult.agenda'], permission: 'consult.join', scope: 'identity', burst: 60 },
  'consult.setAgenda': { ...IN_SESSION_REQUESTS['consult.setAgenda'], permission: 'room.host', scope: 'identity', burst: 30 },
  'indicators.read': { ...INDICATOR_REQUESTS['indicators.read'], permission: 'indicators.read', scope: 'identity', burst: 10 },

  // Images together
  'imaging.case': { ...SHARED_IMAGING_REQUESTS['imaging.case'], permission: 'images.read', scope: 'peer', burst: 20 },
  'imaging.join': { ...SHARED_IMAGING_REQUESTS['imaging.join'], permission: 'consult.join', scope: 'peer', burst: 40 },
  'imaging.leave': { ...SHARED_IMAGING_REQUESTS['imaging.leave'], permission: 'consult.join', scope: 'peer', burst: 40 },
  'imaging.ask': { ...SHARED_IMAGING_REQUESTS['imaging.ask'], permission: 'media.publish', scope: 'peer', burst: 40 },
  'imaging.give': { ...SHARED_IMAGING_REQUESTS['imaging.give'], permission: 'media.publish', scope: 'peer', burst: 40 },
  'imaging.release': { ...SHARED_IMAGING_REQUESTS['imaging.release'], permission: 'media.publish', scope: 'peer', burst: 40 },
  'imaging.takeBack': { ...SHARED_IMAGING_REQUESTS['imaging.takeBack'], permission: 'room.host', scope: 'host', burst: 40 },
  'imaging.present': { ...SHARED_IMAGING_REQUESTS['imaging.present'], permission: 'media.publish', scope: 'peer', burst: 300 },
  'imaging.saveReport': { ...REPORT_REQUESTS['imaging.saveReport'], permission: 'case.write', scope: 'identity', burst: 20 },
  'imaging.mark': { ...SHARED_IMAGING_REQUESTS['imaging.mark'], permission: 'chat.write', scope: 'peer', burst: 300 },

  // Remote control of a probe
  // Marks on live pictures
  'annotation.look': { ...ANNOTATION_REQUESTS['annotation.look'], permission: 'consult.join', scope: 'peer', burst: 40 },
  'annotation.draw': { ...ANNOTATION_REQUESTS['annotation.draw'], permission: 'annotation.draw', scope: 'peer', burst: 100 },
  'annotation.extend': { ...ANNOTATION_REQUESTS['annotation.extend'], permission: 'annotation.draw', scope: 'peer', burst: 400 },
  'annotation.change': { ...ANNOTATION_REQUESTS['annotation.change'], permission: 'annotation.draw', scope: 'peer', burst: 60 },
  'annotation.erase': { ...ANNOTATION_REQUESTS['annotation.erase'], permission: 'annotation.draw', scope: 'peer', burst: 100 },
  'annotation.restore': { ...ANNOTATION_REQUESTS['annotation.restore'], permission: 'annotation.draw', scope: 'peer', burst: 100 },
  'annotation.place': { ...ANNOTATION_REQUESTS['annotation.place'], permission: 'media.publish', scope: 'peer', burst: 300 },
  'annotation.point': { ...ANNOTATION_REQUESTS['annotation.point'], permission: 'annotation.draw', scope: 'peer', burst: 350 },
  'control.offer': { ...CONTROL_REQUESTS['control.offer'], permission: 'control.offer', scope: 'peer', burst: 20 },
  'control.status': { ...CONTROL_REQUESTS['control.status'], permission: 'control.offer', scope: 'peer', burst: 200 },
  'control.look': { ...CONTROL_REQUESTS['control.look'], permission: 'consult.join', scope: 'peer', burst: 40 },
  'control.ask': { ...CONTROL_REQUESTS['control.ask'], permission: 'control.steer', scope: 'peer', burst: 20 },
  'control.unask': { ...CONTROL_REQUESTS['control.unask'], permission: 'control.steer', scope: 'peer', burst: 20 },
  'control.release': { ...CONTROL_REQUESTS['control.release'], permission: 'control.steer', scope: 'peer', burst: 40 },
  'control.cue': { ...CONTROL_REQUESTS['control.cue'], permission: 'control.steer', scope: 'peer', burst: 60 },
  'control.grant': { ...CONTROL_REQUESTS['control.grant'], permission: 'control.offer', scope: 'peer', burst: 20 },
  'control.reveal': { ...CONTROL_REQUESTS['control.reveal'], permission: 'control.steer', scope: 'peer', burst: 20 },
  'control.decline': { ...CONTROL_REQUESTS['control.decline'], permission: 'control.offer', scope: 'peer', burst: 40 },
  // Ten heartbeats, ten stops and ten changes of a setting a second.
  'control.frame': { ...CONTROL_REQUESTS['control.frame'], permission: 'control.stop', scope: 'peer', burst: 400 },
  'media.produceData': { ...CONTROL_REQUESTS['media.produceData'], permission: 'consult.join', scope: 'peer', burst: 40 },
  'media.consumeData': { ...CONTROL_REQUESTS['media.consumeData'], permission: 'consult.join', scope: 'peer', burst: 200 },

  // Host
  'host.admit': define('room.host', 'host', 60, z.object({ peerId: peerIdSchema }), nothing),
  'host.turnAway': define('room.host', 'host', 60, z.object({ peerId: peerIdSchema }), nothing),
  'host.mute': define('room.host', 'host', 60, z.object({ peerId: peerIdSchema, sourceId: sourceIdSchema }), nothing),
  'host.askToUnmute': define('room.host', 'host', 30, z.object({ peerId: peerIdSchema }), nothing),
  'host.remove': define('room.host', 'host', 30, z.object({ peerId: peerIdSchema }), nothing),
  'host.lock': define('room.host', 'host', 30, z.object({ isLocked: z.boolean() }), nothing),
  'host.handOver': define('room.host', 'host', 20, z.object({ peerId: peerIdSchema }), nothing),
  'host.end': define('room.host', 'host', 5, nothing, nothing),

  // Media
  'media.connectTransport': define('consult.join', 'peer', 40, z.object({ transportId: mediaIdSchema, dtlsParameters: dtlsParametersSchema }), nothing),
  'media.restartIce': define('consult.join', 'peer', 40, z.object({ transportId: mediaIdSchema }), z.object({ iceParameters: iceParametersSchema })),
  'media.rebuild': define('consult.join', 'peer', 20, nothing, z.object({ media: mediaOfferSchema })),
  'media.produce': define('media.publish', 'peer', 40, produceParamsSchema, z.object({ producerId: mediaIdSchema })),
  'media.closeSource': define('media.publish', 'peer', 40, z.object({ sourceId: sourceIdSchema }), nothing),
  'media.setMuted': define('media.publish', 'peer', 200, z.object({ sourceId: sourceIdSchema, isMuted: z.boolean() }), z.object({ isMuted: z.boolean() })),
  'media.updateSource': define('media.publish', 'peer', 120, z.object({
    sourceId: sourceIdSchema, capture: sourceStateSchema.shape.capture.optional(), limit: senderLimitSchema.optional(), isDeviceLost: z.boolean().optional(), label: z.string().max(120).optional(),
  }), nothing),
  'media.consume': define('consult.join', 'peer', 200, z.object({
    epoch: z.number().int().nonnegative(), rtpCapabilities: rtpCapabilitiesSchema,
    sources: z.array(z.object({ peerId: peerIdSchema, sourceId: sourceIdSchema, layers: layersSchema.nullable() })).min(1).max(60),
  }), z.object({ consumers: z.array(consumerOfferSchema), refused: z.array(z.object({ sourceId: sourceIdSchema, error: wireErrorSchema })) })),
  'media.setConsumers': define('consult.join', 'peer', 400, z.object({
    changes: z.array(z.object({ consumerId: mediaIdSchema, isPaused: z.boolean().optional(), layers: layersSchema.optional(), isClosed: z.boolean().optional() })).min(1).max(60),
  }), nothing),
  'media.requestKeyFrame': define('consult.join', 'peer', 20, z.object({ consumerId: mediaIdSchema }), nothing),

  // Network check before joining: data-channel echo through the SFU, and bulk over the socket for throughput
  'network.ping': define('network.check', 'identity', 200, nothing, z.object({ serverTimeMs: z.number() })),
  'network.openEcho': define('network.check', 'identity', 10, nothing, z.object({ routerRtpCapabilities: rtpCapabilitiesSchema, send: transportOptionsSchema, receive: transportOptionsSchema, iceServers: mediaOfferSchema.shape.iceServers })),
  'network.connectEcho': define('network.check', 'identity', 20, z.object({ transportId: mediaIdSchema, dtlsParameters: dtlsParametersSchema }), nothing),
  'network.echoData': define('network.check', 'identity', 10, z.object({ sctpStreamParameters: z.object({ streamId: z.number().int().min(0).max(65_534), ordered: z.boolean().optional(), maxRetransmits: z.number().int().min(0).max(10).optional(), maxPacketLifeTime: z.number().int().min(0).max(10_000).optional() }) }), z.object({ dataProducerId: mediaIdSchema, dataConsumerId: mediaIdSchema, sctpStreamParameters: z.object({ streamId: z.number().int(), ordered: z.boolean().optional(), maxRetransmits: z.number().int().optional(), maxPacketLifeTime: z.number().int().optional() }) })),
  'network.closeEcho': define('network.check', 'identity', 10, nothing, nothing),
  'network.bulk': define('network.check', 'identity', 400, z.object({ upload: z.string().max(262_144), downloadBytes: z.number().int().min(0).max(262_144) }), z.object({ receivedBytes: z.number().int(), download: z.string() })),

  // Administration
  'admin.organisations': define('worklist.read', 'identity', 20, nothing, z.object({ organisations: z.array(organisationSchema) })),
  'admin.createOrganisation': define('organisations.administer', 'identity', 20, z.object({ parentId: organisationIdSchema, tier: tierSchema, name: bilingualSchema }), z.object({ organisationId: organisationIdSchema })),
  'admin.renameOrganisation': define('organisations.administer', 'identity', 20, organisationRef.extend({ name: bilingualSchema }), nothing),
  'admin.directory': define('consult.create', 'identity', 20, nothing, z.object({ parties: z.array(partySchema) })),
  'admin.people': define('people.administer', 'identity', 40, nothing, z.object({ people: z.array(personRecordSchema) })),
  'admin.createPerson': define('people.administer', 'identity', 20, organisationRef.extend({ signInName: signInNameSchema, name: bilingualSchema, title: bilingualSchema.nullable(), role: roleSchema.exclude(['cart']), password: z.string().max(200) }), z.object({ personId: personIdSchema })),
  'admin.setPersonActive': define('people.administer', 'identity', 20, z.object({ personId: personIdSchema, isActive: z.boolean() }), nothing),
  'admin.unlockPerson': define('people.administer', 'identity', 20, z.object({ personId: personIdSchema }), nothing),
  /** A temporary password, which the person is told and changes by `session.changePassword`. */
  'admin.resetPassword': define('people.administer', 'identity', 20, z.object({ personId: personIdSchema, password: z.string().max(200) }), nothing),
  'admin.carts': define('carts.administer', 'identity', 40, nothing, z.object({ carts: z.array(cartRecordSchema) })),
  'admin.createCart': define('carts.administer', 'identity', 20, organisationRef.extend({ name: bilingualSchema }), z.object({ cartId: cartIdSchema })),
  /** A one-time code of 8 digits, good for 15 minutes; shown once. */
  'admin.createEnrolmentCode': define('carts.administer', 'identity', 20, z.object({ cartId: cartIdSchema }), z.object({ code: z.string(), expiresAtMs: z.number().int() })),
  'admin.revokeCart': define('carts.administer', 'identity', 20, z.object({ cartId: cartIdSchema }), nothing),
  'admin.systems': { ...SYSTEM_REQUESTS['admin.systems'], permission: 'systems.administer', scope: 'identity', burst: 40 },
  'admin.createSystem': { ...SYSTEM_REQUESTS['admin.createSystem'], permission: 'systems.administer', scope: 'identity', burst: 20 },
  'admin.revokeSystem': { ...SYSTEM_REQUESTS['admin.revokeSystem'], permission: 'systems.administer', scope: 'identity', burst: 20 },
  'admin.audit': define('audit.read', 'identity', 40, z.object({ beforeSequence: z.number().int().nullable(), limit: z.number().int().min(1).max(200), outcome: z.enum(['done', 'refused']).nullable() }), z.object({ entries: z.array(auditEntrySchema) })),
} as const satisfies Record<string, RequestDefinition>;

export type RequestName = keyof typeof REQUESTS;
export type RequestParams<N extends RequestName> = z.infer<(typeof REQUESTS)[N]['params']>;
export type RequestResult<N extends RequestName> = z.infer<(typeof REQUESTS)[N]['result']>;
export const REQUEST_NAMES = Object.keys(REQUESTS) as RequestName[]; // the table's own keys

export function isRequestName(name: string): name is RequestName {
  return Object.hasOwn(REQUESTS, name);
}

/**
 * The envelope of a request. `id` is the client's: the same id again within a minute gets the same answer and does nothing
 * twice, so a request whose answer was lost can be repeated.
 */
export const requestEnvelopeSchema = z.object({ id: z.string().regex(/^[A-Za-z0-9_-]{1,40}$/), name: z.string().max(60), params: z.unknown() });
export type RequestEnvelope = z.infer<typeof requestEnvelopeSchema>;

export type ResponseEnvelope = { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly error: z.infer<typeof wireErrorSchema> };
export const responseEnvelopeSchema = z.union([z.object({ ok: z.literal(true), result: z.unknown() }), z.object({ ok: z.literal(false), error: wireErrorSchema })]);

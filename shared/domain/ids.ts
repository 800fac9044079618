import { z } from 'zod';

/** Ids are opaque: lower-case letters, digits and hyphens, 1–64 characters. Branded, so that one kind is not passed for another. */
const idText = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/);

export const personIdSchema = idText.brand<'PersonId'>();
export const cartIdSchema = idText.brand<'CartId'>();
export const organisationIdSchema = idText.brand<'OrganisationId'>();
export const consultIdSchema = idText.brand<'ConsultId'>();
/** A consultation request (会诊申请), from its draft to the archive. Chosen by who begins it, so that one begun twice is one. */
export const consultRequestIdSchema = idText.brand<'ConsultRequestId'>();
export const opinionIdSchema = idText.brand<'OpinionId'>();
export const caseIdSchema = idText.brand<'CaseId'>();
/** One item of a case file; chosen by who writes it (a random UUID), or the kind's name where there is only one. */
export const caseItemIdSchema = idText.brand<'CaseItemId'>();
/** One change to a case file, chosen by who makes it: the server does each once, however often it is sent. */
export const caseChangeIdSchema = idText.brand<'CaseChangeId'>();
/** A physical room of a hospital that can be booked; a room of the media server has its consult's id. */
export const venueIdSchema = idText.brand<'VenueId'>();
/** Sessions that repeat by one rule. */
export const seriesIdSchema = idText.brand<'SeriesId'>();
export const absenceIdSchema = idText.brand<'AbsenceId'>();
/** One entry of a duty roster. */
export const dutyIdSchema = idText.brand<'DutyId'>();
/** A browser profile or desktop installation that keeps copies of case files; chosen at its first start. */
export const deviceIdSchema = idText.brand<'DeviceId'>();
/** One notice on its way to one party by one channel; what the other side knows it by, however often it is sent. */
export const deliveryIdSchema = idText.brand<'DeliveryId'>();
/** A hospital's information system that reads and asks through the FHIR facade. */
export const hospitalSystemIdSchema = idText.brand<'HospitalSystemId'>();
export const sessionIdSchema = idText.brand<'SessionId'>();
/** One participant's presence in one room; new at each full join, kept over a reconnect within the grace time. */
export const peerIdSchema = idText.brand<'PeerId'>();
/** One published source; chosen by the client and kept over every rebuild of its transports. */
export const sourceIdSchema = idText.brand<'SourceId'>();
/** One running client (a page load, an app start); chosen by the client. A join with the same one takes the old peer's place. */
export const clientInstanceIdSchema = idText.brand<'ClientInstanceId'>();
/** mediasoup's own ids (UUIDs): transports, producers, consumers. */
export const mediaIdSchema = z.string().min(1).max(64);

export type PersonId = z.infer<typeof personIdSchema>;
export type CartId = z.infer<typeof cartIdSchema>;
export type OrganisationId = z.infer<typeof organisationIdSchema>;
export type ConsultId = z.infer<typeof consultIdSchema>;
export type ConsultRequestId = z.infer<typeof consultRequestIdSchema>;
export type OpinionId = z.infer<typeof opinionIdSchema>;
export type CaseId = z.infer<typeof caseIdSchema>;
export type CaseItemId = z.infer<typeof caseItemIdSchema>;
export type CaseChangeId = z.infer<typeof caseChangeIdSchema>;
export type DeviceId = z.infer<typeof deviceIdSchema>;
export type DeliveryId = z.infer<typeof deliveryIdSchema>;
export type HospitalSystemId = z.infer<typeof hospitalSystemIdSchema>;
export type SessionId = z.infer<typeof sessionIdSchema>;
export type PeerId = z.infer<typeof peerIdSchema>;
export type SourceId = z.infer<typeof sourceIdSchema>;
export type ClientInstanceId = z.infer<typeof clientInstanceIdSchema>;
export type VenueId = z.infer<typeof venueIdSchema>;
export type SeriesId = z.infer<typeof seriesIdSchema>;
export type AbsenceId = z.infer<typeof absenceIdSchema>;
export type DutyId = z.infer<typeof dutyIdSchema>;

import type { ConsultSummary } from '#shared/domain/consult';
import type { ConsultRecord } from './consults.ts';

/** «陈小明» → «陈*»: the first character and one asterisk, so that not even the name's length is told. */
export function maskPatientName(name: string): string {
  const [first] = Array.from(name.trim()); // by code point: rare characters in names lie outside the basic plane
  return first === undefined ? '*' : `${first}*`;
}

/** A consult as a row of the list of `readerPartyId`. @param presentCount how many are in the room at this moment */
export function summariseConsult(consult: ConsultRecord, readerPartyId: string, presentCount: number): ConsultSummary {
  return {
    id: consult.id,
    kind: consult.kind,
    state: consult.state,
    startsAtMs: consult.startsAtMs,
    durationMinutes: consult.durationMinutes,
    patientMasked: maskPatientName(consult.patient.name),
    patientAge: consult.patient.age,
    patientSex: consult.patient.sex,
    question: consult.question,
    organisationId: consult.organisationId,
    organisationName: consult.organisationName,
    host: consult.host,
    panel: consult.members.slice(0, 60),
    presentCount,
    isMember: consult.members.some((member) => member.id === readerPartyId),
  };
}

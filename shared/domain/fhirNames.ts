/** Names of our own in FHIR, for what it has no place for. They are names, and lead nowhere. */
export const FHIR_OWN = 'urn:huizhen:fhir';

/** Whose numbering an identifier is of. */
export const IDENTIFIER_SYSTEMS = {
  case: `${FHIR_OWN}:case-id`,
  request: `${FHIR_OWN}:request-id`,
  consult: `${FHIR_OWN}:consult-id`,
  opinion: `${FHIR_OWN}:opinion-id`,
  party: `${FHIR_OWN}:party-id`,
  organisation: `${FHIR_OWN}:organisation-id`,
  /** The applying hospital's own. */
  recordNumber: `${FHIR_OWN}:record-number`,
} as const;

/** Codes of `specialties.ts`. */
export const SPECIALTY_SYSTEM = `${FHIR_OWN}:specialty`;

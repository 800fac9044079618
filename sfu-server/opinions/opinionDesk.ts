import { type CaseId, type ConsultId, type ConsultRequestId, type OpinionId, opinionIdSchema, type PersonId } from '#shared/domain/ids';
import { judgeStep, nextSigner, type OpinionContent, type OpinionDocument, type OpinionRefusal, opinionDocumentSchema, type OpinionStatus, type OpinionStep, statusAfter } from '#shared/domain/opinion';
import type { Party } from '#shared/domain/people';
import { required } from '#shared/lib/assert';
import type { Clock } from '#shared/lib/clock';
import { AppError, type ErrorCode } from '#shared/protocol/errors';
import { MAX_OPINION_VERSIONS, type Opinion, type OpinionSummary } from '#shared/protocol/opinions';
import type { RequestName } from '#shared/protocol/requests';
import type { Transaction } from 'kysely';
import { newId } from '../auth/random.ts';
import type { Identity } from '../auth/sessions.ts';
import type { SignIn } from '../auth/signIn.ts';
import { isStorable } from '../cases/canonical.ts';
import type { CaseFiles } from '../cases/caseFiles.ts';
import { canonicalJson } from '../storage/auditChain.ts';
import { auditActor } from '../storage/audit.ts';
import { type Opinions, type OpinionState, type OpinionVersion, type OpinionWork, standingOf } from '../storage/opinions.ts';
import { readOpinionSubject, requireKeyImages } from '../storage/opinionSubject.ts';
import type { Schema } from '../storage/schema.ts';
import { canonicalText, hashOfText, signedBytes } from './canonical.ts';
import { fingerprintOf } from './signing/certificates.ts';
import type { PersonKeys } from './personKeys.ts';
import type { SignatureProvider } from './signing/providers.ts';

/** A step of an opinion, for the workflow of the request it answers. */
export interface OpinionEvent {
  readonly type: 'begun' | 'submitted' | 'returned' | 'partlySigned' | 'signed' | 'addendumBegun';
  readonly opinionId: OpinionId;
  readonly caseId: CaseId;
  readonly consultId: ConsultId;
  readonly requestId: ConsultRequestId | null;
  /** Of the newest version; 0: nothing was written. */
  readonly version: number;
  /** Who signs that version, in order. */
  readonly signerIds: readonly PersonId[];
  /** Of a return. */
  readonly reason: string;
  /** An addendum to an opinion that was signed before: the request was answered by that one. */
  readonly isAddendum: boolean;
  readonly by: Party;
  /** Server's civil clock. */
  readonly atMs: number;
}

/** Tells those concerned of what is kept already. */
export type Tell = () => Promise<void>;

const NOTHING_TO_TELL: Tell = () => Promise.resolve();

/** [OPN12] What the workflow has to say about opinions; called within the transaction of the step, so that both are kept or neither. */
export interface OpinionWorkflow {
  /** The request that the consult is a session of. */
  requestOf(consultId: ConsultId, trx: Transaction<Schema>): Promise<ConsultRequestId | null>;
  /** Throwing undoes the opinion's step too. @returns tells of what followed, to be called when the transaction is through */
  onOpinion(event: OpinionEvent, trx: Transaction<Schema>): Promise<Tell>;
}

export interface OpinionDeskOptions {
  readonly opinions: Opinions;
  readonly caseFiles: Pick<CaseFiles, 'open'>;
  readonly signIn: Pick<SignIn, 'reauthenticate'>;
  readonly keys: Pick<PersonKeys, 'open'>;
  readonly provider: Pick<SignatureProvider, 'algorithm'>;
  readonly clock: Clock;
  /** Null: the installation has sessions and no requests, so nothing follows from an opinion. */
  readonly workflow: OpinionWorkflow | null;
  /** Resolves when those who may read the case were told. */
  readonly onChanged: (change: { readonly caseId: CaseId; readonly opinionId: OpinionId; readonly status: OpinionStatus; readonly version: number }) => Promise<void>;
}

/** Writing and signing opinions. Who may read the case may read; the steps are judged by `shared/domain/opinion`. */
export class OpinionDesk {
  readonly #options: OpinionDeskOptions;

  constructor(options: OpinionDeskOptions) {
    this.#options = options;
  }

  async list(identity: Identity, caseId: CaseId): Promise<OpinionSummary[]> {
    await this.#options.caseFiles.open(identity, caseId, 'opinion.list');
    return (await this.#options.opinions.ofCase(caseId)).map(toSummary);
  }

  /** @throws AppError `record.notFound` when there is none, or none for this reader */
  async get(identity: Identity, opinionId: OpinionId): Promise<Opinion> {
    const state = await this.#readable(identity, opinionId, 'opinion.get');
    const versions = await this.#options.opinions.versions(opinionId);
    const stands = state.record.status === 'awaitingSignatures' || state.record.status === 'signed';
    return {
      ...toSummary(state),
      content: standingOf(state).content,
      versions: versions.map(({ number, author, atMs, submitted, returned }) => ({ number, author, atMs, submitted, returned })),
      signatures: stands ? state.signatures.map(({ statement: { personId, position, signedAtMs, algorithm, certificateFingerprint } }) => ({ personId, position, signedAtMs, algorithm, certificateFingerprint })) : [],
      documentHash: state.newest?.documentHash ?? null,
    };
  }

  async version(identity: Identity, opinionId: OpinionId, number: number) {
    await this.#readable(identity, opinionId, 'opinion.version');
    const version = await this.#options.opinions.version(opinionId, number);
    if (version === null) throw new AppError('record.notFound', 'no such version');
    return toWireVersion(version);
  }

  /** [OPN1] The consult's opinion, begun by a member of its panel unless there is one. */
  async begin(identity: Identity, consultId: ConsultId): Promise<OpinionId> {
    const { opinions, caseFiles } = this.#options;
    const found = await opinions.panelOf(consultId);
    if (found === null) throw new AppError('record.notFound', 'no such consult');
    await caseFiles.open(identity, found.caseId, 'opinion.begin');
    if (!found.panel.some(({ id }) => id === identity.party.id)) throw new AppError('opinion.notOnPanel', 'OPN1: not of the panel');
    if (found.state !== 'inSession' && found.state !== 'ended') throw new AppError('consult.notOpen', 'an opinion follows a session');
    const present = await opinions.ofConsult(consultId);
    if (present !== null) return present;
    await this.#begin(identity.party, { caseId: found.caseId, consultId, addendumTo: null, panel: found.panel });
    return required(await opinions.ofConsult(consultId), 'the opinion that was just begun, by whomever');
  }

  /** [OPN9] A document of its own that names the signed one. */
  async beginAddendum(identity: Identity, opinionId: OpinionId): Promise<OpinionId> {
    const state = await this.#readable(identity, opinionId, 'opinion.beginAddendum');
    refuse(judgeStep(standingOf(state), { type: 'addendum' }, identity.party.id));
    const documentHash = required(state.newest?.documentHash, 'the hash of a signed opinion');
    const { caseId, consultId, version, panel } = state.record;
    return this.#begin(identity.party, { caseId, consultId, addendumTo: { opinionId, version, documentHash }, panel });
  }

  /** [OPN2] @returns the version that was saved, or the one that stands in the way. What is the same as before makes no version. */
  async save(identity: Identity, opinionId: OpinionId, baseVersion: number, content: OpinionContent) {
    if (!isStorable(content)) throw new AppError('input.malformed', 'content: holds characters that cannot be kept');
    await this.#readable(identity, opinionId, 'opinion.save');
    const saved = await this.#options.opinions.inOpinion(opinionId, async (work) => {
      const { record, newest } = work;
      refuse(judgeStep(standingOf(work), { type: 'save' }, identity.party.id));
      if (newest !== null && canonicalJson(newest.content) === canonicalJson(content) && record.status === 'draft') return { status: 'saved' as const, version: record.version, isNew: false };
      if (record.version !== baseVersion) {
        if (newest === null) throw new AppError('record.conflict', 'OPN2: no such version');
        return { status: 'conflict' as const, current: toWireVersion(newest) };
      }
      if (record.version >= MAX_OPINION_VERSIONS) throw new AppError('storage.full', 'the opinion has as many versions as it can');
      await requireKeyImages(work.trx, record, content);
      await work.addVersion({ content, author: identity.party, atMs: this.#options.clock.wallMs() });
      await this.#finish(work, { type: 'save' }, identity, 'opinion.save', record.version + 1);
      return { status: 'saved' as const, version: record.version + 1, isNew: true };
    });
    if (saved.status === 'conflict') return saved;
    if (saved.isNew) await this.#announce(opinionId, NOTHING_TO_TELL);
    return { status: saved.status, version: saved.version };
  }

  /** [OPN3] From here on the version's canonical form stands. */
  async submit(identity: Identity, opinionId: OpinionId, version: number): Promise<void> {
    const step: OpinionStep = { type: 'submit', version };
    await this.#readable(identity, opinionId, 'opinion.submit');
    const tell = await this.#options.opinions.inOpinion(opinionId, async (work) => {
      refuse(judgeStep(standingOf(work), step, identity.party.id));
      const { record } = work;
      const { content } = required(work.newest, 'the version that is submitted');
      await requireKeyImages(work.trx, record, content);
      const submitted = { by: identity.party, atMs: this.#options.clock.wallMs() };
      const document: OpinionDocument = {
        format: 'huizhen-opinion-1', opinionId, version, addendumTo: record.addendumTo, caseId: record.caseId, consultId: record.consultId, requestId: record.requestId,
        ...(await readOpinionSubject(work.trx, record)), panel: [...record.panel], content, submittedBy: submitted.by, submittedAtMs: submitted.atMs,
      };
      const text = canonicalText(opinionDocumentSchema.parse(document));
      await work.submit(submitted, text, hashOfText(text));
      return this.#finish(work, step, identity, 'opinion.submit', version, 'submitted');
    });
    await this.#announce(opinionId, tell);
  }

  /** [SGN2] @throws AppError besides the refusals of the rules those of `SignIn.reauthenticate` */
  async sign(identity: Identity, opinionId: OpinionId, version: number, password: string): Promise<{ readonly status: OpinionStatus; readonly isNewKey: boolean }> {
    const { opinions, signIn, keys, provider, clock } = this.#options;
    const step: OpinionStep = { type: 'sign', version };
    const { party } = identity;
    // 1. Whoever may not sign is not asked for a password. 2. The password. 3. The key. 4. Whether it is still so, with the opinion locked.
    const before = await this.#readable(identity, opinionId, 'opinion.sign');
    refuse(judgeStep(standingOf(before), step, party.id));
    await signIn.reauthenticate(identity, password, 'opinion.sign');
    const { text, document } = documentOf(before);
    const person = required(document.panel.find(({ id }) => id === party.id), 'the signer on the panel');
    const personId = party.id as PersonId; // whoever gave a password is a person
    const key = await keys.open(person, personId, password);
    const statement = { algorithm: provider.algorithm, certificateFingerprint: fingerprintOf(key.certificate), documentHash: hashOfText(text), personId, position: before.signatures.length + 1, signedAtMs: clock.wallMs() };
    const signature = Buffer.from(await key.sign(signedBytes(text, statement))).toString('base64');
    const { status, tell } = await opinions.inOpinion(opinionId, async (work) => {
      const standing = standingOf(work);
      refuse(judgeStep(standing, step, party.id));
      await work.addSignature({ statement, signature, certificate: Buffer.from(key.certificate).toString('base64') });
      if (key.isNew) work.audit({ ...auditActor(party), action: 'opinion.newKey', subject: statement.certificateFingerprint, outcome: 'done', code: null });
      const after = statusAfter(standing, { type: 'sign', version });
      return { status: after, tell: await this.#finish(work, step, identity, 'opinion.sign', version, after === 'signed' ? 'signed' : 'partlySigned') };
    });
    await this.#announce(opinionId, tell);
    return { status, isNewKey: key.isNew };
  }

  /** [OPN5] */
  async giveBack(identity: Identity, opinionId: OpinionId, version: number, reason: string): Promise<void> {
    if (!isStorable(reason)) throw new AppError('input.malformed', 'reason: holds characters that cannot be kept');
    const step: OpinionStep = { type: 'return', version, reason };
    await this.#readable(identity, opinionId, 'opinion.return');
    const tell = await this.#options.opinions.inOpinion(opinionId, async (work) => {
      refuse(judgeStep(standingOf(work), step, identity.party.id));
      await work.giveBack({ by: identity.party, atMs: this.#options.clock.wallMs(), reason });
      return this.#finish(work, step, identity, 'opinion.return', version, 'returned');
    });
    await this.#announce(opinionId, tell);
  }

  /** A signed opinion for its file. @throws AppError `record.notFound`, `opinion.notSigned` */
  async signed(identity: Identity, opinionId: OpinionId): Promise<OpinionState & { readonly document: OpinionDocument }> {
    const state = await this.#readable(identity, opinionId, 'opinion.get');
    if (state.record.status !== 'signed') throw new AppError('opinion.notSigned', 'PDF3: not everybody has signed');
    return { ...state, document: documentOf(state).document };
  }

  /** Whether that document was signed here; for whoever holds a print of it. */
  async isSigned(opinionId: OpinionId, version: number, documentHash: string): Promise<boolean> {
    const state = await this.#options.opinions.byId(opinionId);
    return state !== null && state.record.status === 'signed' && state.record.version === version && state.newest?.documentHash === documentHash;
  }

  async #begin(by: Party, begun: Pick<OpinionState['record'], 'caseId' | 'consultId' | 'addendumTo' | 'panel'>): Promise<OpinionId> {
    const { opinions, clock, workflow } = this.#options;
    const { caseId, consultId, addendumTo } = begun;
    const id = opinionIdSchema.parse(newId());
    let tell = NOTHING_TO_TELL;
    const tellWorkflow = async (trx: Transaction<Schema>) => {
      if (workflow === null) return null;
      const requestId = await workflow.requestOf(consultId, trx);
      tell = await workflow.onOpinion({ type: addendumTo === null ? 'begun' : 'addendumBegun', opinionId: id, caseId, consultId, requestId, version: 0, signerIds: [], reason: '', isAddendum: addendumTo !== null, by, atMs: clock.wallMs() }, trx);
      return requestId;
    };
    const isNew = await opinions.begin({ id, ...begun }, tellWorkflow, { ...auditActor(by), action: addendumTo === null ? 'opinion.begin' : 'opinion.beginAddendum', subject: id, outcome: 'done', code: null });
    if (isNew) await this.#announce(id, tell);
    return id;
  }

  async #finish(work: OpinionWork, step: Exclude<OpinionStep, { type: 'addendum' }>, { party }: Identity, action: string, version: number, event: OpinionEvent['type'] | null = null): Promise<Tell> {
    const { id: opinionId, caseId, consultId, requestId, addendumTo } = work.record;
    await work.setStatus(statusAfter(standingOf(work), step));
    work.audit({ ...auditActor(party), action, subject: `${opinionId} ${version}`, outcome: 'done', code: null });
    if (event === null) return NOTHING_TO_TELL;
    const told = { version, signerIds: work.newest?.content.signerIds ?? [], reason: step.type === 'return' ? step.reason : '', isAddendum: addendumTo !== null };
    return (await this.#options.workflow?.onOpinion({ type: event, opinionId, caseId, consultId, requestId, ...told, by: party, atMs: this.#options.clock.wallMs() }, work.trx)) ?? NOTHING_TO_TELL;
  }

  /** ACC4: one that may not be read does not exist. */
  async #readable(identity: Identity, opinionId: OpinionId, what: RequestName): Promise<OpinionState> {
    const state = await this.#options.opinions.byId(opinionId);
    if (state === null) throw new AppError('record.notFound', 'no such case');
    await this.#options.caseFiles.open(identity, state.record.caseId, what);
    return state;
  }

  /** The transaction is through: the request's people hear of it first, and each step tells its own, however close the next one is. */
  async #announce(opinionId: OpinionId, tell: Tell): Promise<void> {
    await tell();
    const state = required(await this.#options.opinions.byId(opinionId), 'the opinion that was changed');
    const { caseId, status, version } = state.record;
    await this.#options.onChanged({ caseId, opinionId, status, version });
  }
}

const CODES: Readonly<Record<OpinionRefusal['reason'], ErrorCode>> = {
  notOnPanel: 'opinion.notOnPanel',
  isSigned: 'opinion.fixed',
  isAwaiting: 'opinion.fixed',
  notAwaiting: 'record.conflict',
  otherVersion: 'record.conflict',
  notYourTurn: 'opinion.notYourTurn',
  notASigner: 'opinion.notYourTurn',
  notSigned: 'opinion.notSigned',
  incomplete: 'opinion.incomplete',
  noReason: 'opinion.incomplete',
};

/** The message begins with the rule's number. */
function refuse(refusal: OpinionRefusal | null): void {
  if (refusal === null) return;
  const detail = refusal.reason === 'incomplete' ? `: ${refusal.missing.join(', ')}` : '';
  throw new AppError(CODES[refusal.reason], `${refusal.rule}: ${refusal.reason}${detail}`);
}

/** What was submitted to be signed, and its canonical text. Only of a version that was. */
export function documentOf({ newest }: OpinionState): { readonly text: string; readonly document: OpinionDocument } {
  const text = required(newest?.documentText, 'the canonical text of a version that was submitted');
  return { text, document: opinionDocumentSchema.parse(JSON.parse(text)) };
}

function toSummary(state: OpinionState): OpinionSummary {
  const { id, caseId, consultId, requestId, addendumTo, status, version, panel, changedAtMs } = state.record;
  return { id, caseId, consultId, requestId, addendumTo, status, version, panel: [...panel], nextSignerId: nextSigner(standingOf(state)), changedAtMs };
}

function toWireVersion({ number, author, atMs, submitted, returned, content }: OpinionVersion) {
  return { number, author, atMs, submitted, returned, content };
}

import type { PersonId } from '#shared/domain/ids';
import type { Party } from '#shared/domain/people';
import type { Clock } from '#shared/lib/clock';
import type { Transaction } from 'kysely';
import { newId } from '../auth/random.ts';
import type { Schema } from '../storage/schema.ts';
import type { SigningKeyRecord, SigningKeys } from '../storage/signingKeys.ts';
import type { Authority } from './signing/authority.ts';
import { certifyPerson, derOf, isIssuedBy, readCertificate } from './signing/certificates.ts';
import type { SignatureProvider } from './signing/providers.ts';
import { seal, sealedSecretSchema, unseal } from './signing/sealing.ts';

export interface PersonKeysOptions {
  readonly store: SigningKeys;
  readonly provider: SignatureProvider;
  readonly authority: Authority;
  readonly clock: Clock;
}

/** A person's key, open for one signature. */
export interface OpenKey {
  /** DER. */
  readonly certificate: Uint8Array;
  /** A key was made, because there was none or the password did not open it. */
  readonly isNew: boolean;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** The keys of persons: made at their first signature, opened by their password, certified by the installation. */
export class PersonKeys {
  readonly #options: PersonKeysOptions;

  constructor(options: PersonKeysOptions) {
    this.#options = options;
  }

  /**
   * The person's key. The password must have been proven to be theirs: a key that it does not open is one from before an
   * administrator's reset, and a new one takes its place. What the old one signed keeps its certificate and still verifies.
   * @param person as the certificate is to name them
   */
  async open(person: Party, personId: PersonId, password: string): Promise<OpenKey> {
    const { store, provider } = this.#options;
    const record = await store.current(personId, provider.algorithm);
    const secret = record === null ? null : await unseal(sealedSecretSchema.parse(record.sealed), password, contextOf(record));
    if (record === null || secret === null) return this.#make(person, personId, password);
    return { certificate: await this.#certificateOf(record, person), isNew: false, sign: (bytes) => provider.sign(secret, bytes) };
  }

  /** For a change of password; a key that the present one does not open is left for the next signing to replace. */
  async reseal(personId: PersonId, current: string, next: string): Promise<((trx: Transaction<Schema>) => Promise<void>) | null> {
    const { store } = this.#options;
    const resealed: { readonly id: string; readonly sealed: object }[] = [];
    for (const record of await store.allCurrent(personId)) {
      const secret = await unseal(sealedSecretSchema.parse(record.sealed), current, contextOf(record));
      if (secret !== null) resealed.push({ id: record.id, sealed: await seal(secret, next, contextOf(record)) });
    }
    if (resealed.length === 0) return null;
    return async (trx) => {
      for (const { id, sealed } of resealed) await store.reseal(trx, id, sealed);
    };
  }

  async #make(person: Party, personId: PersonId, password: string): Promise<OpenKey> {
    const { store, provider, authority, clock } = this.#options;
    const { secret, publicKey } = await provider.createKey();
    const certificate = await certifyPerson(authority.authority, person, publicKey, clock.wallMs());
    const record = { id: newId(), personId, algorithm: provider.algorithm, certificate };
    await store.replace({ ...record, sealed: await seal(secret, password, contextOf(record)) }, clock.wallMs());
    return { certificate, isNew: true, sign: (bytes) => provider.sign(secret, bytes) };
  }

  /** The key's certificate, or a new one for the same key when the person's name or hospital is another, or the certificate has run out. */
  async #certificateOf({ id, certificate }: SigningKeyRecord, person: Party): Promise<Uint8Array> {
    const { store, authority, clock } = this.#options;
    const facts = readCertificate(certificate);
    const nowMs = clock.wallMs();
    const fits = facts.commonName === person.name.zh && facts.organisation === person.organisationName.zh && facts.organisationId === person.organisationId;
    if (fits && facts.notBeforeMs <= nowMs && nowMs < facts.notAfterMs && isIssuedBy(certificate, derOf(authority.authority.certificate))) return certificate;
    const renewed = await certifyPerson(authority.authority, person, facts.publicKey, nowMs);
    await store.setCertificate(id, renewed);
    return renewed;
  }
}

function contextOf({ personId, id }: { readonly personId: PersonId; readonly id: string }): string {
  return `huizhen-signing-key ${personId} ${id}`;
}

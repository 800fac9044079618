import { Client } from 'fhir-kit-client';
import type { Bundle, OperationOutcome, Resource } from '@medplum/fhirtypes';
import type { SystemScope } from '../../../shared/domain/hospitalSystem.ts';
import { type HospitalSystemId, organisationIdSchema } from '../../../shared/domain/ids.ts';
import { ConsultHall } from '../consultHall.ts';
import { fhirProblems } from '../fhirValidation.ts';
import { startPostgres, type TestPostgres } from '../postgres.ts';
import { TestServer } from '../testServer.ts';

/** Whatever came: the parts of the resources that tests look at. */
export interface PlainBody {
  readonly resourceType: string;
  readonly id?: string;
  readonly type?: Bundle['type'];
  readonly total?: number;
  readonly link?: Bundle['link'];
  readonly entry?: Bundle['entry'];
  readonly issue?: OperationOutcome['issue'];
  readonly authoredOn?: string;
}

/** What the facade answered to a plain request. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: PlainBody;
}

/** The demo hospital's server, with systems of hospitals around it. */
export class FacadeHall {
  readonly server: TestServer;
  readonly hall: ConsultHall;
  readonly #postgres: TestPostgres | null;

  private constructor(server: TestServer, postgres: TestPostgres | null) {
    this.server = server;
    this.hall = new ConsultHall(server);
    this.#postgres = postgres;
  }

  static async open(engine: 'PGlite' | 'PostgreSQL'): Promise<FacadeHall> {
    const postgres = engine === 'PostgreSQL' ? await startPostgres() : null;
    return new FacadeHall(await TestServer.start(postgres === null ? {} : { environment: { DATABASE_URL: postgres.createDatabase() } }), postgres);
  }

  get base(): string {
    return `${this.server.url}/fhir/R4`;
  }

  /** Registers a system by the administrator. */
  async register(organisation: string, scopes: readonly SystemScope[] = ['read', 'serviceRequest.create'], validDays = 30): Promise<{ readonly token: string; readonly systemId: HospitalSystemId; readonly client: Client }> {
    const admin = await this.hall.connect('admin');
    const { token, systemId } = await admin.request('admin.createSystem', { organisationId: organisationIdSchema.parse(organisation), name: `HIS ${organisation}`, scopes: [...scopes], validDays });
    return { token, systemId, client: new Client({ baseUrl: this.base, bearerToken: token }) };
  }

  /** A plain request, for what a well-behaved client would not send. */
  async ask(token: string | null, path: string, options: { readonly method?: string; readonly body?: string; readonly headers?: Readonly<Record<string, string>> } = {}): Promise<PlainAnswer> {
    const response = await fetch(path.startsWith('http') ? path : `${this.base}/${path}`, {
      method: options.method ?? 'GET',
      headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...(options.body === undefined ? {} : { 'content-type': 'application/fhir+json' }), ...options.headers },
      ...(options.body === undefined ? {} : { body: options.body }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: (text === '' ? { resourceType: 'Basic' } : JSON.parse(text)) as PlainBody }; // what it is, is what the tests are about
  }

  async close(): Promise<void> {
    await this.hall.close();
    await this.server.stop();
    await this.#postgres?.stop();
  }
}

/** The resources of a Bundle; every one of them, and the Bundle, passes the validator, or this throws. */
export function resourcesIn(bundle: unknown): Resource[] {
  const found = bundle as Bundle; // the validator looks at it
  const problems = fhirProblems(found);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return (found.entry ?? []).flatMap(({ resource }) => resource ?? []);
}

import { createServer, type Server } from 'node:http';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';

/** Waits for the next value that is put; for tests that wait on what arrives. */
class Arrivals<T> {
  readonly all: T[] = [];
  #waiting: (() => void)[] = [];

  put(value: T): void {
    this.all.push(value);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async until(count: number): Promise<readonly T[]> {
    while (this.all.length < count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return this.all;
  }
}

/** How the mail server takes a letter: `hold` reads it, keeps the sender waiting for the answer, and delivers it all the same. */
export type MailMode = 'take' | 'refuse' | 'busy' | 'hold';

/** A real SMTP server on loopback, whose letters are read by a parser. */
export class TestMailServer {
  mode: MailMode = 'take';
  readonly letters = new Arrivals<{ readonly to: string; readonly mail: Email }>();
  #server: SMTPServer | null = null;
  port = 0;

  static async start(signIn: { readonly user: string; readonly password: string } | null = null): Promise<TestMailServer> {
    const own = new TestMailServer();
    const server = new SMTPServer({
      authOptional: signIn === null, allowInsecureAuth: true, disabledCommands: ['STARTTLS'], closeTimeout: 100,
      onAuth: (auth, _session, done) => (auth.username === signIn?.user && auth.password === signIn?.password ? done(null, { user: auth.username }) : done(new Error('wrong'))),
      onRcptTo: (_address, _session, done) => {
        if (own.mode === 'refuse') return done(Object.assign(new Error('no such mailbox'), { responseCode: 550 }));
        return own.mode === 'busy' ? done(Object.assign(new Error('try later'), { responseCode: 451 })) : done();
      },
      onData: (stream, session, done) => {
        const parts: Buffer[] = [];
        stream.on('data', (part: Buffer) => parts.push(part));
        stream.on('end', () => {
          const isHeld = own.mode === 'hold';
          PostalMime.parse(Buffer.concat(parts)).then((mail) => {
            own.letters.put({ to: session.envelope.rcptTo[0]?.address ?? '', mail });
            if (!isHeld) done();
          }, done);
        });
      },
    });
    server.on('error', () => undefined); // a sender that is killed cuts its connection
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.server.address();
    own.port = typeof address === 'object' && address !== null ? address.port : 0;
    own.#server = server;
    return own;
  }

  close(): Promise<void> {
    return new Promise((resolve) => (this.#server === null ? resolve() : this.#server.close(() => resolve())));
  }
}

export interface ReceivedHook {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A real HTTP receiver on loopback. */
export class TestHookReceiver {
  status = 204;
  /** Where it sends the asker instead; null: it answers itself. */
  redirect: string | null = null;
  readonly messages = new Arrivals<ReceivedHook>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        this.messages.put({ headers: request.headers, body });
        response.writeHead(this.redirect === null ? this.status : 307, this.redirect === null ? {} : { location: this.redirect }).end();
      });
    });
  }

  static async start(): Promise<TestHookReceiver> {
    const own = new TestHookReceiver();
    await new Promise<void>((resolve) => own.#server.listen(0, '127.0.0.1', resolve));
    return own;
  }

  get url(): string {
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/hook`;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

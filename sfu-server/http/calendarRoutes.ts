import { consultIdSchema, type PersonId } from '#shared/domain/ids';
import { AppError } from '#shared/protocol/errors';
import { CALENDAR_ROUTES } from '#shared/protocol/scheduling';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { NO_ADDRESSES } from '../scheduling/calendarFile.ts';
import type { Calendars } from '../scheduling/calendars.ts';
import { type Authenticate, requireSession } from './bearer.ts';

export interface CalendarRoutesOptions {
  readonly authenticate: Authenticate;
  readonly calendars: Calendars;
}

/** For each address: calendar programs ask every few minutes, and nobody guesses 32 random bytes. */
const REQUESTS_PER_MINUTE = 120;
const feedSchema = z.object({ file: z.string().max(60).regex(/^[A-Za-z0-9_-]{43}\.ics$/) });
const invitationSchema = z.object({ consultId: consultIdSchema });
const languageSchema = z.object({ language: z.enum(['zh', 'en']).default('zh') });

/** iCalendar files: feeds by secret address, without a session, and single invitations with one. */
export async function addCalendarRoutes(app: FastifyInstance, { authenticate, calendars }: CalendarRoutesOptions): Promise<void> {
  const limited = { config: { rateLimit: { max: REQUESTS_PER_MINUTE, timeWindow: 60_000 } } };
  app.get(CALENDAR_ROUTES.feed(':file').replace('.ics', ''), limited, async (request, reply) => {
    const address = feedSchema.safeParse(request.params);
    if (!address.success) throw new AppError('record.notFound', 'no such calendar');
    return send(reply, await calendars.feed(address.data.file.slice(0, -'.ics'.length), clientUrl(request)));
  });

  await app.register(async (scope) => {
    const identityOf = requireSession(scope, authenticate);
    scope.get(CALENDAR_ROUTES.invitation(':consultId'), limited, async (request, reply) => {
      const { party } = identityOf(request, 'schedule.own');
      const [address, query] = [invitationSchema.safeParse(request.params), languageSchema.safeParse(request.query)];
      if (!address.success || !query.success) throw new AppError('input.malformed', 'address: does not fit');
      // No cart has that permission, so this is a person's id.
      return send(reply, (await calendars.invitation(address.data.consultId, party.id as PersonId, query.data.language, clientUrl(request), NO_ADDRESSES)).file);
    });
  });
}

/** The server as whoever asks reaches it. */
function clientUrl(request: FastifyRequest): string {
  return `${request.protocol}://${request.host}/`;
}

function send(reply: FastifyReply, file: string): FastifyReply {
  return reply.type('text/calendar; charset=utf-8').header('cache-control', 'no-store').header('content-disposition', 'attachment; filename="huizhen.ics"').send(file);
}

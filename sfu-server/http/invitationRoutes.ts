import { toAppError } from '#shared/protocol/errors';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { answerOf, type InvitationAnswers, type InvitationView } from '../notices/invitationAnswers.ts';
import { statusOf } from './errorReplies.ts';
import { invitationPage, refusedPage } from './invitationPage.ts';

/** For each address. */
const REQUESTS_PER_MINUTE = 60;
const FORM_LIMIT = 8192;
const addressSchema = z.object({ token: z.string().max(60).regex(/^[A-Za-z0-9_-]{43}$/) });
const STATUS: Readonly<Record<InvitationView['status'], number>> = { open: 200, accepted: 200, declined: 200, reasonMissing: 400, unknown: 404, used: 410, expired: 410, moved: 410, cancelled: 410, notNeeded: 410 };

/** [NTC9] Answering an invitation from a letter, without a session. Only a form that is sent acts: mail programs look at every link. */
export async function addInvitationRoutes(app: FastifyInstance, answers: Pick<InvitationAnswers, 'look' | 'answer'>): Promise<void> {
  const limited = { config: { rateLimit: { max: REQUESTS_PER_MINUTE, timeWindow: 60_000 } } };
  await app.register(async (scope) => {
    scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string', bodyLimit: FORM_LIMIT }, (_request, body, done) => done(null, new URLSearchParams(String(body))));

    scope.get('/invitation/:token', limited, async (request, reply) => {
      const address = addressSchema.safeParse(request.params);
      return show(reply, address.success ? await answers.look(address.data.token) : { status: 'unknown' });
    });

    scope.post('/invitation/:token', { ...limited, bodyLimit: FORM_LIMIT }, async (request, reply) => {
      const address = addressSchema.safeParse(request.params);
      if (!address.success) return show(reply, { status: 'unknown' });
      const answer = answerOf(request.body instanceof URLSearchParams ? request.body : new URLSearchParams());
      try {
        return show(reply, await answers.answer(address.data.token, answer));
      } catch (error) {
        const refusal = toAppError(error);
        if (refusal.category === 'bug') throw error;
        return page(reply, statusOf(refusal), refusedPage(refusal.code));
      }
    });
  });
}

function show(reply: FastifyReply, view: InvitationView): FastifyReply {
  return page(reply, STATUS[view.status], invitationPage(view));
}

function page(reply: FastifyReply, status: number, html: string): FastifyReply {
  return reply.code(status).type('text/html; charset=utf-8').header('cache-control', 'no-store').header('x-robots-tag', 'noindex').send(html);
}

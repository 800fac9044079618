import { type Party, partySchema } from '#shared/domain/people';
import type { ConsultId } from '#shared/domain/ids';
import { AppError } from '#shared/protocol/errors';
import type { ChatMessage } from '#shared/protocol/room';
import type { Kysely } from 'kysely';
import type { Schema } from './schema.ts';

/** How many messages a late joiner is given. */
const HISTORY_LIMIT = 500;

export type Chat = ReturnType<typeof createChat>;

/** The text chat of consults. */
export function createChat(db: Kysely<Schema>) {
  return {
    /**
     * Keeps a message; the same id again gives back what was kept the first time.
     * @throws AppError `record.conflict` when somebody else's message has the id
     */
    async append(message: ChatMessage): Promise<ChatMessage> {
      const added = await db
        .insertInto('chat_messages')
        .values({ consult_id: message.consultId, id: message.id, author: JSON.stringify(message.author), text: message.text, at_ms: message.atMs })
        .onConflict((conflict) => conflict.columns(['consult_id', 'id']).doNothing())
        .returning('id')
        .executeTakeFirst();
      if (added !== undefined) return message;
      const kept = await db.selectFrom('chat_messages').selectAll().where('consult_id', '=', message.consultId).where('id', '=', message.id).executeTakeFirstOrThrow();
      if (kept.author.id !== message.author.id) throw new AppError('record.conflict', 'the message id is taken');
      return toMessage(kept);
    },

    /** The last 500 messages, the oldest first, in the order in which they were kept. */
    async history(consultId: ConsultId): Promise<ChatMessage[]> {
      const rows = await db.selectFrom('chat_messages').selectAll().where('consult_id', '=', consultId).orderBy('sequence', 'desc').limit(HISTORY_LIMIT).execute();
      return rows.reverse().map(toMessage);
    },
  };
}

function toMessage(row: { readonly consult_id: ConsultId; readonly id: string; readonly author: Party; readonly text: string; readonly at_ms: number }): ChatMessage {
  return { id: row.id, consultId: row.consult_id, author: partySchema.parse(row.author), text: row.text, atMs: row.at_ms };
}

import { z } from 'zod';

/** Text of 1 to `max` characters that is kept in a database; a null character, which PostgreSQL cannot keep, is not taken. */
export const keptText = (max: number) => z.string().min(1).max(max).refine((text) => !text.includes('\0'), 'holds a null character');

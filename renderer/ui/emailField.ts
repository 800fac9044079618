import { emailSchema } from '#shared/domain/people';
import type { Translate } from './text.ts';

/** What a box for an address of notices is made with. */
export const emailField = { type: 'email', inputMode: 'email', autoComplete: 'email', maxLength: 200, placeholder: 'name@hospital.example' } as const;

/** The server's own rule, said before anything is sent; nothing typed is right. */
export function emailRule(t: Translate) {
  return { validator: (_: unknown, value: unknown) => (typeof value !== 'string' || typedEmail(value) === null || emailSchema.safeParse(value.trim()).success ? Promise.resolve() : Promise.reject(new Error(t('settings.emailWrong')))) };
}

/** The address as it is sent; null: nothing was typed, and no letters go. */
export function typedEmail(text: string): string | null {
  return text.trim() === '' ? null : text.trim();
}

import { dutyIdSchema, organisationIdSchema, personIdSchema, type PersonId, venueIdSchema } from '#shared/domain/ids';
import type { Bilingual } from '#shared/domain/people';
import type { Expertise } from '#shared/domain/scheduling';
import type { Clock } from '#shared/lib/clock';
import type { Installation } from '../storage/installation.ts';
import type { ScheduleProfiles } from '../storage/scheduleProfiles.ts';

const DAY_MS = 86_400_000;
const SEEDED_KEY = 'demo.scheduling';

/** What the demo's experts can be asked for: of each kind that is often wanted there are two, so that one can stand in for the other. */
const EXPERTISE: Readonly<Record<string, Expertise>> = {
  expert: { specialties: ['32.05'], grade: 'chief' },
  expert2: { specialties: ['03.04', '28'], grade: 'chief' },
  expert3: { specialties: ['03.01', '28'], grade: 'associateChief' },
  expert4: { specialties: ['04.01', '03.02'], grade: 'chief' },
};

const VENUES: readonly { readonly id: string; readonly organisationId: string; readonly name: Bilingual }[] = [
  { id: 'demo-venue-1', organisationId: 'demo-province', name: { zh: '远程会诊一室', en: 'Consultation Room 1' } },
  { id: 'demo-venue-2', organisationId: 'demo-city', name: { zh: '示教室', en: 'Teaching Room' } },
];

/**
 * Specialties, rooms and a fortnight's roster of the demo hospital. The roster is made anew when it has run out, so that somebody is
 * always on duty; what people changed themselves stays.
 */
export async function seedScheduling(profiles: ScheduleProfiles, installation: Installation, clock: Clock): Promise<void> {
  const nowMs = clock.wallMs();
  const untilMs = Number(await installation.get(SEEDED_KEY) ?? 0);
  if (untilMs > nowMs + DAY_MS) return;
  if (untilMs === 0) {
    for (const [name, expertise] of Object.entries(EXPERTISE)) await profiles.setExpertise(demoPerson(name), expertise);
    for (const { id, organisationId, name } of VENUES) await profiles.saveVenue({ id: venueIdSchema.parse(id), organisationId: organisationIdSchema.parse(organisationId), name, isRetired: false });
  }
  const firstMs = Math.floor(Math.max(nowMs, untilMs) / DAY_MS) * DAY_MS;
  for (let day = 0; day < 14; day += 1) {
    const fromMs = firstMs + day * DAY_MS;
    const add = (name: string, role: 'expert' | 'scheduler', specialty: Expertise['specialties'][number] | null) =>
      profiles.addDuty({ id: dutyIdSchema.parse(`demo-${role}-${fromMs.toString(36)}`), organisationId: organisationIdSchema.parse('demo-province'), role, specialty, fromMs, untilMs: fromMs + DAY_MS }, demoPerson(name));
    await add(day % 2 === 0 ? 'expert3' : 'expert2', 'expert', day % 2 === 0 ? '28' : '03.04');
    await add('scheduler', 'scheduler', null);
  }
  await installation.set(SEEDED_KEY, String(firstMs + 14 * DAY_MS));
}

function demoPerson(signInName: string): PersonId {
  return personIdSchema.parse(`demo-${signInName}`);
}

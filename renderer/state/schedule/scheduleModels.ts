import type { Permission } from '#shared/domain/roles';
import type { Clock } from '#shared/lib/clock';
import type { RequestDetail } from '#shared/protocol/consultation';
import type { DeviceModel } from '../deviceModel.ts';
import type { RequestPort } from '../ports.ts';
import { type CalendarModel, createCalendarModel } from './calendarModel.ts';
import { createDirectory } from './directory.ts';
import { createPlanModel, type PlanModel } from './planModel.ts';
import { createRehearsalModel, type RehearsalModel } from './rehearsalModel.ts';
import { createRosterModel, type RosterModel } from './rosterModel.ts';

/** Everything of scheduling that screens draw from. */
export interface ScheduleModels {
  readonly calendar: CalendarModel;
  readonly roster: RosterModel;
  readonly rehearsal: RehearsalModel;
  /** A plan for one request; whoever makes it closes it. */
  createPlan(detail: RequestDetail): PlanModel;
  /** Forgets everything; called on sign-out. */
  stop(): void;
}

export function createScheduleModels(options: { readonly signaling: RequestPort; readonly clock: Clock; readonly devices: DeviceModel; readonly has: (permission: Permission) => boolean }): ScheduleModels {
  const { signaling, clock, devices, has } = options;
  const directory = createDirectory(signaling, () => has('consult.create'));
  const roster = createRosterModel({ signaling, directory });
  return {
    calendar: createCalendarModel({ signaling, clock, directory }),
    roster,
    rehearsal: createRehearsalModel({ signaling, clock, devices }),
    createPlan: (detail) => createPlanModel({ signaling, clock, directory, detail }),
    stop() {
      directory.clear();
      roster.clear();
    },
  };
}

import type { Migration } from 'kysely/migration';
import { up as start } from './0001Start.ts';
import { up as cases } from './0002Cases.ts';
import { up as consultRequests } from './0003ConsultRequests.ts';
import { up as scheduling } from './0004Scheduling.ts';
import { up as notices } from './0006Notices.ts';
import { up as deliveries } from './0007Deliveries.ts';
import { up as opinions } from './0005Opinions.ts';
import { up as inSession } from './0008InSession.ts';
import { up as hospitalSystems } from './0009HospitalSystems.ts';
import { up as sessionNotices } from './0010SessionNotices.ts';
import { up as deskOrder } from './0011DeskOrder.ts';
import { up as imaging } from './0012Imaging.ts';
import { up as imageObjects } from './0016ImageObjects.ts';
import { up as linkPatients } from './0017LinkPatients.ts';
import { up as copiesAnew } from './0018CopiesAnew.ts';

/** Every migration by name, in the order of the names. One that was released is never edited, only followed. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-start': { up: start },
  '0002-cases': { up: cases },
  '0003-consult-requests': { up: consultRequests },
  '0004-scheduling': { up: scheduling },
  '0005-opinions': { up: opinions },
  '0006-notices': { up: notices },
  '0007-deliveries': { up: deliveries },
  '0008-in-session': { up: inSession },
  '0009-hospital-systems': { up: hospitalSystems },
  '0010-session-notices': { up: sessionNotices },
  '0011-desk-order': { up: deskOrder },
  '0012-imaging': { up: imaging },
  '0016-image-objects': { up: imageObjects },
  '0017-link-patients': { up: linkPatients },
  '0018-copies-anew': { up: copiesAnew },
};

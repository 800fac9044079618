import { z } from 'zod';

/** Who somebody is in the service. A ward cart signs in as itself, with role `cart`. */
export const roleSchema = z.enum(['expert', 'bedside', 'requester', 'scheduler', 'approver', 'observer', 'auditor', 'administrator', 'cart']);
export type Role = z.infer<typeof roleSchema>;
export const ROLES: readonly Role[] = roleSchema.options;

interface PermissionRule {
  readonly roles: readonly Role[];
  readonly why: string;
}

/** The one table of what a role may do. Being part of a consult, or its host, is asked besides, by the request's scope. */
export const PERMISSIONS = {
  'session.own': { roles: ROLES, why: 'everybody may see and end their own sessions' },
  'contact.own': { roles: ROLES.filter((role) => role !== 'cart'), why: 'a person says where notices reach them; a cart has a screen only' },
  'worklist.read': {
    roles: ['expert', 'bedside', 'requester', 'scheduler', 'approver', 'observer', 'administrator', 'cart'],
    why: 'all who take part in consults need the day\'s list; auditors work from the audit log',
  },
  'consult.join': {
    roles: ['expert', 'bedside', 'requester', 'scheduler', 'approver', 'observer', 'cart'],
    why: 'those who treat, advise, arrange or watch; an administrator runs machines and has no business at a bedside',
  },
  'consult.create': { roles: ['scheduler'], why: 'the centres schedule; others apply (from request to opinion)' },
  'consult.administer': { roles: ['scheduler'], why: 'a centre sees and can enter the consults of its own tree' },
  'schedule.own': {
    roles: ['expert', 'bedside', 'requester', 'scheduler', 'approver', 'observer'],
    why: 'who may be invited sees their calendar, answers, and says when they can; of others only what the rules of scheduling give',
  },
  'schedule.arrange': { roles: ['scheduler'], why: 'the centres find times, book, and keep rosters, rooms and lists of experts' },
  'case.read': {
    roles: ['expert', 'bedside', 'requester', 'scheduler', 'approver', 'cart'],
    why: 'those who treat, advise, arrange or answer for it; which cases, say the rules of access',
  },
  'images.read': {
    roles: ['expert', 'bedside', 'requester', 'scheduler', 'approver', 'observer', 'cart'],
    why: 'as for the case; an observer, where invited, reads copies of its images without names, and nothing else of it',
  },
  'case.write': { roles: ['expert', 'bedside', 'requester', 'cart'], why: 'what stands in a case file is said by those who treat or advise' },
  'opinion.write': { roles: ['expert'], why: 'the panel advises and signs; on which opinions, say its rules' },
  'indicators.read': { roles: ['scheduler', 'auditor', 'administrator'], why: 'the centres and those who answer for quality look at numbers of their own tree; no patient is in them' },
  'case.import': { roles: ['requester', 'scheduler'], why: 'who applies for a consult, or arranges it, brings the records along' },
  'pacs.use': { roles: ['requester', 'bedside', 'expert'], why: 'who treats looks for the patient’s examinations in the archive, and stores back what was found; each search is audited' },
  'request.create': { roles: ['requester'], why: 'the applying physician applies' },
  'request.read': { roles: ['expert', 'bedside', 'requester', 'scheduler', 'approver', 'cart'], why: 'those who apply, approve, arrange or take part; which requests, say the rules of the workflow' },
  'request.step': { roles: ['expert', 'bedside', 'requester', 'scheduler', 'approver', 'cart'], why: 'each step has its own rule of who takes it; bedside staff and carts rehearse' },
  'media.publish': {
    roles: ['expert', 'bedside', 'requester', 'scheduler', 'approver', 'cart'],
    why: 'an observer watches a teaching session and is not heard or seen',
  },
  'chat.write': {
    roles: ['expert', 'bedside', 'requester', 'scheduler', 'approver', 'cart'],
    why: 'as for publishing: an observer does not speak',
  },
  'annotation.draw': {
    roles: ['expert', 'bedside', 'requester', 'scheduler', 'approver', 'cart'],
    why: 'who speaks may point; an observer watches',
  },
  'control.offer': { roles: ['bedside', 'cart'], why: 'a device is offered from beside the patient, by whom its host stands' },
  'control.steer': { roles: ['expert'], why: 'a probe on a patient is steered by a specialist' },
  'control.stop': {
    roles: ['expert', 'bedside', 'requester', 'scheduler', 'approver', 'observer', 'cart'],
    why: 'the emergency stop is anybody\'s who is there',
  },
  'room.host': {
    roles: ['expert', 'requester', 'scheduler'],
    why: 'somebody medically or organisationally responsible leads; a cart or an observer never does',
  },
  'network.check': { roles: ROLES, why: 'anybody may test their own line' },
  'people.administer': { roles: ['administrator'], why: 'accounts of the own organisation and those below it' },
  'organisations.administer': { roles: ['administrator'], why: 'the tree below the own organisation, as for accounts' },
  'carts.administer': { roles: ['administrator'], why: 'enrolling and revoking machines' },
  'systems.administer': { roles: ['administrator'], why: 'a hospital system has a key to the records of a whole organisation; who answers for accounts answers for it' },
  'audit.read': { roles: ['auditor', 'administrator'], why: 'quality staff look; administrators answer for incidents' },
} as const satisfies Record<string, PermissionRule>;

export type Permission = keyof typeof PERMISSIONS;

/** True when the role has the permission by the table. */
export function hasPermission(role: Role, permission: Permission): boolean {
  const roles: readonly Role[] = PERMISSIONS[permission].roles;
  return roles.includes(role);
}

/** All permissions of a role, in the table's order. */
export function permissionsOf(role: Role): Permission[] {
  return (Object.keys(PERMISSIONS) as Permission[]).filter((permission) => hasPermission(role, permission)); // keys of the table
}

import type { NoticeKind } from '#shared/domain/consultation/notices';
import type { Urgency } from '#shared/domain/consultation/form';
import type { Bilingual } from '#shared/domain/people';

/** What each notice says outside the client, in both languages: a letter is read by whoever is nearest. Never of whom. */
export const NOTICE_TITLES: Readonly<Record<NoticeKind, Bilingual>> = {
  approvalAsked: { zh: '有会诊申请待审批', en: 'A consultation request awaits approval' },
  approvalRefused: { zh: '会诊申请未获批准', en: 'The consultation request was not approved' },
  approvalOwed: { zh: '急会诊已发出，待补审批', en: 'An emergency consultation was sent; approval is owed' },
  approvalRefusedAfterwards: { zh: '急会诊事后未获批准', en: 'An emergency consultation was disapproved afterwards' },
  arrived: { zh: '收到新的会诊申请', en: 'A consultation request has arrived' },
  emergencyArrived: { zh: '收到急会诊申请', en: 'An emergency consultation request has arrived' },
  materialAsked: { zh: '会诊中心要求补充资料', en: 'The centre asks for more material' },
  materialSupplied: { zh: '会诊资料已补充', en: 'The material was supplied' },
  accepted: { zh: '会诊申请已受理', en: 'The consultation request was accepted' },
  declined: { zh: '会诊申请未受理', en: 'The consultation request was declined' },
  invited: { zh: '会诊邀请', en: 'Invitation to a consultation' },
  moved: { zh: '会诊时间或人员已变更', en: 'A consultation was rescheduled' },
  notNeeded: { zh: '您不必再参加该会诊', en: 'You need not attend the consultation any more' },
  scheduled: { zh: '会诊已安排', en: 'A consultation was scheduled' },
  invitationDeclined: { zh: '专家谢绝了会诊邀请', en: 'An invitation was declined' },
  invitationAccepted: { zh: '专家接受了会诊邀请', en: 'An invitation was accepted' },
  rehearsalFailed: { zh: '会诊联调未通过', en: 'A rehearsal failed' },
  opinionDue: { zh: '会诊意见书待撰写', en: 'An opinion is due' },
  signatureAsked: { zh: '会诊意见书待您签署', en: 'An opinion awaits your signature' },
  opinionReturned: { zh: '会诊意见书已退回修改', en: 'An opinion was returned for change' },
  opinionSigned: { zh: '会诊意见书已签署', en: 'The opinion was signed' },
  outcomeRecorded: { zh: '会诊意见的采纳情况已登记', en: 'What was done was recorded' },
  cancelled: { zh: '会诊已取消', en: 'A consultation was cancelled' },
  noShow: { zh: '会诊未能进行', en: 'A consultation did not take place' },
  reminder: { zh: '会诊提醒', en: 'Consultation reminder' },
  undelivered: { zh: '有通知未能送达', en: 'A notice could not be delivered' },
};

export const URGENCY_TEXTS: Readonly<Record<Urgency, Bilingual>> = {
  routine: { zh: '常规', en: 'Routine' },
  urgent: { zh: '加急', en: 'Urgent' },
  emergency: { zh: '紧急', en: 'Emergency' },
};

/** Notices that speak of a session's time. */
export const ABOUT_A_TIME: ReadonlySet<NoticeKind> = new Set(['invited', 'moved', 'notNeeded', 'scheduled', 'invitationDeclined', 'invitationAccepted', 'rehearsalFailed', 'cancelled', 'noShow', 'reminder']);

/** A session's time as people of both languages read it, in the given zone: `2026年1月2日星期五 10:00–10:30（Asia/Shanghai）`. */
export function sessionTime(startsAtMs: number, durationMinutes: number, timeZone: string): Bilingual {
  const range = (language: string) => new Intl.DateTimeFormat(language, { timeZone, weekday: 'long', year: 'numeric', month: 'long', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).formatRange(startsAtMs, startsAtMs + durationMinutes * 60_000);
  return { zh: `${range('zh-CN')}（${timeZone}）`, en: `${range('en-GB')} (${timeZone})` };
}
